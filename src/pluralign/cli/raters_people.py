"""``pluralign raters profile``, ``cluster`` and ``predict``: single people and their camps."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from pluralign.cli.common import messages, print_json
from pluralign.cli.raters_source import GUESSED, NOBODY, Columns, Model, cost, read, reporting, settings
from pluralign.errors import UsageError

_Flag = Annotated[bool, Parameter(negative=())]
_ON_SCREEN = 20


def profile(
    file: str,
    *,
    columns: Columns = GUESSED,
    person: str | None = None,
    encoder: Literal["descriptive", "llm"] = "descriptive",
    model: Model = NOBODY,
    candidates: int = 1,
    out: Path | None = None,
    seed: int = 0,
    steps: int | None = None,
    show_ids: _Flag = False,
    dry_run: _Flag = False,
    json: _Flag = False,
) -> None:
    """Write a short profile of each rater, every sentence with the numbers behind it.

    Parameters
    ----------
    file
        A table of ratings, the folder of a Polis export, or task:NAME.
    person
        Only this rater: an id, or "rater 17" as in the output.
    encoder
        descriptive needs no language model; llm asks one.
    candidates
        For llm: profiles drawn per rater, of which a decoder trained on other raters chooses.
    out
        A file for the profiles as JSON lines.
    seed
        Of all that is random.
    steps
        Training steps of the decoder that chooses among candidates.
    show_ids
        Name people by their ids; otherwise they are numbered.
    dry_run
        Say how much a language model would be asked, and ask nothing.
    json
        Print one JSON document.
    """
    from pluralign.raters.compact.episodes import by_rater
    from pluralign.raters.describe.people import label
    from pluralign.raters.foresee import person as numbered

    if (encoder == "llm") != (model.model is not None):
        raise UsageError("--encoder llm and --model go together", fix="Give both or none of them.")
    if candidates < 1:
        raise UsageError(f"--candidates must be at least 1, not {candidates}")
    if dry_run and encoder != "llm":
        raise UsageError("--dry-run is for --encoder llm: nothing else costs anything")
    ratings = read(file, columns).ratings
    rows = by_rater(ratings, _all(ratings))
    if person is not None:
        rater = numbered(ratings, person)
        rows = [some for some in rows if ratings.rater[some[0]] == rater]
    if dry_run:
        return cost(len(rows) * candidates, sum(_characters(ratings, some[:32]) for some in rows), json)
    with reporting("writing profiles") as said:
        if encoder == "llm":
            from pluralign.raters.by_model import profiles as written

            done = 0

            def progress(finished: int) -> None:
                nonlocal done
                done += finished
                said("asking the model", done, len(rows))

            found = written(
                ratings,
                rows,
                model.load(),
                candidates=candidates,
                settings=settings(steps),
                seed=seed,
                progress=progress,
                said=said,
            )
        else:
            from pluralign.raters.descriptive import DescriptiveEncoder
            from pluralign.raters.trained import embedded

            made = DescriptiveEncoder(ratings, _all(ratings), embedded(ratings, said=said), seed=seed)
            found = made.encode(ratings, rows)
    records = [
        {
            "rater": label(ratings, int(ratings.rater[some[0]]), show_ids),
            "ratings": len(some),
            "profile": one.text,
            "statements": [{"text": said.text, "evidence": dict(said.evidence)} for said in one.statements],
        }
        for some, one in zip(rows, found, strict=True)
    ]
    _deliver(records, out, json, "profiles")
    if not json and out is None:
        from pluralign.cli.raters_tables import profiles

        profiles(records[:_ON_SCREEN])
        _rest(len(records))


def cluster(
    file: str,
    *,
    columns: Columns = GUESSED,
    clusters: int | None = None,
    out: Path | None = None,
    seed: int = 0,
    steps: int | None = None,
    show_ids: _Flag = False,
    json: _Flag = False,
) -> None:
    """Put raters into camps, as many as predict held-out raters best, and say what is characteristic of each.

    Parameters
    ----------
    file
        A table of ratings, the folder of a Polis export, or task:NAME.
    clusters
        Number of camps; default as many as held-out raters ask for.
    out
        A CSV file for the camp of each rater.
    seed
        Of all that is random.
    steps
        Training steps of the compact decoder.
    show_ids
        Name people by their ids; otherwise they are numbered.
    json
        Print one JSON document.
    """
    from dataclasses import asdict

    from pluralign.raters.describe import camps
    from pluralign.raters.describe.people import label
    from pluralign.raters.splits import split
    from pluralign.raters.trained import embedded, fit

    if clusters is not None and clusters < 1:
        raise UsageError(f"--clusters must be at least 1, not {clusters}")
    ratings = read(file, columns).ratings
    with reporting("clustering") as said:
        # As for a report, so that its camps are these.
        vectors = embedded(ratings, said=said)
        trained = fit(ratings, split(ratings, "raters", seed), vectors, settings=settings(steps), said=said)
        found = camps.find(ratings, trained.candidates, clusters, seed)
        described = camps.describe(ratings, found, trained.encoder)
    if clusters is not None and found.count < clusters:
        messages.print(f"warning: only {found.count} of {clusters} camps have raters")
    assigned = [
        {"rater": label(ratings, rater, show_ids), "camp": camps.name(camp)}
        for rater, camp in enumerate(found.camp.tolist())
    ]
    if out is not None:
        import polars as pl

        from pluralign.runs import write_atomically

        write_atomically(out, pl.DataFrame(assigned).write_csv().encode())
        messages.print(f"camps of {len(assigned):,} raters: {out}")
    if json:
        print_json(
            {"camps": [asdict(camp) for camp in described], "note": found.note, "assignment": assigned},
        )
    else:
        from pluralign.cli.raters_tables import camps as table

        table(described)
        messages.print(found.note)


def predict(
    file: str,
    *,
    columns: Columns = GUESSED,
    person: str | None = None,
    items: Path | None = None,
    limit: int = 20,
    decoder: Literal["compact", "lm"] = "compact",
    model: Model = NOBODY,
    out: Path | None = None,
    seed: int = 0,
    steps: int | None = None,
    show_ids: _Flag = False,
    dry_run: _Flag = False,
    json: _Flag = False,
) -> None:
    """Say how a person would rate items, with the person's own nearest ratings as the reason.

    Parameters
    ----------
    file
        A table of ratings, the folder of a Polis export, or task:NAME.
    person
        One rater: an id, or "rater 17" as in the output of other commands; default everybody, for --items.
    items
        A table of new items, its text in the same columns as in the ratings; default what the person has not rated.
    limit
        At most so many unrated items, those that others rated most.
    decoder
        compact is trained here; lm is a language model as it is.
    out
        A file for the predictions as JSON lines.
    seed
        Of all that is random.
    steps
        Training steps of the compact decoder.
    show_ids
        Name people by their ids; otherwise they are numbered.
    dry_run
        Say how much a language model would be asked, and ask nothing.
    json
        Print one JSON document.
    """
    import numpy as np

    from pluralign.raters import foresee
    from pluralign.raters.describe.people import label
    from pluralign.raters.trained import counter, embedded

    if (decoder == "lm") != (model.model is not None):
        raise UsageError("--decoder lm and --model go together", fix="Give both or none of them.")
    if dry_run and decoder != "lm":
        raise UsageError("--dry-run is for --decoder lm: nothing else costs anything")
    if person is None and items is None:
        raise UsageError("say whose ratings, or of what", fix="Give --person, --items or both.")
    if limit < 1:
        raise UsageError(f"--limit must be at least 1, not {limit}")
    reading = read(file, columns)
    ratings = reading.ratings
    raters = range(ratings.raters.height) if person is None else [foresee.person(ratings, person)]
    if items is None:
        asked = foresee.unrated(ratings, raters[0])[:limit]
        if not len(asked):
            raise UsageError("this person has rated every item", where=person, fix="Give --items.")
    else:
        columns_of_text = [column for role, column in reading.columns if role == "text"]
        ratings, asked = foresee.with_items(ratings, _texts(items, columns_of_text))
    pairs = np.array([(rater, item) for rater in raters for item in asked.tolist()])
    if dry_run:
        each = [_characters(ratings, np.flatnonzero(ratings.rater == rater)) for rater in raters]
        return cost(len(pairs), sum(each) * len(asked), json)
    with reporting("predicting") as said:
        vectors = embedded(ratings, said=said)
        texts = ratings.items["text"].to_list()
        if decoder == "lm":
            from pluralign.raters.lm_decoder import LMDecoder

            made: Any = LMDecoder(model.load(), ratings, counter(said, "asking the model", len(pairs)))
        else:
            made = foresee.whole(ratings, vectors, "items", settings=settings(steps), seed=seed, said=said).decoder
        found = foresee.foresee(ratings, pairs, vectors, texts, made, seed=seed)
    records = [
        {
            "rater": label(ratings, one.rater, show_ids),
            "item": ratings.items["item"][one.item],
            "text": texts[one.item],
            "probabilities": dict(zip(ratings.scale.outcomes, one.probabilities, strict=True)),
            "nearest": [{"text": text, "answer": answer} for text, answer in one.nearest],
        }
        for one in found
    ]
    _deliver(records, out, json, "predictions")
    if not json and out is None:
        from pluralign.cli.raters_tables import predictions

        predictions(records[:_ON_SCREEN], ratings.scale.outcomes)
        _rest(len(records))


def _all(ratings: Any) -> Any:
    import numpy as np

    return np.arange(len(ratings))


def _texts(path: Path, columns: Sequence[str]) -> list[str]:
    """Texts of new items, written as those of the ratings are."""
    import polars as pl

    from pluralign.raters.columns import require
    from pluralign.raters.source import load

    frame = load(path).frame
    found = [column for column in columns if column in frame.columns]
    if columns and len(found) < len(columns):
        absent = next(column for column in columns if column not in found)
        fix = f"The ratings have their text in {', '.join(columns)}."
        raise UsageError(f"there is no column {absent!r}", where=path, fix=fix)
    found = found or (frame.columns if frame.width == 1 else [require("text", None, frame.columns, path)])
    cells = [pl.col(column).cast(pl.String).str.strip_chars() for column in found]
    if len(found) == 1:
        joined = cells[0]
    else:
        lines = [pl.lit(f"{column}: ") + cell for column, cell in zip(found, cells, strict=True)]
        joined = pl.concat_str(lines, separator="\n", ignore_nulls=True)
    return frame.select(joined.fill_null("").alias("text"))["text"].to_list()


def _characters(ratings: Any, rows: Any) -> int:
    return int(ratings.items["text"].str.len_chars().gather(ratings.item[rows]).sum())


def _deliver(records: list[dict[str, Any]], out: Path | None, json: bool, what: str) -> None:
    """JSON lines into a file, or one document on standard output."""
    from json import dumps

    if out is not None:
        from pluralign.runs import write_atomically

        lines = "".join(f"{dumps(record, ensure_ascii=False)}\n" for record in records)
        write_atomically(out, lines.encode("utf-8", errors="replace"))
        messages.print(f"{len(records):,} {what}: {out}")
    if json:
        print_json({what: records})


def _rest(count: int) -> None:
    if count > _ON_SCREEN:
        messages.print(f"{count - _ON_SCREEN:,} more; give --out or --json for all")
