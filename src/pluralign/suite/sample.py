"""Random parts of a list or a stream that depend on a key alone, never on other draws."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from pluralign.episode import generator

T = TypeVar("T")


def subset(items: Sequence[T], most: int, *, key: str | tuple[object, ...]) -> list[T]:
    """At most ``most`` of the items, drawn without replacement; they keep their order.

    Args:
        items: in a stable order.
        most: how many to keep; all of a shorter list are kept.
        key: what the choice depends on, such as the name of the task.
    """
    if len(items) <= most:
        return list(items)
    rng = generator(*(key if isinstance(key, tuple) else (key,)))
    return [items[i] for i in sorted(rng.permutation(len(items))[:most].tolist())]


def reservoir(items: Iterable[T], size: int, *, key: str | tuple[object, ...]) -> list[T]:
    """A uniform sample of a stream in one pass, holding no more than ``size`` items at a time.

    Algorithm R (Vitter 1985, Random Sampling with a Reservoir, ACM TOMS 11).
    """
    rng = generator(*(key if isinstance(key, tuple) else (key,)))
    kept: list[T] = []
    for index, item in enumerate(items):
        if index < size:
            kept.append(item)
        elif (place := int(rng.integers(index + 1))) < size:
            kept[place] = item
    return kept
