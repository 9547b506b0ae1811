"""The published table on any data: how much each way of telling about raters helps to predict them, over splits."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pluralign.errors import RunError, UsageError
from pluralign.lm.protocol import LanguageModel
from pluralign.raters.asked import HABITS, asked
from pluralign.raters.baselines import habits
from pluralign.raters.calibration import ece
from pluralign.raters.compact import Settings
from pluralign.raters.compact.texts import Embed
from pluralign.raters.grouped import REPEATS, grouped
from pluralign.raters.information import information
from pluralign.raters.latent import fit_latent
from pluralign.raters.ratings import Ratings
from pluralign.raters.splits import Protocol, split
from pluralign.raters.trained import Said, Trained, embedded, fit, held_out, quiet
from pluralign.raters.views import matched, parse, usual
from pluralign.runs import NOTES, Metric, Run
from pluralign.stats import mean_interval

KIND = "raters"
RANKS = (0, 1, 2, 4, 8)
"""Ranks of the latent-factor models that stand beside the representations."""

ENOUGH = 30
"""Raters to be predicted below which no latent-factor models are fitted: they could not tell ranks apart."""

LARGEST = ("demonstrations-16", "demonstrations-32")
"""Of whose information shares are taken, as the published table does on its large sets, beside those at matched n."""

_UNITS = {
    "accuracy": "share",
    "nll_nats": "nats",
    "information_nats": "nats",
    "explained_share": "share",
    "preserved_share": "share",
}


def compare(
    data: Sequence[Ratings],
    folder: Path,
    views: Sequence[str] | None = None,
    *,
    protocol: Protocol = "raters",
    seeds: int = 5,
    settings: Settings | None = None,
    separate: bool = False,
    ranks: Sequence[int] = RANKS,
    repeats: int = REPEATS,
    model: LanguageModel | None = None,
    embed: Embed | None = None,
    said: Said = quiet,
) -> list[dict]:
    """Compare ways of telling about raters on one or several data sets, one after the other.

    For each split, encoder and decoder learn from the training part; every representation then predicts the same
    ratings. A run that was stopped goes on with the next split.

    Args:
        data: the data sets, of different names.
        folder: the run folder.
        views: names of representations (:mod:`pluralign.raters.views`); ``none`` is always among them. None takes
            those of the published table.
        protocol: what is new in the ratings to be predicted.
        seeds: number of splits.
        settings: of the compact decoder.
        separate: whether each representation gets a decoder of its own, as in the published work, in place of one for
            all.
        ranks: of the latent-factor models; 0 is the items' own distribution of answers. None are fitted where fewer
            than ``ENOUGH`` raters are to be predicted.
        repeats: random groupings beside each attribute.
        model: a language model that predicts as it is, in place of decoders that are trained; then there are neither
            clusters nor groupings.
        embed: from texts to numbers; None takes the packaged sentence model.
        said: told of progress.

    Returns:
        the metrics of the run, as records of :class:`pluralign.runs.Metric`: ``model`` is the representation.

    Raises:
        UsageError: there is no such representation, a language model is to tell clusters, or two data sets have one
            name.
        DataError: there are too few raters or items to split.
        RunError: the folder belongs to another request, or cannot be written.
    """
    if len({ratings.name for ratings in data}) < len(data):
        raise UsageError("two data sets have the same name", fix="Rename one of the files.")
    if seeds < 1:
        raise UsageError(f"the number of splits must be at least 1, not {seeds}")
    settings = settings or Settings()
    wanted = {ratings.name: _wanted(views, ratings, clusters=model is None) for ratings in data}
    request = {
        "command": "raters compare",
        "data": [{"name": one.name, "ratings": len(one), "digest": digest(one)} for one in data],
        "views": wanted,
        "protocol": protocol,
        "seeds": seeds,
        "settings": asdict(settings),
        "separate": separate,
        "ranks": list(ranks),
        "repeats": repeats,
        "model": model and model.name,
    }
    with Run.open(folder, request) as run:
        if not run.finished:
            if model is not None:
                run.note(model.name, model.facts)
            for ratings in data:
                for seed in range(seeds):
                    key = f"{ratings.name}, split {seed}"
                    if run.done(key):
                        continue

                    def told(what: str, done: int, total: int, key: str = key) -> None:
                        said(f"{key}: {what}", done, total)

                    part, names = split(ratings, protocol, seed), wanted[ratings.name]
                    vectors = embedded(ratings, embed, told)
                    tellings = [parse(name, ratings) for name in names]
                    if model is not None:
                        rows = asked(ratings, part, vectors, tellings, model, said=told)
                    else:
                        trained = fit(
                            ratings,
                            part,
                            vectors,
                            tellings,
                            settings=settings,
                            separate=separate,
                            embed=embed,
                            said=told,
                        )
                        rows = one_split(trained, names, ranks)
                        # What is known of groups comes first: a split is done once its rows are there.
                        if protocol == "raters" and ratings.attributes:
                            told("comparing groups", 0, 1)
                            run.note(key, {"groups": grouped(trained, repeats=repeats).to_dicts()})
                    run.write(key, rows.with_columns(dataset=pl.lit(ratings.name)))
            found = run.rows()
            said("intervals", 0, 1)
            metrics = []
            for ratings in data:
                own = found.filter(pl.col("dataset") == ratings.name).sort("seed", maintain_order=True)
                metrics += measures(own, ratings.name)
                known = noted(run)
                keys = [f"{ratings.name}, split {seed}" for seed in range(seeds)]
                metrics += _groups([pl.DataFrame(known[key]["groups"]) for key in keys if key in known], ratings.name)
            run.finish([metric.as_dict() for metric in metrics])
        return run.metrics()


def one_split(trained: Trained, names: Sequence[str], ranks: Sequence[int] = ()) -> pl.DataFrame:
    """Held-out losses on one split under every representation, the habits baseline and latent-factor models."""
    ratings, split = trained.ratings, trained.split
    parts = []
    for name in names:
        trained.said(f"predicting with {name}", 0, 1)
        parts.append(held_out(ratings, split, name, trained.predict(parse(name, ratings))))
    parts.append(held_out(ratings, split, HABITS, habits(ratings, split)))
    for rank in ranks if len(trained.raters) >= ENOUGH else ():
        trained.said(f"latent factors of rank {rank}", 0, 1)
        model = fit_latent(ratings, split.train, rank, seed=split.seed)
        parts.append(held_out(ratings, split, f"latent-{rank}", model.predict(ratings, split.fit, split.evaluate)))
    return pl.concat(parts)


def measures(rows: pl.DataFrame, dataset: str) -> list[Metric]:
    """Everything that the rows of one data set tell about each representation, with intervals."""
    names = rows["representation"].unique(maintain_order=True).to_list()
    n = rows.height // len(names)
    found = []
    table = information(rows, matched=matched(names))
    for record in table.to_dicts():
        for column, unit in _UNITS.items():
            if column == "preserved_share" and record["matched"] is None:
                continue
            ends = (record[column], record[f"{column}_low"], record[f"{column}_high"])
            found.append(Metric(record["representation"], dataset, KIND, column, *ends, n, unit))
    for largest in [name for name in LARGEST if name in names]:
        shares = {name: largest for name in names if name not in ("none", largest)}
        for record in information(rows, matched=shares).filter(pl.col("matched").is_not_null()).to_dicts():
            ends = (record["preserved_share"], record["preserved_share_low"], record["preserved_share_high"])
            found.append(Metric(record["representation"], dataset, KIND, f"share_of_{largest}", *ends, n, "share"))
    for name, own in _each(rows):
        brier = mean_interval(own["brier"].to_numpy(), own["rater"].to_list())
        found.append(Metric(name, dataset, KIND, "brier_0_to_2", brier.value, brier.low, brier.high, n, "squared"))
        if name in ("none", "profile", "demonstrations-all"):
            found.append(_calibrated(own, name, dataset, n))
        if "outside" in own.columns and own["outside"].null_count() == 0:
            outside = mean_interval(own["outside"].to_numpy(), own["rater"].to_list())
            found.append(
                Metric(name, dataset, KIND, "mass_outside", outside.value, outside.low, outside.high, n, "share")
            )
    return found + _over_fields(rows, dataset, names, n, table)


def digest(ratings: Ratings) -> str:
    """Tells data sets apart by their content."""
    content = hashlib.sha256(repr((ratings.question, ratings.scale)).encode())
    for frame in (ratings.table, ratings.raters, ratings.items):
        content.update(frame.write_csv().encode())
    return content.hexdigest()[:16]


def noted(run: Run) -> dict[str, Any]:
    """What is known of each finished split, by its key.

    Raises:
        RunError: the file is damaged.
    """
    path = run.folder / NOTES
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise RunError(f"damaged file: {error}", where=path, fix="Give another --out.") from None


def _wanted(views: Sequence[str] | None, ratings: Ratings, clusters: bool) -> list[str]:
    names = usual(ratings) if views is None else ["none", *(name for name in views if name != "none")]
    tellings = {name: parse(name, ratings) for name in names}
    if not clusters and views is not None and (wrong := [name for name in names if tellings[name].cluster]):
        raise UsageError(f"a language model is told no clusters: {wrong[0]!r}", fix="Leave them out of the views.")
    return [name for name in tellings if clusters or not tellings[name].cluster]


def _each(rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    return [(str(name[0]), own) for name, own in rows.group_by("representation", maintain_order=True)]


def _calibrated(rows: pl.DataFrame, name: str, dataset: str, n: int) -> Metric:
    """Error of the probability of the most probable answer: one outcome is that it is right, the other that not."""
    top = rows["top"].to_numpy().astype(float).clip(0, 1)
    both = np.stack([top, 1 - top], 1)
    error = ece(both, (~rows["correct"]).cast(pl.Int64).to_numpy(), rows["rater"].to_numpy())
    return Metric(name, dataset, KIND, "ece_top_label_equal_mass", error.value, error.low, error.high, n, "share")


def _over_fields(rows: pl.DataFrame, dataset: str, names: list[str], n: int, table: pl.DataFrame) -> list[Metric]:
    """How much more each clustering tells than the single attribute that tells most."""
    fields = [name for name in names if name.startswith("demographics:") and "+" not in name]
    if not fields and "demographics" in names:
        fields = ["demographics"]
    clusters = [name for name in names if name.startswith("cluster-")]
    if not fields or not clusters:
        return []
    order = table.filter(pl.col("representation").is_in(fields)).sort("information_nats", descending=True)
    best = order["representation"][0]
    found = information(rows.filter(pl.col("representation").is_in([best, *clusters])), none=best)
    return [
        Metric(
            f"{row['representation']} over {best}",
            dataset,
            KIND,
            "information_nats",
            row["information_nats"],
            row["information_nats_low"],
            row["information_nats_high"],
            n,
            "nats",
        )
        for row in found.filter(pl.col("representation") != best).to_dicts()
    ]


def _groups(tables: list[pl.DataFrame], dataset: str) -> list[Metric]:
    """Groupings over splits: means of values and of the ends of their intervals, which errs on the wide side."""
    if not tables:
        return []
    columns = ("information_nats", "information_nats_low", "information_nats_high", "random_nats", "random_nats_high")
    means = (
        pl.concat(tables)
        .group_by("grouping", maintain_order=True)
        .agg(pl.col(columns).mean(), pl.col("groups").median().cast(pl.Int64), n=pl.len())
    )
    found = []
    for row in means.to_dicts():
        model = f"{row['grouping']} ({row['groups']} groups)"
        ends = [row[column] for column in columns]
        found.append(Metric(model, dataset, KIND, "group_information_nats", *ends[:3], row["n"], "nats"))
        found.append(Metric(model, dataset, KIND, "random_groups_nats", ends[3], None, ends[4], row["n"], "nats"))
    return found
