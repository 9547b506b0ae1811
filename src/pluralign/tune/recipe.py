"""Recipes: everything that determines a training run but the model and the data, as TOML files with a name."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pluralign.errors import DataError, UsageError

Method = Literal["spectrum", "instruct", "individual"]
Loss = Literal["outputs", "first", "last", "all"]
Schedule = Literal["linear", "cosine", "constant"]
Precision = Literal["auto", "bfloat16", "float32"]


@dataclass(frozen=True, slots=True)
class Lora:
    """Low-rank adapters that are trained instead of the whole model (Hu et al. 2021, arXiv 2106.09685).

    Attributes:
        r: rank of the adapters.
        alpha: their scale is alpha / r.
        targets: names of the linear layers that get one; ``all-linear`` alone means all but the output head.
    """

    r: int = 16
    alpha: int = 32
    targets: tuple[str, ...] = ("all-linear",)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained.

    Attributes:
        name: of the recipe; the stem of its file.
        method: ``spectrum`` (the loss on outputs of exchangeable examples), ``instruct`` (the same episodes with one
            best answer to every input, the contrast) or ``individual`` (Spectrum Tuning on the raters of one data
            set, described by all that is known about each).
        tasks: names of tasks; empty takes every task of the split ``train`` whose data is present.
        weights: share of the tokens by task, in any unit; empty for a mixture by ``temperature``. Tasks come from
            here where ``tasks`` is empty.
        temperature: a task's share of the tokens is proportional to its size to the power 1 / temperature. 1 takes
            every episode as often as any other.
        capability: True adds the capability tasks that the suite holds out (mmlu and the like), False leaves out
            those of the split ``train`` (gsm8k and the like); None follows the split.
        overlap: True trains on the lists that coverage tasks ask for too (US states, elements and the like); False
            leaves these processes out.
        description_probability: chance that an episode shows a description of its process.
        loss: which tokens are trained on: all ``outputs`` (the first only where there is a description), of these the
            ``first`` or the ``last`` of each episode, or ``all`` tokens.
        max_length: tokens at which an episode is cut, after the last example that fits whole.
        row_length: tokens of a row, into which episodes are packed; None takes ``max_length``.
        epochs: how often the mixture is gone through; each time with new draws of the examples.
        tokens: tokens of episodes in all, instead of ``epochs``.
        batch_sequences: episodes per optimiser step, over all devices, on average: rows are counted, and they hold
            several episodes each.
        batch_tokens: tokens per optimiser step, instead of ``batch_sequences``.
        learning_rate: the highest.
        schedule: how it falls after the warm-up.
        warmup: share of the steps in which it rises.
        final_share: share of the highest learning rate at which the decay ends.
        weight_decay: of AdamW.
        beta2: decay of AdamW's second moments.
        precision: ``bfloat16`` (mixed, with float32 weights), ``float32``, or ``auto``: bfloat16 where the hardware
            computes in it.
        gradient_checkpointing: True to save memory at about a fifth of the speed.
        lora: adapters, or None to train all weights.
        sibling: the instruction-tuned model of the same family from which a base model's rows of the turn markers are
            copied; None initialises them.
        heldout: tasks of any kind that are measured before, during and after training.
        heldout_limit: at most so many processes of each.
        evaluate_steps: steps between two measurements; 0 measures only before and after.
        save_steps: steps between two checkpoints.
        seed: of the draws, the order, and the weights that are made anew.
    """

    name: str
    method: Method = "spectrum"
    tasks: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    temperature: float = 1.0
    capability: bool | None = None
    overlap: bool = False
    description_probability: float = 0.8
    loss: Loss = "outputs"
    max_length: int = 1024
    row_length: int | None = None
    epochs: float = 1.0
    tokens: int | None = None
    batch_sequences: int | None = None
    batch_tokens: int | None = None
    learning_rate: float = 3e-6
    schedule: Schedule = "linear"
    warmup: float = 0.0
    final_share: float = 0.0
    weight_decay: float = 0.0
    beta2: float = 0.999
    precision: Precision = "auto"
    gradient_checkpointing: bool = False
    lora: Lora | None = None
    sibling: str | None = None
    heldout: tuple[str, ...] = ()
    heldout_limit: int = 20
    evaluate_steps: int = 0
    save_steps: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        for what, right in (
            ("give either batch_sequences or batch_tokens", bool(self.batch_sequences) != bool(self.batch_tokens)),
            ("tasks and weights name different tasks", not (self.tasks and self.weights) or self._named()),
            ("weights must be positive and finite", all(0 < w < math.inf for w in self.weights.values())),
            (
                "weights leave no room for a temperature or for capability",
                not self.weights or (self.temperature == 1 and self.capability is None),
            ),
            ("temperature, epochs and learning_rate must be above 0", min(self.temperature, self.epochs) > 0),
            ("learning_rate must be above 0", self.learning_rate > 0),
            ("probabilities and shares must be between 0 and 1", self._shares_fit()),
            ("numbers of tokens, steps and processes must be at least 1", self._counts_fit()),
            ("row_length must be at least max_length", self.row >= self.max_length),
            ("rank and alpha must be at least 1", self.lora is None or min(self.lora.r, self.lora.alpha) > 0),
        ):
            if not right:
                raise UsageError(f"recipe {self.name}: {what}", fix="Change the file or the flag.")

    def _named(self) -> bool:
        return set(self.tasks) == set(self.weights)

    def _shares_fit(self) -> bool:
        shares = (self.description_probability, self.warmup, self.final_share, self.beta2)
        return all(0 <= share <= 1 for share in shares)

    def _counts_fit(self) -> bool:
        counts = (self.max_length, self.tokens, self.batch_sequences, self.batch_tokens, self.heldout_limit)
        return all(count is None or count > 0 for count in (*counts, self.save_steps, self.evaluate_steps + 1))

    @property
    def row(self) -> int:
        """Tokens of a packed row."""
        return self.row_length or self.max_length


