"""Valid output coverage: asked many times, how many different valid answers does a model give?

Definition: Sorensen et al. 2025, arXiv 2510.06084: samples at temperature 1 without nucleus cuts, validity by a rule,
three prompt styles (description only, examples only, both).
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.episode import Process, Prompt
from pluralign.lm import LanguageModel
from pluralign.measure.table import Table
from pluralign.runs import Metric

STYLES = ("description", "examples", "both")
SCHEMA = {
    "model": pl.String,
    "task": pl.String,
    "kind": pl.String,
    "process": pl.String,
    "style": pl.String,
    "sample": pl.Int32,
    "text": pl.String,
    "canonical": pl.String,
    "size": pl.Int64,
}
_UNITS = {"valid": "share", "unique": "share", "yield": "count/100"}


def prompt(process: Process, style: str) -> Prompt:
    """The prompt of a coverage process in one of the three styles."""
    description = process.descriptions[0] if style != "examples" else None
    examples = process.examples if style != "description" else ()
    return Prompt(f"{process.id}/{style}", None, examples, description)


def rows(model: LanguageModel, task: str, process: Process, style: str, *, n: int, seed: int, progress=None):
    """Sample ``n`` answers to one prompt.

    Returns:
        a data frame with one row per sample: model, task, kind, process, style, sample, text, canonical (null where
        the text is not valid), size (number of valid answers, null where that is not known).
    """
    (texts,) = model.sample(
        [prompt(process, style)],
        n,
        max_tokens=int(process.metadata.get("max_tokens", 32)),
        seed=seed,
        progress=progress,
    )
    return of_texts(model.name, task, process, style, texts)


def of_texts(name: str, task: str, process: Process, style: str, texts: Sequence[str]) -> pl.DataFrame:
    """The rows of answers that are there already, such as those of an inference-time baseline called ``name``."""
    accept, n = process.accept, len(texts)
    assert accept is not None  # the registry refuses coverage processes without it
    return pl.DataFrame(
        {
            "model": [name] * n,
            "task": [task] * n,
            "kind": ["cover"] * n,
            "process": [process.id] * n,
            "style": [style] * n,
            "sample": range(n),
            "text": texts,
            "canonical": [accept(text) for text in texts],
            "size": [process.size] * n,
        },
        schema=SCHEMA,
    )


def metrics(rows: pl.DataFrame, models: Sequence[str]) -> list[Metric]:
    """Metrics of one task from its rows: the mean over prompt styles, intervals by the delete-one jackknife."""
    task, size = rows["task"][0], rows["size"][0]
    table = Table(task, "cover", [])
    parts = {
        (model, style): jackknife(rows.filter((pl.col("model") == model) & (pl.col("style") == style))["canonical"])
        for model in models
        for style in STYLES
    }
    for index, (metric, unit) in enumerate(_UNITS.items()):
        per_model = {
            model: _mean([(parts[model, s][0][index], parts[model, s][1][index]) for s in STYLES]) for model in models
        }
        table.add_estimates(metric, unit, per_model, models, n=rows.height // len(models))
    if size is not None:
        count = rows.filter((pl.col("model") == models[0]) & (pl.col("style") == STYLES[0])).height
        expected = size * (1 - (1 - 1 / size) ** count)
        table.constant("yield", "count/100", "uniform", 100 * expected / count, count)
    return table.metrics


def jackknife(canonical: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """Share valid, distinct among valid, and distinct valid per 100 samples, with their standard errors.

    Leaving out one sample changes the number V of valid ones by 1 if it is valid, and the number U of distinct ones by
    1 if it is the only one of its kind; the standard error is the delete-one jackknife over the n samples. For counts
    of distinct answers it is an upper bound on average (Efron and Stein 1981, Annals of Statistics 9).

    Args:
        canonical: canonical form of each sample, null where it is not valid; length n of at least 2.

    Returns:
        values and standard errors, each of shape (3,).
    """
    n = len(canonical)
    valid = canonical.is_not_null().to_numpy()
    alone = (valid & canonical.is_unique().to_numpy()).astype(float)
    v, u = float(valid.sum()), float(canonical.drop_nulls().n_unique())
    left_v, left_u = v - valid, u - alone
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.stack([left_v / (n - 1), np.where(left_v > 0, left_u / left_v, 0), 100 * left_u / (n - 1)])
    values = np.array([v / n, u / v if v else 0.0, 100 * u / n])
    return values, np.sqrt((n - 1) * left.var(axis=1))


def _mean(parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    values, errors = np.array(parts).T
    return float(values.mean()), float(np.sqrt((errors**2).sum()) / len(parts))
