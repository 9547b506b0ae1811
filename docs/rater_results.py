"""Run the comparison of docs/raters.md on real data and write its tables: ``python docs/rater_results.py``.

Each data set has a run folder of its own under ``runs/rater-results``; what a stopped run has finished stays. Data
sets that are absent are named and left out. ``--only A,B`` runs some, ``--write`` only writes the page.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pluralign import runs
from pluralign.errors import PluralignError
from pluralign.raters.read import read
from pluralign.raters.sample import at_most
from pluralign.raters.study import compare
from pluralign.raters.tasks import from_task
from pluralign.suite import find_root

PAGE = Path(__file__).with_name("raters.md")
RUNS = Path("runs/rater-results")
MARK = "<!-- tables -->"
MOST = 1200
"""Raters of a data set, drawn at random where there are more: half of them train."""

SPLITS = 5
RANKS = (2, 8)
"""Of the latent-factor models beside."""

ROOT = find_root() or Path()
POPQUORN = ROOT / "_no_licence_stated/popquorn/offensiveness.parquet"
SETS: dict[str, tuple[str, Callable]] = {
    "bowling-green": (
        "Polis, Bowling Green: votes on statements about the town",
        lambda: read(ROOT / "polis_open_data/american-assembly.bowling-green"),
    ),
    "ccai": (
        "Collective Constitutional AI: votes on rules for an AI",
        lambda: read(ROOT / "_no_licence_stated/ccai_polis"),
    ),
    "csc": (
        "CSC: how sarcastic a reply is, 1 to 6 (LeWiDi 2025, training part)",
        lambda: from_task("lewidi_csc_sarcasm_detection_individual", ROOT),
    ),
    "popquorn": (
        "POPQUORN: how offensive a comment is, 1 to 5",
        lambda: read(POPQUORN, label="offensiveness", question="How offensive is this comment?"),
    ),
    "nytimes": (
        "NYT Book Opinions: how likely one would read a book, 1 to 4",
        lambda: from_task("nytimes", ROOT),
    ),
    "litriddle": (
        "LitRiddle: how good a novel is, 1 to 7",
        lambda: from_task("litriddle_quality", ROOT),
    ),
    "bfi": (
        "Big Five items: how well a statement describes oneself, 1 to 6",
        lambda: from_task("bfi_individual", ROOT),
    ),
    "pwe": (
        "Protestant work ethic: agreement with statements, 1 to 5",
        lambda: from_task("openpsychometrics_individual:PWE", ROOT),
    ),
}

NONE = "none"
PUBLISHED = {
    "OpinionQA": {
        NONE: (52.0, 0.987, 0.0, None),
        "best": (59.2, 0.896, 0.091, None),
        "demographics": (61.0, 0.859, 0.128, None),
        "demonstrations-1": (53.9, 0.964, 0.023, None),
        "demonstrations-2": (56.1, 0.937, 0.050, None),
        "demonstrations-4": (58.0, 0.906, 0.081, None),
        "demonstrations-8": (60.0, 0.870, 0.117, None),
        "demonstrations-16": (61.4, 0.843, 0.143, None),
        "demonstrations-32": (62.3, 0.829, 0.158, 100),
        "profile": (60.3, 0.870, 0.117, 74),
        "demographics+profile": (62.4, 0.829, 0.158, None),
        "cluster-2": (59.3, 0.899, 0.088, 56),
        "cluster-4": (60.1, 0.878, 0.109, 69),
        "cluster-8": (60.8, 0.866, 0.121, 77),
    },
    "toxicity": {
        NONE: (70.5, 0.569, 0.0, None),
        "best": (71.4, 0.558, 0.010, None),
        "demographics": (70.7, 0.565, 0.003, None),
        "demonstrations-1": (71.6, 0.553, 0.016, None),
        "demonstrations-2": (72.5, 0.541, 0.028, None),
        "demonstrations-4": (74.1, 0.521, 0.047, None),
        "demonstrations-8": (75.5, 0.500, 0.069, None),
        "demonstrations-16": (75.5, 0.500, 0.069, None),
        "demonstrations-32": (76.3, 0.489, 0.079, 100),
        "profile": (74.8, 0.509, 0.060, 76),
        "demographics+profile": (75.0, 0.509, 0.059, None),
        "cluster-2": (70.1, 0.572, -0.004, -5),
        "cluster-4": (72.6, 0.539, 0.029, 37),
        "cluster-8": (73.1, 0.532, 0.036, 46),
    },
    "DICES": {
        NONE: (71.8, 0.668, 0.0, None),
        "best": (None, None, 0.002, None),
        "demographics": (71.6, 0.667, 0.002, None),
        "demonstrations-1": (72.9, 0.644, 0.025, None),
        "demonstrations-2": (74.1, 0.625, 0.044, None),
        "demonstrations-4": (75.2, 0.602, 0.066, None),
        "demonstrations-8": (76.3, 0.580, 0.089, None),
        "demonstrations-16": (77.0, 0.563, 0.105, 100),
        "profile": (75.7, 0.594, 0.074, 71),
        "demographics+profile": (75.4, 0.598, 0.070, None),
        "cluster-2": (75.6, 0.605, 0.064, 60),
        "cluster-4": (76.4, 0.576, 0.093, 88),
        "cluster-8": (76.9, 0.570, 0.098, 93),
    },
    "ValuePrism": {
        NONE: (59.2, 0.852, 0.0, None),
        "demonstrations-1": (68.1, 0.738, 0.114, None),
        "demonstrations-2": (70.6, 0.695, 0.157, None),
        "demonstrations-4": (73.4, 0.640, 0.212, None),
        "demonstrations-8": (75.8, 0.591, 0.261, None),
        "demonstrations-16": (76.8, 0.570, 0.282, None),
        "demonstrations-32": (77.9, 0.547, 0.305, 100),
        "profile": (77.3, 0.566, 0.286, 94),
        "cluster-2": (59.4, 0.853, -0.001, 0),
        "cluster-4": (65.4, 0.792, 0.060, 20),
        "cluster-8": (65.8, 0.780, 0.071, 23),
    },
    "Habermas": {
        NONE: (24.8, 1.838, 0.0, None),
        "best": (None, None, 0.009, None),
        "demographics": (25.3, 1.822, 0.016, None),
        "demonstrations-1": (25.4, 1.814, 0.025, None),
        "demonstrations-2": (27.0, 1.802, 0.036, None),
        "demonstrations-4": (27.6, 1.799, 0.039, None),
        "demonstrations-8": (27.9, 1.797, 0.041, 100),
        "profile": (25.8, 1.817, 0.022, 52),
        "demographics+profile": (27.2, 1.785, 0.053, None),
        "cluster-2": (24.3, 1.840, -0.002, -4),
        "cluster-4": (24.6, 1.846, -0.008, -19),
        "cluster-8": (24.6, 1.844, -0.006, -14),
    },
    "PRISM": {
        NONE: (56.6, 0.684, 0.0, None),
        "best": (None, None, 0.013, None),
        "demographics": (58.6, 0.679, 0.005, None),
        "demonstrations-1": (57.6, 0.677, 0.007, None),
        "demonstrations-2": (56.0, 0.681, 0.003, None),
        "demonstrations-4": (58.0, 0.676, 0.009, None),
        "demonstrations-8": (58.0, 0.676, 0.009, 100),
        "profile": (60.4, 0.665, 0.020, 220),
        "demographics+profile": (60.8, 0.668, 0.016, None),
        "cluster-2": (60.2, 0.673, 0.012, 131),
        "cluster-4": (58.2, 0.674, 0.010, 114),
        "cluster-8": (56.2, 0.684, 0.000, 5),
    },
}
"""Sorensen et al. 2025, Value Profiles (arXiv 2503.15484): accuracy in %, loss, information, and share in % of the
information of most demonstrations (16 for DICES, 8 for the two small sets at the end, whose shares are of tiny
numbers). Decoder gemma2-9b, profiles by Gemini-1.5-Pro."""

ROWS = {
    NONE: "nothing",
    "best": "the attribute that tells most",
    "demographics": "all attributes",
    **{f"demonstrations-{n}": f"{n} of the rater's ratings" for n in (1, 2, 4, 8, 16, 32)},
    "demonstrations-all": "all that may be told",
    "profile-8": "profile from 8 ratings",
    "profile-32": "profile from 32 ratings",
    "profile": "profile from all of these",
    "demographics+profile": "all attributes and profile",
    "cluster-2": "camp, one of 2",
    "cluster-4": "camp, one of 4",
    "cluster-8": "camp, one of 8",
    "habits-all": "counting the rater's answers",
    "latent-2": "latent factors, 2",
    "latent-8": "latent factors, 8",
}

Cells = dict[tuple[str, str], dict]


def run(name: str) -> None:
    """Compare on one data set, or go on with it."""
    about, load = SETS[name]
    reading = at_most(load(), MOST)
    ratings = reading.ratings
    started = time.monotonic()
    said = {"what": ""}

    def progress(what: str, done: int, total: int) -> None:
        split = what.partition(":")[0]
        if split != said["what"]:
            said["what"] = split
            print(f"  {split}, {time.monotonic() - started:.0f} s", flush=True)

    print(f"{about}: {ratings.raters.height:,} raters, {len(ratings):,} ratings", flush=True)
    compare([ratings], RUNS / name, seeds=SPLITS, ranks=RANKS, said=progress)
    print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)


def finished(name: str) -> Cells | None:
    """The metrics of a finished comparison, by representation and metric."""
    try:
        metrics = runs.read(RUNS / name)[1]
    except PluralignError:
        return None
    return {(m["model"], m["metric"]): m for m in metrics}


def of(cells: Cells, row: str, metric: str) -> dict | None:
    """A metric of a row of the tables."""
    return cells.get((best(cells) if row == "best" else row, metric))


def best(cells: Cells) -> str:
    """The single attribute with the most information; empty where there is none."""
    fields = [name for name, metric in cells if name.startswith("demographics:") and metric == "information_nats"]
    fields = [name for name in fields if " over " not in name]
    if not fields and ("demographics", "information_nats") in cells:
        fields = ["demographics"]
    return max(fields, key=lambda name: cells[name, "information_nats"]["value"], default="")


def shown(metric: dict | None, factor: float, digits: int) -> str:
    """A value with half the width of its 95 % interval."""
    if metric is None or metric["value"] is None:
        return ""
    value = f"{metric['value'] * factor:.{digits}f}"
    if metric["low"] is None:
        return value
    return f"{value} ±{(metric['high'] - metric['low']) / 2 * factor:.{digits}f}"


def table(found: dict[str, Cells], title: str, metric: str, place: int, factor: float, digits: int) -> list[str]:
    """One metric: what is told down, data sets across, the published sets behind them."""
    head = [*found, *(f"*{name}*" for name in PUBLISHED)]
    lines = [f"### {title}", "", f"| told | {' | '.join(head)} |", "|---" * (len(head) + 1) + "|"]
    for row, words in ROWS.items():
        cells = [shown(of(cells, row, metric), factor, digits) for cells in found.values()]
        for column in PUBLISHED.values():
            value = column.get(row, (None,) * 4)[place]
            cells.append("" if value is None else f"{value:.{digits}f}")
        if any(cells):
            lines.append(f"| {words} | {' | '.join(cells)} |")
    return [*lines, ""]


def kept(found: dict[str, Cells]) -> list[str]:
    """What profiles and camps keep of the very ratings that they come from, which was not published."""
    if not found:
        return []
    lines = ["### Share of the information of the same ratings, %", "", f"| told | {' | '.join(found)} |"]
    lines.append("|---" * (len(found) + 1) + "|")
    for row, words in ROWS.items():
        cells = [shown(of(cells, row, "preserved_share"), 100, 0) for cells in found.values()]
        if any(cells):
            lines.append(f"| {words} | {' | '.join(cells)} |")
    return [*lines, ""]


def targets(found: dict[str, Cells]) -> list[str]:
    """Two questions answered from the tables: what profiles keep, and whether camps beat every attribute."""
    kept = {
        n: c["profile", "preserved_share"]["value"] for n, c in found.items() if ("profile", "preserved_share") in c
    }
    kept = {name: value for name, value in kept.items() if value is not None}
    lines = []
    if kept:
        each = ", ".join(f"{name} {value:.0%}" for name, value in sorted(kept.items(), key=lambda pair: -pair[1]))
        lines += [
            f"- **What profiles keep** of the information of the very ratings that they are written from: median"
            f" {statistics.median(kept.values()):.0%} ({each}).",
        ]
    for name, cells in found.items():
        over = [(model, m) for (model, metric), m in cells.items() if model.startswith("cluster-4 over ")]
        for model, metric in over:
            what = model.removeprefix("cluster-4 over demographics:").removeprefix("cluster-4 over ")
            lines.append(
                f"- {name}: four camps tell {metric['value']:+.3f} nats [{metric['low']:+.3f}, {metric['high']:+.3f}]"
                f" more than the attribute that tells most, {what}."
            )
    return [*lines, ""]


def grouping(found: dict[str, Cells]) -> list[str]:
    """Attributes as groups beside as many camps, by one predictor without a model."""
    head = "| data set | attribute | information, nats | as many camps | random groups |"
    lines = ["### Attributes as groups", "", head, "|---|---|---|---|---|"]
    for name, cells in found.items():
        fields = [
            model for model, metric in cells if metric == "group_information_nats" and model.startswith("field ")
        ]
        fields.sort(key=lambda model: -cells[model, "group_information_nats"]["value"])
        for model in fields[:3]:
            field, _, count = model.removeprefix("field ").rpartition(" (")
            groups = count.split()[0]
            camps = cells.get((f"clusters {groups} ({count}", "group_information_nats"))
            row = [cells[model, "group_information_nats"], camps, cells.get((model, "random_groups_nats"))]
            values = [shown(metric, 1, 3) for metric in row]
            lines.append(f"| {name} | {field} ({groups} groups) | {' | '.join(values)} |")
    return [*lines, ""] if len(lines) > 4 else []


def write() -> None:
    """Replace everything after the mark in the page."""
    found = {name: cells for name in SETS if (cells := finished(name)) is not None}
    lines = [
        f"- `{name}`: {SETS[name][0]}; {cells[NONE, 'nll_nats']['n']:,} ratings predicted over {SPLITS} splits."
        for name, cells in found.items()
    ]
    lines += ["", *targets(found)]
    lines += table(found, "Information, nats", "information_nats", 2, 1, 3)
    lines += table(found, "Share of the information of 32 ratings, %", "share_of_demonstrations-32", 3, 100, 0)
    lines += kept(found)
    lines += table(found, "Loss, nats", "nll_nats", 1, 1, 3)
    lines += table(found, "Accuracy, %", "accuracy", 0, 100, 1)
    lines += grouping(found)
    head = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    runs.write_atomically(PAGE, (f"{head}{MARK}\n\n" + "\n".join(lines).rstrip() + "\n").encode())


def main(arguments: list[str]) -> None:
    """Run what is asked for and write the page after each data set."""
    only = next((given.removeprefix("--only=").split(",") for given in arguments if given.startswith("--only=")), [])
    for name in [] if "--write" in arguments else only or SETS:
        try:
            run(name)
        except PluralignError as error:
            print(f"{name} left out: {error}", flush=True)
        else:
            write()
    write()


if __name__ == "__main__":
    main(sys.argv[1:])