def folder() -> Path:
    """Where the recipes that come with Pluralign lie."""
    return Path(str(files("pluralign"))) / "recipes"


def names() -> list[str]:
    """The names of the recipes that come with Pluralign."""
    return sorted(path.stem for path in folder().glob("*.toml"))


def load(name: str) -> Recipe:
    """A recipe by its name or by the path of its file.

    Raises:
        UsageError: there is no such recipe, or its values contradict each other.
        DataError: the file is not TOML, or has an unknown key or a value of a wrong type; names the key.
    """
    path = Path(name) if name.endswith(".toml") else folder() / f"{name}.toml"
    if not path.is_file():
        raise UsageError(f"there is no recipe {name!r}", fix=f"Use {', '.join(names())}, or the path of a TOML file.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
        raise DataError(f"not a readable TOML file: {error}", where=path, fix="Mend the file.") from None
    return _build(Recipe, content | {"name": path.stem}, path)


def change(recipe: Recipe, **values: Any) -> Recipe:
    """The recipe with the given values in place of its own; None leaves a value as it is.

    A batch in one unit replaces a batch in the other, and tasks replace weights. ``lora`` may be a rank alone; rank 0
    means all weights.

    Raises:
        UsageError: values contradict each other.
    """
    given = {name: value for name, value in values.items() if value is not None}
    for one, other in (("batch_sequences", "batch_tokens"), ("batch_tokens", "batch_sequences")):
        if one in given:
            given.setdefault(other, None)
    if "tasks" in given:
        given.setdefault("weights", {})
    if "max_length" in given and recipe.row < given["max_length"]:
        given.setdefault("row_length", None)
    if isinstance(given.get("lora"), int):
        given["lora"] = Lora(given["lora"], 2 * given["lora"]) if given["lora"] else None
    return replace(recipe, **given)


def _build(kind: type, content: Mapping[str, Any], path: Path) -> Any:
    """A dataclass from TOML values, each checked against the type of its field."""
    types = get_type_hints(kind)
    if unknown := sorted(set(content) - set(types)):
        raise DataError(f"unknown key {unknown[0]!r}", where=path, fix=f"Known are {', '.join(sorted(types))}.")
    return kind(**{key: _value(value, types[key], key, path) for key, value in content.items()})


def _value(value: Any, kind: Any, key: str, path: Path) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _value(value, next(a for a in arguments if a is not type(None)), key, path)
    if origin is Literal:
        right = value in arguments
    elif origin is tuple:
        right = isinstance(value, list) and all(isinstance(one, str) for one in value)
        value = tuple(value) if right else value
    elif origin is Mapping:
        right = isinstance(value, dict) and all(_is_number(one) for one in value.values())
    elif kind is Lora:
        return _build(Lora, value, path) if isinstance(value, dict) else _value(value, Mapping[str, float], key, path)
    elif kind is float:
        right = _is_number(value)
    else:
        right = type(value) is kind
    if not right:
        form = " or ".join(map(repr, arguments)) if origin is Literal else _form(kind)
        raise DataError(f"{key} = {value!r} is not {form}", where=path, fix="Mend the value.")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _form(kind: Any) -> str:
    known: Sequence[tuple[Any, str]] = (
        (int, "a whole number"),
        (float, "a number"),
        (bool, "true or false"),
        (str, "a text"),
    )
    return next((form for one, form in known if one is kind), f"of the form {kind}")
