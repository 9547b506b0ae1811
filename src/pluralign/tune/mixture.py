"""The data of a training run: which tasks, how much of each, in which order, packed into rows."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pluralign.encode import Encoded, Packed, pack
from pluralign.encode_cache import encode_tasks
from pluralign.episode import generator
from pluralign.errors import DataError, UsageError
from pluralign.suite import DataRoot, Task, get, select
from pluralign.suite.registry import without_overlap
from pluralign.template import Template
from pluralign.tune.individual import individual
from pluralign.tune.one_best import one_best
from pluralign.tune.recipe import Loss, Recipe

_HELD_OUT_CAPABILITY = ("arc", "drop", "gpqa", "hellaswag", "mmlu", "truthful_qa", "winogrande")
_TRAIN_CAPABILITY = (
    *("gsm8k_answer_from_question", "gsm8k_question", "gsm8k_question_answer", "gsm8k_question_from_answer"),
    *("bare_gsm8k", "bare_hotpot", "bare_lcb", "jeopardy_answer_prediction"),
)
"""Tasks with one right answer, where examples only tell which known skill is wanted."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a task gives to a mixture.

    Attributes:
        task: its name.
        episodes: episodes that are trained on, counted with repeated draws.
        tokens: their tokens.
        scored: tokens among these that carry loss.
        left_out: episodes of one round without a token to train on: not even one example fits, or there is only one
            and no description.
    """

    task: str
    episodes: int
    tokens: int
    scored: int
    left_out: int


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """Episodes packed into rows, in the order of training.

    Attributes:
        rows: the rows, already shuffled.
        shares: what each task gives, in alphabetical order.
        digest: hexadecimal digest of rows and order.
    """

    rows: Packed
    shares: tuple[Share, ...]
    digest: str

    @property
    def episodes(self) -> int:
        return sum(share.episodes for share in self.shares)

    @property
    def tokens(self) -> int:
        return sum(share.tokens for share in self.shares)

    @property
    def scored(self) -> int:
        return sum(share.scored for share in self.shares)


def choose(recipe: Recipe, root: DataRoot) -> list[Task]:
    """The tasks of a mixture, in alphabetical order.

    Raises:
        UsageError: a task is unknown or has no episodes, is both trained on and held out, or the recipe
            ``individual`` names none or several data sets.
        DataError: data of a task that the recipe names is absent, or no task has data.
    """
    named = sorted(recipe.tasks or recipe.weights)
    tasks = [get(name) for name in named] or [
        task for task in select(kind="steer", split="train") if task.present(root) and recipe.method != "individual"
    ]
    if recipe.capability is False:
        tasks = [task for task in tasks if task.card.name not in _TRAIN_CAPABILITY]
    elif recipe.capability:
        present = [get(name) for name in _HELD_OUT_CAPABILITY if name not in named]
        tasks += [task for task in present if task.present(root)]
    if recipe.method == "individual" and len({task.card.source for task in tasks}) != 1:
        raise UsageError("the recipe individual needs tasks of one data set", fix="Name them with --tasks.")
    if not tasks:
        raise DataError(
            "the mixture is empty: no task has data", where=root.path or "no data root found", fix="Set --data-root."
        )
    for task in tasks:
        if task.card.kind != "steer":
            raise UsageError(f"{task.card.name} is of kind {task.card.kind}, which has no episodes to train on")
        if missing := task.missing(root):
            raise DataError(
                f"no data for task {task.card.name}: {missing[0].replace('|', ' or ')} is absent",
                where=root.path or "no data root found",
                fix=f"Run `pluralign suite pull {task.card.name}`, or leave the task out with --tasks.",
            )
        if task.card.name in recipe.heldout:
            raise UsageError(
                f"task {task.card.name} is both trained on and held out", fix="Take it out of tasks or of heldout."
            )
    return sorted(tasks, key=lambda task: task.card.name)


def mix(
    recipe: Recipe,
    root: DataRoot,
    tokenizer: Any,
    template: Template,
    *,
    workers: int | None = None,
    progress: Callable[[str, int], None] = lambda task, episodes: None,
) -> Mixture:
    """Draw, encode, weigh and pack the episodes of a recipe. The result depends on recipe, data and tokenizer alone.

    A task's rounds go through all its processes in a new order each, with new draws of their examples; the last round
    is cut where the task has its share.

    Args:
        root: where source data lies.
        template: of the tokenizer.
        workers: processes that encode; None takes one per processor.
        progress: called with the name of a task and the number of its episodes.

    Raises:
        UsageError: as :func:`choose`.
        DataError: as :func:`choose`; no token of a task can be trained on.
    """
    tasks = choose(recipe, root)

    def encode(tasks: Sequence[Task], draws: int, progress: Callable[[str, int], None]) -> dict[str, list[Encoded]]:
        found = encode_tasks(
            tasks,
            root,
            tokenizer,
            template,
            seed=recipe.seed,
            draws=draws,
            workers=workers,
            max_length=recipe.max_length,
            description_probability=recipe.description_probability,
            view=view(recipe),
            progress=progress,
        )
        return {task.card.name: encoded for task, encoded in found}

    once = encode(tasks, 1, progress)
    usable = {name: _usable(found, recipe.loss) for name, found in once.items()}
    for name, found in usable.items():
        if not found:
            raise DataError(
                f"no episode of task {name} has a token to train on",
                fix=f"Raise max_length ({recipe.max_length}), or leave the task out.",
            )
    rounds = _rounds(recipe, {name: _tokens(found) for name, found in usable.items()})
    draws = {name: math.ceil(number) for name, number in rounds.items()}
    drawn = dict(once)
    for count in sorted(set(draws.values()) - {1}):
        drawn |= encode([task for task in tasks if draws[task.card.name] == count], count, lambda task, episodes: None)

    episodes: list[Encoded] = []
    shares = []
    for name, found in drawn.items():
        taken = _taken(name, found, draws[name], rounds[name], recipe)
        scored = sum(int(one.scored.sum()) for one in taken)
        shares.append(Share(name, len(taken), _tokens(taken), scored, len(once[name]) - len(usable[name])))
        episodes += taken
    order = generator("mixture", recipe.seed).permutation(len(episodes))
    packed = pack([episodes[i] for i in order], recipe.row)
    order = generator("rows", recipe.seed).permutation(len(packed.ids))
    rows = Packed(packed.ids[order], packed.labels[order], packed.position_ids[order], packed.left_out)
    return Mixture(rows, tuple(shares), _digest(rows))


def view(recipe: Recipe) -> Callable[[Task], Task] | None:
    """How a recipe sees tasks: a function at the top level, which other processes can read; None as they are."""
    return _VIEWS[recipe.method, recipe.overlap]


def single_answers(task: Task) -> Task:
    """The task with one best answer to every input."""
    return replace(task, load=lambda root: iter(one_best(task.load(root))))


def _single_answers_apart(task: Task) -> Task:
    return single_answers(without_overlap(task))


def _individual_apart(task: Task) -> Task:
    return individual(without_overlap(task))


_VIEWS: Mapping[tuple[str, bool], Callable[[Task], Task] | None] = {
    ("spectrum", False): without_overlap,
    ("spectrum", True): None,
    ("instruct", False): _single_answers_apart,
    ("instruct", True): single_answers,
    ("individual", False): _individual_apart,
    ("individual", True): individual,
}
"""By method, and whether processes that share content with a held-out task are kept."""


def _tokens(episodes: Sequence[Encoded]) -> int:
    return sum(len(one.ids) for one in episodes)


def _rounds(recipe: Recipe, sizes: Mapping[str, int]) -> dict[str, float]:
    """How often each task is gone through."""
    total = recipe.tokens or recipe.epochs * sum(sizes.values())
    if recipe.weights:
        parts = {name: recipe.weights[name] for name in sizes}
    else:
        parts = {name: size ** (1 / recipe.temperature) for name, size in sizes.items()}
    whole = sum(parts.values())
    rounds = {name: total * part / whole / sizes[name] for name, part in parts.items()}
    # A whole number of epochs is a whole number of rounds, whatever the last digit of a division says.
    return {name: float(round(n)) if abs(n - round(n)) < 1e-9 and n > 0.5 else n for name, n in rounds.items()}


def _taken(name: str, encoded: Sequence[Encoded], draws: int, rounds: float, recipe: Recipe) -> list[Encoded]:
    """The episodes of ``rounds`` rounds that can be trained on.

    Args:
        encoded: ``draws`` episodes of every process, those of a process next to each other.
    """
    count = len(encoded) // draws
    taken: list[Encoded] = []
    for number in range(draws):
        order = generator("round", name, recipe.seed, number).permutation(count)
        part = min(1.0, rounds - number)
        taken += _usable([encoded[i * draws + number] for i in order[: math.ceil(part * count)]], recipe.loss)
    return taken


def _usable(encoded: Sequence[Encoded], loss: Loss) -> list[Encoded]:
    """The sequences with the tokens marked that carry loss, and at least one of these."""
    marked = [Encoded(one.ids, _carries(one, loss), one.example) for one in encoded]
    return [one for one in marked if one.scored.any()]


def _carries(encoded: Encoded, loss: Loss) -> np.ndarray:
    # An episode without a scored output stays out whatever the loss, so that the data of ablations is the same.
    if loss == "outputs" or not encoded.scored.any():
        return encoded.scored
    if loss == "all":
        # Nothing in its own episode comes before the first token.
        return np.arange(len(encoded.ids)) > 0
    examples = encoded.example[encoded.scored]
    return encoded.scored & (encoded.example == (examples.min() if loss == "first" else examples.max()))


def _digest(rows: Packed) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in (rows.ids, rows.labels, rows.position_ids):
        digest.update(str(part.shape).encode())
        digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()
