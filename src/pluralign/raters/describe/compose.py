"""From ratings to everything that the report of one data set shows."""

import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import polars as pl

from pluralign.errors import UsageError
from pluralign.raters.compact import Settings
from pluralign.raters.compact.texts import Embed
from pluralign.raters.describe import camps, checks, overview, people, predictable
from pluralign.raters.describe.fields import fields, telling
from pluralign.raters.descriptive import DescriptiveEncoder
from pluralign.raters.findings import FILE, Findings, built, read
from pluralign.raters.grouped import REPEATS, grouped
from pluralign.raters.ratings import Ratings
from pluralign.raters.reading import Reading
from pluralign.raters.splits import split
from pluralign.raters.study import digest, measures, noted, one_split
from pluralign.raters.trained import Said, Trained, embedded, fit, held_out, quiet
from pluralign.raters.views import parse
from pluralign.runs import Run, write_atomically

SHOTS = (1, 4, 16)
"""Numbers of demonstrations that are compared."""

_SHOWN = 300
_MOST_FIELDS = 12


def describe(
    reading: Reading,
    folder: Path,
    *,
    splits: int = 1,
    seed: int = 0,
    settings: Settings | None = None,
    show_ids: bool = False,
    embed: Embed | None = None,
    said: Said = quiet,
) -> Findings:
    """Look at a data set of ratings, and write what is found into a run folder.

    Where there are too few raters, only what can be counted is said, and a warning says what could not be found out.

    Args:
        reading: the ratings and how they were read.
        folder: the run folder; gets ``findings.json`` beside the usual files.
        splits: number of random splits that predictions are tested on.
        seed: of the first split.
        settings: of the compact decoder.
        show_ids: whether people are named by their ids.
        embed: from texts to numbers; None takes the packaged sentence model.
        said: told of progress.

    Raises:
        UsageError: the number of splits is less than 1.
        RunError: the folder belongs to another request, or cannot be written.
    """
    if splits < 1:
        raise UsageError(f"the number of splits must be at least 1, not {splits}")
    ratings, settings = reading.ratings, settings or Settings()
    request = {
        "command": "raters describe",
        "data": {"name": ratings.name, "ratings": len(ratings), "digest": digest(ratings)},
        "columns": [list(pair) for pair in reading.columns],
        "splits": splits,
        "seed": seed,
        "settings": asdict(settings),
        "show_ids": show_ids,
    }
    with Run.open(folder, request) as run:
        if run.finished:
            return read(folder)
        texts = [_short(text) for text in ratings.items["text"].to_list()]
        vectors = embedded(ratings, embed, said)
        base = _counted(reading, texts)
        if overview.usable(ratings) >= overview.FEW_RATERS:
            found = _predicted(base, ratings, run, vectors, texts, splits, seed, settings, show_ids, embed, said)
        else:
            encoder = DescriptiveEncoder(ratings, np.arange(len(ratings)), vectors, seed=seed)
            found = replace(base, people=people.counted(ratings, encoder, show_ids))
        content = json.dumps(_plain(asdict(found)), ensure_ascii=False, indent=1, allow_nan=False)
        write_atomically(folder / FILE, content.encode())
        rows = run.rows()
        run.finish([one.as_dict() for one in measures(rows, ratings.name)] if rows.height else [])
    return read(folder)


