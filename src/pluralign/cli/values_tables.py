"""Tables of ``pluralign values`` on a terminal."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from pluralign.cli.raters_tables import empty_table
from pluralign.report.text import clean

_SIDES = ("supports", "opposes", "either")


def show(found: dict[str, Any]) -> None:
    """One map: a row per consideration, then all together."""
    console = Console(highlight=False)
    table = empty_table(clean(found["situation"], 200))
    for title in ("", "bears on it", *_SIDES, "why"):
        table.add_column(title, justify="left" if title in ("", "why") else "right")
    for one in found["considerations"]:
        top = max(_SIDES, key=one.__getitem__)
        name = Text(clean(one["text"], 60)).append(f"  {one['kind']}", style="dim")
        sides = [Text(f"{one[side]:.0%}", style="bold" if side == top else "dim") for side in _SIDES]
        table.add_row(name, f"{one['relevance']:.0%}", *sides, Text(clean(one["explanation"]), style="dim"))
    console.print(table)
    if found["considerations"]:
        shares = ", ".join(f"{side} {found[side]:.0%}" for side in _SIDES)
        console.print(f"Together: {shares}; entropy {found['entropy_nats']:.2f} of 1.10 nats.")
    else:
        console.print("Nothing was relevant enough to be shown.")
    if "answer" in found:
        console.print(Text(clean(found["answer"])))
    console.print()


def scores(rows: Sequence[dict[str, Any]]) -> None:
    """A row per pair."""
    table = empty_table("Scores")
    for title in ("situation", "consideration", "bears on it", *_SIDES):
        table.add_column(title, justify="left" if title in ("situation", "consideration") else "right")
    for row in rows:
        texts = [Text(clean(row["situation"], 60)), Text(clean(row["text"], 60))]
        table.add_row(*texts, f"{row['relevance']:.0%}", *(f"{row[side]:.0%}" for side in _SIDES))
    Console().print(table)
