"""``pluralign raters``: who disagrees, in which camps, and what a person would say next."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from pluralign.cli.common import messages, print_json
from pluralign.cli.raters_lewidi import lewidi
from pluralign.cli.raters_people import cluster, predict, profile
from pluralign.cli.raters_source import (
    GUESSED,
    NOBODY,
    Columns,
    Model,
    cost,
    names,
    read,
    reporting,
    run_folder,
    settings,
)
from pluralign.errors import UsageError

_Flag = Annotated[bool, Parameter(negative=())]

app = App(name="raters", help="Ratings by people: who disagrees, in which camps, and what a person would say next.")
app.command(profile)
app.command(cluster)
app.command(predict)
app.command(lewidi)


@app.command
def describe(
    file: str,
    *,
    columns: Columns = GUESSED,
    out: Path | None = None,
    most_raters: int | None = None,
    splits: int = 1,
    seed: int = 0,
    steps: int | None = None,
    show_ids: _Flag = False,
    json: _Flag = False,
) -> None:
    """Look at a table of ratings and write a report: camps, dividing items, attributes, people, what is predictable.

    Parameters
    ----------
    file
        A CSV, TSV, JSON lines or Parquet file with one row per rating, the folder of a Polis export, or task:NAME.
    out
        Run folder; the default is named after the request.
    most_raters
        At most so many raters, drawn at random; default all.
    splits
        Number of random splits that predictions are tested on.
    seed
        Of the first split.
    steps
        Training steps of the compact decoder.
    show_ids
        Name people by their ids; otherwise they are numbered.
    json
        Print one JSON document with the findings.
    """
    from dataclasses import asdict

    from pluralign.raters.describe import describe
    from pluralign.raters.page import write
    from pluralign.raters.verdict import verdict

    reading = read(file, columns, most_raters)
    folder = out or run_folder("describe", file, columns, most_raters, splits, seed, steps, show_ids)
    with reporting("describing") as said:
        found = describe(
            reading, folder, splits=splits, seed=seed, settings=settings(steps), show_ids=show_ids, said=said
        )
    page = write(folder)
    if json:
        print_json({"run": str(folder), "findings": asdict(found)})
    else:
        for note in found.notes:
            messages.print(f"note: {note}")
        for warning in found.warnings:
            messages.print(f"warning: {warning}")
        _paragraphs(verdict(found))
    messages.print(f"report: {page}")


@app.command
def compare(
    *files: str,
    columns: Columns = GUESSED,
    out: Path | None = None,
    views: str | None = None,
    protocol: Literal["raters", "items", "both"] = "raters",
    seeds: int = 5,
    most_raters: int | None = None,
    steps: int | None = None,
    decoder_sharing: bool = True,
    decoder: Literal["compact", "lm"] = "compact",
    model: Model = NOBODY,
    dry_run: _Flag = False,
    json: _Flag = False,
) -> None:
    """Compare what telling about raters is worth: nothing, attributes, own ratings, profiles, clusters.

    A run that was stopped goes on with the next split when the same command is given again.

    Parameters
    ----------
    files
        Tables of ratings, folders of Polis exports, or task:NAME, one after the other.
    out
        Run folder; the default is named after the request.
    views
        Representations separated by commas, such as none,demographics:age+gender,demonstrations-8,profile,cluster-4;
        default those of the published table.
    protocol
        What is new in the ratings to be predicted: raters, items, or both.
    seeds
        Number of random splits.
    most_raters
        At most so many raters of each data set, drawn at random; default all.
    steps
        Training steps of the compact decoder.
    decoder_sharing
        One decoder for all representations; without, each gets one of its own.
    decoder
        compact is trained here; lm is a language model as it is.
    dry_run
        Say how much a language model would be asked, and ask nothing.
    json
        Print one JSON document with the metrics.
    """
    from pluralign.raters.study import compare

    if not files:
        raise UsageError("say which ratings", fix="Give one or more files.")
    if (decoder == "lm") != (model.model is not None):
        raise UsageError("--decoder lm and --model go together", fix="Give both or none of them.")
    if dry_run and decoder != "lm":
        raise UsageError("--dry-run is for --decoder lm: nothing else costs anything")
    data = [read(file, columns, most_raters).ratings for file in files]
    if dry_run:
        return _cost(data, names(views), protocol, seeds, json)
    request = (columns, views, protocol, seeds, most_raters, steps, decoder_sharing, model)
    folder = out or run_folder("compare", "+".join(files), *request)
    with reporting("comparing") as said:
        metrics = compare(
            data,
            folder,
            names(views),
            protocol=protocol,
            seeds=seeds,
            settings=settings(steps),
            separate=not decoder_sharing,
            model=model.load() if model.model else None,
            said=said,
        )
    if json:
        print_json({"run": str(folder), "metrics": metrics})
    else:
        from pluralign.cli.raters_tables import comparison

        for ratings in data:
            comparison(metrics, ratings.name)
    messages.print(f"run: {folder}")


def _cost(data: list[Any], views: tuple[str, ...] | None, protocol: Any, seeds: int, json: bool) -> None:
    """Say what asking a language model about all splits would take."""
    import numpy as np

    from pluralign.raters.asked import cost as of_split
    from pluralign.raters.splits import split
    from pluralign.raters.views import parse, usual

    totals = np.zeros(2, int)
    for ratings in data:
        wanted = dict.fromkeys(("none", *views)) if views else usual(ratings)
        tellings = [parse(name, ratings) for name in wanted]
        tellings = [telling for telling in tellings if not telling.cluster]
        for seed in range(seeds):
            totals += of_split(ratings, split(ratings, protocol, seed), tellings)
    cost(*totals.tolist(), json)


def _paragraphs(found: Any) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for about, sentences in found:
        if sentences:
            console.print(Text(f"{about}: " if about else "", style="bold").append(sentences, style="not bold"))
