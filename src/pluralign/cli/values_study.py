"""``pluralign values study``: who agrees with considerations, and whose view is missing."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from pluralign.cli.common import messages, print_json

_Flag = Annotated[bool, Parameter(negative=())]


def study(
    file: Path,
    *,
    attributes: str | None = None,
    out: Path | None = None,
    show_text: _Flag = False,
    json: _Flag = False,
) -> None:
    """Find out who agrees with considerations that were listed for situations, and whose view is missing.

    The run folder holds a report, all numbers, and missing.jsonl: what people say is missing, to be edited and then
    added to the bank.

    Parameters
    ----------
    file
        A CSV, TSV, JSON lines or Parquet file with one row per person, situation and consideration: person, situation,
        kind, text, agree (yes or no), missing (yes or no, per person and situation), perhaps missing_text, and columns
        that say something about people.
    attributes
        Columns that say something about people, separated by commas; default all that never differ within a person.
        Each one more makes it harder to find differences by the others.
    out
        Run folder; the default is named after the request.
    show_text
        Also print what people say is missing, which may be offensive.
    json
        Print one JSON document.
    """
    from pluralign.values.responses import read
    from pluralign.values.study import study
    from pluralign.values.study_page import save
    from pluralign.values.study_words import verdict

    named = None if attributes is None else tuple(filter(None, (name.strip() for name in attributes.split(","))))
    responses = read(file, named)
    found = study(responses)
    folder = save(found, responses, file, named, out)
    if json:
        print_json({"run": str(folder), "study": found.as_dict(texts=show_text)})
    else:
        for note in found.notes:
            messages.print(f"note: {note}")
        for warning in found.warnings:
            messages.print(f"warning: {warning}")
        _tables(found, verdict(found), show_text)
    messages.print(f"report: {folder / 'report.html'}")


def _tables(found: Any, verdict: list[str], show_text: bool) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from pluralign.report.text import clean, interval, number
    from pluralign.values.study_words import OUTCOMES

    def cell(rate: Any) -> Text:
        ends = interval(rate.low, rate.high, "share")
        return Text(number(rate.value, "share")).append(f" {ends}" if ends else "", style="dim")

    console = Console(highlight=False)
    caption = "Means over people with 95% intervals, people as units. * fewer people than are compared."
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), caption=caption, caption_justify="left")
    table.add_column("Group", overflow="fold")
    for title in ("People", *OUTCOMES.values()):
        table.add_column(title, justify="right")
    table.add_row("everybody", f"{found.people:,}", *(cell(found.rates[name]) for name in OUTCOMES))
    for attribute in found.attributes:
        table.add_section()
        table.add_row(Text(clean(attribute.name, 40), style="bold"))
        for group in attribute.groups:
            size = f"{group.people:,}{' *' if group.small else ''}"
            table.add_row(Text(clean(group.name, 40)), size, *(cell(group.rates[name]) for name in OUTCOMES))
    console.print(table)
    for sentence in verdict:
        console.print(Text(sentence))
    if show_text and found.views:
        console.print(Text("\nWhat people say is missing:", style="bold"))
        for view in found.views:
            console.print(Text(f"{view.people:>5}  {clean(view.text, 300)}"))
