"""``pluralign values``: values, rights and duties that bear on a situation, and whose are missing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from pluralign.cli.common import bar, messages, print_json
from pluralign.cli.values_build import build, quality
from pluralign.cli.values_study import study
from pluralign.cli.values_train import mixture, train
from pluralign.errors import UsageError

_Flag = Annotated[bool, Parameter(negative=())]

app = App(name="values", help="Values, rights and duties that bear on a situation, and whose are missing.")
app.command(build)
app.command(quality)
app.command(study)
app.command(mixture)
app.command(train)


@app.command(name="map")
def map_(
    *situations: str,
    file: Path | None = None,
    model: str = "embedded",
    bank: Path | None = None,
    threshold: float | None = None,
    most: int | None = None,
    answer: str | None = None,
    out: Path | None = None,
    json: _Flag = False,
) -> None:
    """Show which values, rights and duties bear on a situation, and on which side.

    Parameters
    ----------
    situations
        What is done or considered, such as "Biking to work instead of driving".
    file
        More situations: a text file with one per line, or a CSV or JSON lines file with a column situation.
    model
        embedded; kaleido: and a folder or hf:OWNER/NAME of a Kaleido checkpoint; or any language model.
    bank
        Considerations of your own beside those that ship, one JSON object per line.
    threshold
        Least relevance that is shown, from 0 to 1; default that of the model for each kind.
    most
        At most so many considerations for each situation.
    answer
        A language model that answers the person with all these views in mind.
    out
        Run folder; a run that was stopped goes on. With --file there is always one, named after the request.
    json
        Print one JSON document.
    """
    from pluralign.cli.values_tables import show
    from pluralign.lm import load as language_model
    from pluralign.values import overton
    from pluralign.values.consideration import KINDS
    from pluralign.values.run import mapped

    if threshold is not None and not 0 <= threshold <= 1:
        raise UsageError(f"--threshold must lie between 0 and 1, not {threshold}")
    if most is not None and most < 1:
        raise UsageError(f"--most must be at least 1, not {most}")
    wanted = _situations(situations, file)
    kaleidoscope = _model(model, bank)
    writer = None if answer is None else language_model(answer)
    least = None if threshold is None else dict.fromkeys(KINDS, threshold)
    folder = out or (None if file is None else _folder(wanted, model, bank, threshold, most))
    found = []
    with bar("mapping") as progress:
        (handle,) = progress.task_ids
        progress.update(handle, total=len(wanted))
        for one in mapped(kaleidoscope, wanted, folder, thresholds=least, most=most):
            if writer is not None and one["considerations"]:
                one = one | {"answer": overton.answer(writer, one["situation"], overton.perspectives(one))}
            found.append(one)
            progress.advance(handle)
            if not json:
                show(one)
    if json:
        print_json({"model": model, "maps": found} | ({} if folder is None else {"run": str(folder)}))
    if folder is not None:
        messages.print(f"run: {folder}")


@app.command
def score(pairs: Path, *, model: str = "embedded", bank: Path | None = None, json: _Flag = False) -> None:
    """Score given considerations in given situations: relevance, and how far they support, oppose, or either.

    Parameters
    ----------
    pairs
        JSON lines with situation, kind (value, right or duty) and text.
    model
        embedded; kaleido: and a folder or hf:OWNER/NAME of a Kaleido checkpoint; or any language model.
    bank
        Considerations of your own beside those that ship, one JSON object per line.
    json
        Print one JSON document with the rows and their scores.
    """
    from dataclasses import asdict

    from pluralign.values.run import read_pairs
    from pluralign.values.system import score as scored

    rows, asked = read_pairs(pairs)
    kaleidoscope = _model(model, bank)
    with bar("scoring") as progress:
        (handle,) = progress.task_ids
        progress.update(handle, total=len(asked))
        found = scored(kaleidoscope, asked, progress=lambda n: progress.advance(handle, n))
    numbers = ("relevance", "supports", "opposes", "either")
    whole = [row | {name: asdict(one)[name] for name in numbers} for row, one in zip(rows, found, strict=True)]
    if json:
        print_json({"model": model, "rows": whole})
    else:
        from pluralign.cli.values_tables import scores

        scores(whole)


def _model(name: str, bank: Path | None) -> Any:
    from pluralign.values.bank import joined, read
    from pluralign.values.embedded import NAME
    from pluralign.values.loading import load

    if bank is None:
        return load(name)
    if name != NAME:
        raise UsageError("a bank is for the embedded model: others list considerations of their own", where=name)
    return load(name, joined(read(bank)))


def _situations(given: Sequence[str], file: Path | None) -> list[str]:
    from pluralign.values.situation import situation
    from pluralign.values.situations import read_situations

    found = [situation(text) for text in given]
    if file is not None:
        listed = read_situations(file)
        found += listed.texts
        if listed.blank or listed.repeated:
            messages.print(f"{file}: {listed.blank:,} blank and {listed.repeated:,} repeated lines left out")
    if not found:
        raise UsageError("say which situation", fix='Such as pluralign values map "Biking to work", or --file.')
    return list(dict.fromkeys(found))


def _folder(wanted: list[str], *request: object) -> Path:
    import hashlib

    return Path("runs") / f"values-map-{hashlib.sha256(repr((wanted, *request)).encode()).hexdigest()[:8]}"
