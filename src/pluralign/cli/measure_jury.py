"""``pluralign measure jury``: people's ratings, scored from the utilitarian to the Rawlsian end."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from pluralign.cli.common import messages, print_json
from pluralign.cli.raters_source import NOBODY, Model, names, reporting, settings
from pluralign.errors import DataError, UsageError

_Flag = Annotated[bool, Parameter(negative=())]
_COMPARED = 8
"""Candidates up to which every pair is compared and a page is written."""

_COLUMNS = {"juror", "group", "weight", "items"}
"""What a juror's report says beside the candidates."""


@Parameter(name="*")
@dataclass(frozen=True)
class Table:
    """Which column is what."""

    juror: Annotated[str, Parameter(help="Column of who rates.")] = "juror"
    candidate: Annotated[str, Parameter(help="Column of what is rated: a model, a response, a statement.")] = (
        "candidate"
    )
    rating: Annotated[str, Parameter(help="Column of ratings.")] = "rating"
    item: Annotated[
        str | None, Parameter(help="Column of what the candidates answer; default item where there is one.")
    ] = None
    weight: Annotated[
        str | None, Parameter(help="Column of the jurors' weights; default weight where there is one.")
    ] = None
    group: Annotated[str | None, Parameter(help="Column of the jurors' groups; default group where there is one.")] = (
        None
    )
    text: Annotated[
        str | None, Parameter(help="Column of what jurors read of a candidate, for decoders; default text, if there.")
    ] = None
    levels: Annotated[
        str | None, Parameter(help="Names of the ratings from lowest to highest, separated by commas.")
    ] = None


DEFAULTS = Table()
"""The usual names."""


def jury(
    ratings: Path,
    *,
    table: Table = DEFAULTS,
    asked: Path | None = None,
    low: float | None = None,
    high: float | None = None,
    bottom: float = 0.1,
    candidates: str | None = None,
    most_rated: int | None = None,
    decoder: Literal["compact", "lm"] | None = None,
    model: Model = NOBODY,
    steps: int | None = None,
    seed: int = 0,
    influence: _Flag = False,
    out: Path | None = None,
    json: _Flag = False,
) -> None:
    """Score candidates by a jury: welfare from its mean to its worst-off member, dissent, and who is missing.

    Candidates are compared by the jurors who rated all of them on an item.

    Parameters
    ----------
    ratings
        A table with one row per rating, or the folder of a Polis export: its statements are the candidates, and a
        vote to pass lies between disagreement and agreement.
    asked
        A table of everybody who was asked, with their weights and groups, so that those without a rating are missed.
    low
        The lowest rating that can be given; default the lowest there is.
    high
        The highest rating that can be given; default the highest there is.
    bottom
        Utility of the lowest rating, from 0 up to below 1. With 0, one juror's lowest rating makes welfare 0 for all
        p up to 0.
    candidates
        Only these candidates, separated by commas; of a Polis export their numbers.
    most_rated
        Only so many candidates, those with most ratings.
    decoder
        Predict the ratings that jurors did not give: compact is trained here; lm is a language model as it is.
    steps
        Training steps of the compact decoder.
    seed
        Of all that is random.
    influence
        Also say what welfare would be without each juror.
    out
        Run folder; the default is named after the request.
    json
        Print one JSON document.
    """
    from pluralign.measure.jury import Scale, by_juror, composition
    from pluralign.measure.jury import influence as influence_
    from pluralign.measure.jury import jury as seat
    from pluralign.report import write
    from pluralign.runs import Run

    if (decoder == "lm") != (model.model is not None):
        raise UsageError("--decoder lm and --model go together", fix="Give both or none of them.")
    if most_rated is not None and most_rated < 1:
        raise UsageError(f"--most-rated must be at least 1, not {most_rated}")
    found, people, levels, texts = _read(ratings, table)
    if asked is not None:
        people = _asked(asked, table, people)
    found = _chosen(found, names(candidates), most_rated)
    if taken := sorted(_COLUMNS & set(found["candidate"])):
        raise DataError(f"a candidate cannot be called {taken[0]!r}", where=ratings, fix="Rename it.")
    if len(people) < 2:
        raise DataError("one juror is no jury", where=ratings, fix="Give the ratings of at least two.")
    scale = Scale(*_ends(found, levels, low, high), bottom)
    scale.utilities(found["rating"].cast(float).to_numpy())  # refuses what is off the scale before a folder is made
    if decoder is None:
        _comparable(found)
    compared = sorted(found["candidate"].unique()) if found["candidate"].n_unique() <= _COMPARED else []
    request = {
        "command": "measure jury",
        "models": compared,
        "tasks": [ratings.name],
        "ratings": hashlib.sha256(found.sort(found.columns).write_csv().encode()).hexdigest(),
        "jurors": hashlib.sha256(repr(sorted(map(repr, people))).encode()).hexdigest(),
        "scale": asdict(scale),
        "decoder": decoder,
        "model": asdict(model) if decoder == "lm" else None,
        "steps": steps,
        "seed": seed,
    }
    folder, held = out or _folder(ratings, request), None
    with Run.open(folder, request) as run:
        if not run.finished:
            if decoder is not None:
                found, held = _filled(found, people, levels, texts, decoder, model, steps, seed)
            seated = seat(found, scale, people)
            run.write("ratings", _rows(found, ratings.name))
            run.finish([metric.as_dict() for metric in _metrics(found, seated, ratings.name, compared, seed, held)])
        else:
            seated = seat(run.rows(), scale, people)
        metrics = run.metrics()
    jurors = by_juror(seated).to_dicts()
    document = {
        "run": str(folder),
        "scale": asdict(scale),
        "candidates": [{"candidate": name, "text": texts.get(name)} for name in seated.candidates],
        "groups": composition(seated).to_dicts(),
        "missing": list(seated.missing),
        "jurors": jurors,
        "metrics": metrics,
    }
    if influence:
        rows = influence_(seated).to_dicts()
        document["influence"] = [row | {"p": f"{row['p']:g}"} for row in rows]
    if json:
        print_json(document)
    else:
        from pluralign.cli.measure_tables import jury as tables

        tables(document)
    if compared:
        messages.print(f"report: {write(folder)}")
    else:
        fix = f"--candidates or --most-rated {_COMPARED} compares them in pairs and writes a page"
        messages.print(f"run: {folder}; {len(seated.candidates):,} candidates: {fix}")


