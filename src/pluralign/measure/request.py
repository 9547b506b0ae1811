"""What determines the numbers of an audit."""

import hashlib
import json
from dataclasses import asdict, dataclass

from pluralign.errors import UsageError


@dataclass(frozen=True, slots=True)
class Request:
    """What determines the numbers of an audit.

    Attributes:
        models: names of models, in the order of the report; differences are later minus earlier.
        tasks: names of tasks, and of further measures on their data (:mod:`pluralign.measure.parts`).
        template: how episodes are written: ``auto``, ``spectrum``, ``colon`` or ``chat``.
        limit: at most this many processes (episodes, questions) per task, a fixed random subset; None takes all.
        samples: draws per coverage prompt.
        max_length: longest sequence in tokens; None takes each model's own limit.
        tokenizer: name of a model whose tokenizer the models on servers have; None where it is not at hand.
        first_token: tell options apart by the first token of the answer, on servers that score no given answers.
        dtype: number format of the models.
        seed: seed of episodes and samples.
        data: the data root, since other data gives other numbers.
    """

    models: tuple[str, ...]
    tasks: tuple[str, ...]
    template: str = "auto"
    limit: int | None = 100
    samples: int = 100
    max_length: int | None = None
    tokenizer: str | None = None
    first_token: bool = False
    dtype: str = "auto"
    seed: int = 0
    data: str | None = None

    def __post_init__(self) -> None:
        for name, values in (("model", self.models), ("task", self.tasks)):
            if not values:
                raise UsageError(f"no {name} given", fix=f"Name at least one {name}.")
            if len(set(values)) < len(values):
                raise UsageError(f"a {name} is named twice", where=", ".join(values), fix="Name each once.")
        if self.samples < 2 or (self.limit is not None and self.limit < 1):
            raise UsageError("samples must be at least 2 and limit at least 1")

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that name this request."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:8]
