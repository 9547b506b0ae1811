"""``pluralign raters lewidi``: the LeWiDi 2025 shared task."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from pluralign.cli.common import messages, print_json
from pluralign.cli.raters_source import names, reporting, run_folder
from pluralign.errors import UsageError

_Flag = Annotated[bool, Parameter(negative=())]
_TASKS = ("perspectivist", "soft")


def lewidi(
    root: Path,
    *,
    out: Path | None = None,
    sets: str | None = None,
    systems: str | None = None,
    submit: str = "stacked",
    json: _Flag = False,
) -> None:
    """Run the LeWiDi 2025 shared task: scores on dev, and submission files for the test items.

    A run that was stopped goes on where it was when the same command is given again.

    Parameters
    ----------
    root
        Folder under which the data sets lie.
    out
        Run folder, in which the submission files are too; the default is named after the request.
    sets
        Names of data sets, separated by commas; default all that are found.
    systems
        Names of systems to score, separated by commas (names with a comma are matched too); default all.
    submit
        The system whose decisions are submitted.
    json
        Print one JSON document.
    """
    from pluralign.raters.lewidi.run import run
    from pluralign.raters.lewidi.systems import SYSTEMS

    if not root.is_dir():
        raise UsageError("there is no such folder", where=root, fix="Give the folder of the shared task's data.")
    if submit not in SYSTEMS:
        raise UsageError(f"there is no system {submit!r}", fix=f"Systems: {'; '.join(SYSTEMS)}.")
    folder = out or run_folder("lewidi", str(root), sets, systems, submit)
    asked = {"sets": names(sets), "systems": _systems(systems), "submit": submit}
    with reporting("LeWiDi") as said:
        metrics, paths = run(root, folder, **asked, said=lambda text: said(text, 0, 1))
    if json:
        print_json({"run": str(folder), "metrics": metrics, "submissions": [str(path) for path in paths]})
    else:
        for dataset in dict.fromkeys(metric["task"] for metric in metrics):
            _print(metrics, dataset)
    for path in paths:
        messages.print(f"submission: {path}")
    messages.print(f"run: {folder}")


def _systems(text: str | None) -> list[str] | None:
    """Names of systems, of which some hold a comma: the longest that fits counts."""
    from pluralign.raters.lewidi.systems import SYSTEMS

    parts = names(text)
    if parts is None:
        return None
    found, place = [], 0
    while place < len(parts):
        ends = range(len(parts), place, -1)
        end = next((end for end in ends if ", ".join(parts[place:end]) in SYSTEMS), place + 1)
        found.append(", ".join(parts[place:end]))
        place = end
    return found


def _print(metrics: Sequence[dict[str, Any]], dataset: str) -> None:
    """The table of one data set: systems, what each part is worth, and published figures."""
    from rich.console import Console

    from pluralign.cli.raters_tables import empty_table, figure
    from pluralign.raters.lewidi.published import PUBLISHED
    from pluralign.raters.lewidi.systems import SYSTEMS

    found = {(one["model"], one["metric"]): one for one in metrics if one["task"] == dataset}
    shown = empty_table(f"LeWiDi 2025, {dataset}: mean over items of the official metric, lower is better")
    columns = [f"{part}_{task}" for part in ("dev", "test") for task in _TASKS]
    columns = [column for column in columns if any(metric == column for _, metric in found)]
    shown.add_column("system")
    for column in columns:
        shown.add_column(column.replace("_", ", "), justify="right")
    own = [name for name in SYSTEMS if any(model == name for model, _ in found)]
    differences = sorted({model for model, _ in found if model not in SYSTEMS})
    for name in own:
        shown.add_row(Text(name), *(figure(found.get((name, column)), 1, 3) for column in columns))
    shown.add_section()
    for name in differences:
        shown.add_row(Text(name), *(figure(found.get((name, column)), 1, 3) for column in columns))
    shown.add_section()
    beside: dict[str, dict[str, str]] = {}
    for one in PUBLISHED:
        if one.dataset == dataset:
            beside.setdefault(f"{one.system} ({one.source})", {})[f"dev_{one.task}"] = f"{one.value:.3f} (test items)"
    for name, values in beside.items():
        shown.add_row(
            *(Text(text, style="italic") for text in (name, *(values.get(column, "") for column in columns)))
        )
    Console().print(shown)