def _read(source: Path, table: Table) -> tuple[Any, list[Any], tuple[str, ...] | None, dict[str, str]]:
    """Ratings, jurors, the names of the ratings where they have some, and the texts of the candidates."""
    from pluralign.measure.jurors import people
    from pluralign.raters.polis import votes
    from pluralign.raters.source import load
    from pluralign.suite.votes import VOTES

    levels = names(table.levels)
    if source.is_dir():
        given, _, notes = votes(source)
        for note in notes:
            messages.print(str(note))
        levels = tuple(VOTES[number] for number in sorted(VOTES))
        found, jurors = people(given, juror="participant", candidate="comment", rating="vote", levels=levels)
        return found, jurors, levels, {str(number): text for number, text in _pairs(given, "comment", "statement")}
    frame = load(source).frame
    text = _column(table.text, "text", frame.columns)
    if text is not None and text not in frame.columns:
        raise UsageError(f"there is no column {text!r}", where=source, fix=f"There are: {', '.join(frame.columns)}.")
    found, jurors = people(
        source,
        juror=table.juror,
        candidate=table.candidate,
        rating=table.rating,
        item=_column(table.item, "item", frame.columns),
        weight=_column(table.weight, "weight", frame.columns),
        group=_column(table.group, "group", frame.columns),
        levels=levels,
    )
    texts = {} if text is None else dict(_pairs(frame.drop_nulls(text), table.candidate, text))
    return found, jurors, levels, texts


def _pairs(frame: Any, first: str, second: str) -> list[tuple[Any, Any]]:
    return frame.select(first, second).unique(first, keep="first", maintain_order=True).rows()


def _column(given: str | None, usual: str, there: Sequence[str]) -> str | None:
    return given if given is not None else usual if usual in there else None


def _asked(path: Path, table: Table, rated: Sequence[Any]) -> list[Any]:
    """Everybody on the list; a juror who rated without being on it is refused by the jury."""
    from pluralign.measure.jurors import listed
    from pluralign.raters.source import load

    there = load(path).frame.columns
    weight, group = _column(table.weight, "weight", there), _column(table.group, "group", there)
    found = listed(path, juror=table.juror, weight=weight, group=group)
    own = {juror.name for juror in found}
    if strangers := sorted(juror.name for juror in rated if juror.name not in own):
        problem = f"{len(strangers)} jurors rated without being on the list, such as {strangers[0]!r}"
        raise DataError(problem, where=path, fix="List everybody who was asked.")
    return found