def _counted(reading: Reading, texts: list[str]) -> Findings:
    """What can be said without a model; everything else is empty."""
    ratings = reading.ratings
    nobody = camps.Found(np.zeros(ratings.raters.height, int), 1, "Camps were not looked for.")
    shares = np.bincount(ratings.label, minlength=len(ratings.scale.outcomes)) / len(ratings)
    agree, chance = overview.agreement(ratings)
    return Findings(
        name=ratings.name,
        question=ratings.question,
        labels=list(ratings.scale.outcomes),
        kind=ratings.scale.kind,
        columns=list(reading.columns),
        notes=[str(note) for note in reading.notes],
        raters=ratings.raters.height,
        items=ratings.items.height,
        ratings=len(ratings),
        per_rater=overview.per_rater(ratings),
        answers=shares.tolist(),
        agreement=agree,
        chance_agreement=chance,
        told=[],
        ceiling_note="There are too few raters to tell how much is predictable.",
        camps=[camps.everybody(ratings)],
        camps_note=nobody.note,
        curve=[],
        dividing=camps.dividing(ratings, nobody, texts),
        fields=[],
        calibration=[],
        calibration_error=("", (None, None, None)),
        calibration_by_chance=None,
        matching=[],
        foreseen=None,
        people=[],
        warnings=overview.warnings(ratings),
    )


def _predicted(
    base: Findings,
    ratings: Ratings,
    run: Run,
    vectors: np.ndarray,
    texts: list[str],
    splits: int,
    seed: int,
    settings: Settings,
    show_ids: bool,
    embed: Embed | None,
    said: Said,
) -> Findings:
    """The findings with all that rests on predictions. Camps and people come from the first split.

    Splits that an earlier process finished are not computed again.
    """
    keys = [f"split {number}" for number in range(seed, seed + splits)]
    for number, key in enumerate(keys, seed):
        if run.done(key):
            continue
        trained = fit(ratings, split(ratings, "raters", number), vectors, settings=settings, embed=embed, said=said)
        rows = one_split(trained, _names(ratings))
        facts = {}
        if ratings.attributes:
            said("comparing groups", 0, 1)
            facts["groups"] = grouped(trained, repeats=REPEATS).to_dicts()
        if number == seed:
            facts["found"] = _plain(asdict(_first(base, trained, rows, vectors, texts, show_ids)))
        # A split is done once its rows are there: what else is known of it comes first.
        run.note(key, facts)
        camps = len(noted(run)[keys[0]]["found"]["camps"])
        if camps > 1:
            name = f"cluster-{camps}"
            rows = pl.concat([rows, held_out(ratings, trained.split, name, trained.predict(parse(name, ratings)))])
        run.write(key, rows)
    known = noted(run)
    told, found = predictable.told(run.rows()), built(known[keys[0]]["found"])
    return replace(
        found,
        told=told,
        ceiling_note=predictable.ceiling(ratings, told, found.curve),
        fields=fields(ratings, [pl.DataFrame(known[key]["groups"]) for key in keys if ratings.attributes]),
    )


def _first(
    base: Findings, trained: Trained, rows: pl.DataFrame, vectors: np.ndarray, texts: list[str], show_ids: bool
) -> Findings:
    """What one split is enough for."""
    ratings = trained.ratings
    trained.said("looking for camps", 0, 1)
    found = camps.find(ratings, trained.candidates, seed=trained.split.seed)
    none = rows.filter(pl.col("representation") == "none")
    best = trained.predict(parse("demonstrations-all", ratings))
    bins, error, by_chance = predictable.calibrated(trained, best)
    return replace(
        base,
        camps=camps.describe(ratings, found, trained.encoder),
        camps_note=found.note,
        curve=predictable.curve(trained, none),
        dividing=camps.dividing(ratings, found, texts),
        calibration=bins,
        calibration_error=error,
        calibration_by_chance=by_chance,
        matching=checks.matching(trained, texts),
        foreseen=checks.foreseen(trained),
        people=people.people(trained, best, people.choice(none), found, vectors, texts, show_ids),
    )


def _names(ratings: Ratings) -> list[str]:
    names = ["none", *(f"demographics:{field}" for field in telling(ratings)[:_MOST_FIELDS])]
    names += [f"demonstrations-{shots}" for shots in SHOTS] + ["demonstrations-all", "profile"]
    return [*names, "demographics", "demographics+profile"] if ratings.attributes else names


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1].rstrip()}…"


def _plain(value: object) -> object:
    """The same value as JSON takes it: numbers that are not finite are absent."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
