"""Write the tables of docs/results.md from finished runs: ``python docs/results.py runs/results runs/seeds ...``.

The first run is told in full, with a table for each task; of the others there are the means over held-out tasks.
"""

import sys
from pathlib import Path

from pluralign.runs import read
from pluralign.suite import get

PAGE = Path(__file__).with_name("results.md")
HEADLINE = {
    "steer": ("loss", "accuracy", "choice_loss", "choice_mass", "gain_over_marginal", "choice_gain_over_marginal"),
    "cover": ("valid", "unique", "yield"),
    "align": ("js_divergence_nats", "total_variation", "mass_outside"),
}
BY_TASK = {
    "steer": ("loss", "accuracy", "choice_loss", "choice_mass"),
    "cover": ("yield",),
    "align": ("js_divergence_nats", "mass_outside"),
}
REFERENCES = ("running_marginal", "running_majority", "uniform", "majority", "human_split_half")
MARK = "<!-- tables -->"


def cell(record: dict | None) -> str:
    """A value with its interval."""
    if record is None or record["value"] is None:
        return ""
    value = f"{record['value']:.3f}"
    return value if record["low"] is None else f"{value} [{record['low']:.3f}, {record['high']:.3f}]"


def table(first: str, rows: dict[str, list[str]], columns: list[str]) -> list[str]:
    """A Markdown table without columns and rows that hold nothing."""
    kept = [i for i in range(len(columns)) if any(cells[i] for cells in rows.values())]
    lines = [f"| {first} | {' | '.join(columns[i] for i in kept)} |", "|---" * (len(kept) + 1) + "|"]
    lines += [
        f"| {name} | {' | '.join(cells[i] for i in kept)} |" for name, cells in rows.items() if any(map(bool, cells))
    ]
    return [*lines, ""] if kept else []


def tables(folder: Path, *, by_task: bool) -> list[str]:
    """What a run says about held-out tasks."""
    config, metrics, _ = read(folder)
    request = config["request"]
    records = {(m["kind"], m["metric"], m["task"], m["model"]): m for m in metrics}
    models = request["models"]
    short = {model: Path(model).parent.name if Path(model).name == "model" else Path(model).name for model in models}
    pairs = {f"{b} - {a}": f"{short[b]} − {short[a]}" for i, a in enumerate(models) for b in models[i + 1 :]}
    columns = short | {name: name for name in REFERENCES} | (pairs if by_task else {})
    settings = ", ".join(f"{key} {value}" for key, value in request.items() if key not in ("models", "tasks", "data"))
    lines = [f"Settings: {settings}.", ""]
    for kind, names in HEADLINE.items():
        heldout = [t for t in request["tasks"] if get(t).card.kind == kind and get(t).card.split == "heldout"]
        if not heldout:
            continue
        title = f"{kind}, mean of {len(heldout)} held-out tasks"
        means = {f"`{m}`": [cell(records.get((kind, m, "mean:heldout", c))) for c in columns] for m in names}
        lines += [f"### {title}", "", *table("metric", means, list(columns.values()))]
        if not by_task:
            continue
        for metric in BY_TASK[kind]:
            found = {task: [records.get((kind, metric, task, c)) for c in columns] for task in heldout}
            none = [t for t, of in found.items() if not any(r and r["value"] for r in of[: len(models)])]
            rows = {t: [cell(r) for r in of] for t, of in found.items() if t not in none}
            lines += [f"`{metric}` by task", "", *table("task", rows, list(columns.values()))]
            lines += [f"0 or not defined with every model: {', '.join(none)}.", ""] if none else []
    return lines


def main(folders: list[str]) -> None:
    """Replace everything after the mark in the page."""
    lines = []
    for place, folder in enumerate(map(Path, folders)):
        lines += [f"## Run `{folder.name}`", "", *tables(folder, by_task=place == 0)]
    head = PAGE.read_text().split(MARK)[0]
    PAGE.write_text(f"{head}{MARK}\n\n" + "\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