def _chosen(found: Any, wanted: tuple[str, ...] | None, most: int | None) -> Any:
    """The ratings of some candidates; of people who rated none of them, no rating is left."""
    import polars as pl

    if wanted is not None:
        there = set(found["candidate"])
        if absent := [name for name in wanted if name not in there]:
            raise UsageError(f"there is no candidate {absent[0]!r}", fix="Name candidates as the ratings do.")
        found = found.filter(pl.col("candidate").is_in(list(wanted)))
    if most is not None:
        counts = (
            found.drop_nulls("rating").group_by("candidate").len().sort("len", "candidate", descending=[True, False])
        )
        found = found.filter(pl.col("candidate").is_in(counts["candidate"].head(most).to_list()))
    return found


def _comparable(found: Any) -> None:
    """Refuse ratings of which nobody's can be compared."""
    import polars as pl

    every = found.drop_nulls("rating").group_by("juror", "item").agg(pl.col("candidate").n_unique())
    if every["candidate"].max() < found["candidate"].n_unique():
        fix = "Name some with --candidates or --most-rated, or predict the other ratings with --decoder compact."
        raise DataError(f"nobody rated all {found['candidate'].n_unique():,} candidates of any item", fix=fix)


def _ends(found: Any, levels: Any, low: float | None, high: float | None) -> tuple[float, float]:
    known = found["rating"].drop_nulls()
    if not len(known):
        raise DataError("there is no rating", fix="Fill in the column of ratings.")
    ends = (0.0, len(levels) - 1.0) if levels else (known.min(), known.max())
    least, most = (ends[0] if low is None else low), (ends[1] if high is None else high)
    if low is None and high is None and not levels:
        messages.print(f"ratings from {least:g} to {most:g}; --low and --high say what else could be given")
    if least == most:
        raise UsageError(f"all ratings are {least:g}", fix="Say with --low and --high what could be given.")
    return least, most


def _filled(
    found: Any,
    people: Sequence[Any],
    levels: Any,
    texts: dict[str, str],
    decoder: str,
    model: Model,
    steps: int | None,
    seed: int,
) -> tuple[Any, Any]:
    """All ratings, those of the decoder among them, and how far off it is on ratings that were hidden from it."""
    from pluralign.measure.jury_filled import filled, held_out

    with reporting("predicting ratings") as said:

        def made(ratings: Any) -> Any:
            from pluralign.raters import foresee
            from pluralign.raters.trained import counter, embedded

            if decoder == "lm":
                from pluralign.raters.lm_decoder import LMDecoder

                pairs = ratings.raters.height * ratings.items.height
                return LMDecoder(model.load(), ratings, counter(said, "asking the model", pairs))
            vectors = embedded(ratings, said=said)
            return foresee.whole(ratings, vectors, "items", settings=settings(steps), seed=seed, said=said).decoder

        held = held_out(found, people, made, levels=levels, texts=texts, seed=seed)
        return filled(found, people, made, levels=levels, texts=texts, seed=seed), held


def _rows(found: Any, task: str) -> Any:
    import polars as pl

    predicted = pl.col("predicted") if "predicted" in found.columns else pl.lit(False)
    return found.with_columns(model=pl.col("candidate"), task=pl.lit(task), kind=pl.lit("jury"), predicted=predicted)


def _metrics(found: Any, seated: Any, task: str, compared: Sequence[str], seed: int, held: Any) -> list[Any]:
    from dataclasses import replace

    from pluralign.measure.jury_metrics import metrics

    numbers = metrics(seated, task, compared, seed=seed)
    if "predicted" not in found.columns:
        return numbers
    guessed = int(found["predicted"].sum())
    told = f"{guessed:,} of {found.height:,} ratings are predictions of a decoder, "
    told += (
        "which was not compared with any rating."
        if held is None
        else (
            f"off by {held.error:.3g} on average on {held.ratings:,} ratings that were hidden from it; "
            f"the mean rating of the candidate is off by {held.error_of_means:.3g}."
        )
    )
    return [replace(metric, warning=told) for metric in numbers]


def _folder(ratings: Path, request: dict[str, Any]) -> Path:
    digest = hashlib.sha256(repr(request).encode()).hexdigest()[:8]
    stem = "".join(c if c.isalnum() else "-" for c in ratings.name.partition(".")[0])[:40].strip("-")
    return Path("runs") / f"jury-{stem or 'ratings'}-{digest}"
