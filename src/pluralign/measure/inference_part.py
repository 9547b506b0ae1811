"""Inference-time baselines as a part of an audit: the same questions at several temperatures, and by stated answers.

Each way is a read-out of its own in the rows. Several models together answer with the mean of their probabilities, as
the distributional mode of modular pluralism does (:func:`pluralign.measure.inference.mixture`). The union of several
answers stands in the part ``overton``.
"""

from collections.abc import Sequence

import polars as pl

from pluralign.episode import Process
from pluralign.errors import ContextError
from pluralign.lm import LanguageModel
from pluralign.measure import align, inference
from pluralign.measure.asking import Asking, prompt, room
from pluralign.measure.readouts import Reading, counted
from pluralign.measure.references import Scale
from pluralign.runs import Metric

KIND = "inference"
TEMPERATURES = (0.5, 1.0, 1.5)
STATED = "stated"
TOGETHER = "all models together"
_LISTS, _LISTED, _DRAWS = 3, 5, 100
_FORM = 24
"""Bytes of an entry of a list beside its text, about: the keys, a number and punctuation."""


def ways() -> list[str]:
    """The names of the ways: ``temperature 0.5`` and so on, and ``stated`` for verbalised sampling."""
    return [*(f"temperature {value:g}" for value in TEMPERATURES), STATED]


def rows(
    model: LanguageModel, task: str, processes: Sequence[Process], *, seed: int = 0, scale: Scale | None = None
) -> pl.DataFrame:
    """Ask each question in every way.

    Returns:
        rows as :func:`pluralign.measure.align.rows` gives them, one per process and way, of kind ``inference``. Of
        ``stated``, what failed is the share of draws that are no option, or whose list could not be read.

    Raises:
        DataError: a process has no target or no choices.
    """
    found = inference.temperatures(model, processes, TEMPERATURES, Asking(seed=seed))
    readings = dict(zip(ways(), [*found.values(), [_stated(model, one, seed) for one in processes]], strict=True))
    parts = [align.of_readings(model.name, task, processes, some, way, scale) for way, some in readings.items()]
    return pl.concat(parts).with_columns(kind=pl.lit(KIND))


def metrics(rows: pl.DataFrame, models: Sequence[str]) -> list[Metric]:
    """Those of :func:`pluralign.measure.align.metrics` for each way; of several models also what they say together."""
    if len(models) < 2:
        return align.metrics(rows, models)
    return align.metrics(pl.concat([rows, together(rows, models)]), [*models, TOGETHER])


def together(rows: pl.DataFrame, models: Sequence[str]) -> pl.DataFrame:
    """The rows of all models as one: the mean of the probabilities of those that answered, by process and way."""
    made = []
    for (way, _), some in rows.group_by("readout", "process", maintain_order=True):
        own = {row["model"]: row for row in some.to_dicts()}
        mixed = inference.mixture([_reading(own.get(name), str(way)) for name in models])
        reading = {
            "probabilities": mixed and mixed.probabilities,
            "failed": mixed and mixed.failed,
            "requests": mixed and mixed.requests,
            "draws": sum(row["draws"] or 0 for row in own.values()),
        }
        # Distances are computed from the probabilities anew.
        made.append(next(iter(own.values())) | dict.fromkeys(align.DISTANCES) | reading | {"model": TOGETHER})
    return pl.DataFrame(made, schema=rows.schema)


def _stated(model: LanguageModel, process: Process, seed: int) -> Reading | None:
    options = process.choices or ()
    longest = max(room([option], 1) for option in options) + _FORM
    try:
        (drawn,) = inference.verbalised_sampling(
            model,
            [prompt(process)],
            k=_LISTED,
            lists=_LISTS,
            n=_DRAWS,
            max_tokens=_LISTED * longest,
            seed=seed,
        )
    except ContextError:
        return None
    if not drawn.texts:
        return Reading(STATED, None, 1.0, drawn.requests)
    read = counted(drawn.texts, options)
    failed = 1 - (1 - drawn.failed) * (1 - read.failed)
    return Reading(STATED, read.probabilities, failed, drawn.requests, read.draws)


def _reading(row: dict | None, way: str) -> Reading | None:
    if row is None or row["failed"] is None:
        return None
    p = row["probabilities"]
    return Reading(way, None if p is None else tuple(p), row["failed"], row["requests"])
