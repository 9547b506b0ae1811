"""``pluralign suite``: what tasks there are, and what an episode of one looks like."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from pluralign.cli.common import bar, messages, print_json

app = App(name="suite", help="The tasks: list them, look at one, check their data.")


@app.command(name="list")
def list_tasks(*, data_root: Path | None = None, json: Annotated[bool, Parameter(negative=())] = False) -> None:
    """List all tasks with kind, split, licence, and whether their data is present.

    Parameters
    ----------
    data_root
        Folder of source data; default $PLURALIGN_DATA, then ../shared/data beside the checkout.
    json
        Print one JSON document.
    """
    from pluralign.suite import DataRoot, all_tasks, find_root

    root = DataRoot(find_root(data_root))
    known = all_tasks().values()
    if json:
        return print_json([asdict(task.card) | {"present": task.present(root)} for task in known])
    from rich.console import Console
    from rich.table import Table

    table = Table("task", "kind", "split", "data", "licence", "what")
    for task in known:
        card = task.card
        table.add_row(
            card.name, card.kind, card.split, "present" if task.present(root) else "absent", card.licence, card.summary
        )
    Console().print(table)
    messages.print(f"{len(known)} tasks; data root: {root.path or 'none found'}")


@app.command
def show(
    name: str,
    *,
    template: str = "spectrum",
    model: str = "nano-spectrum",
    seed: int = 0,
    data_root: Path | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Print the card of a task and one real episode as a model reads it, with the scored spans marked [[so]].

    Parameters
    ----------
    name
        A task; see `pluralign suite list`.
    template
        spectrum, colon or chat.
    model
        The model whose tokenizer decides the turn markers.
    seed
        Which episode is drawn.
    data_root
        Folder of source data; default $PLURALIGN_DATA, then ../shared/data beside the checkout.
    json
        Print one JSON document.
    """
    from pluralign.episode import generator
    from pluralign.lm import load_tokenizer
    from pluralign.measure import asking, cover
    from pluralign.suite import DataRoot, find_root, get
    from pluralign.template import resolve

    task = get(name)
    root = DataRoot(find_root(data_root))
    written = resolve(load_tokenizer(model), template)
    processes = task.processes(root)
    process = processes[int(generator("show", name, seed).integers(len(processes)))]
    answer: dict[str, Any] = {}
    if task.card.kind == "steer":
        from pluralign.episode import draw

        segments = written.episode(draw(process, task=name, seed=seed, law=task.law))
    elif task.card.kind == "cover":
        segments = written.prompt(cover.prompt(process, "both"))
        answer = {"valid answers": process.size or "by rule", "for example": process.examples[0].output}
    else:
        segments = written.prompt(asking.prompt(process))
        target = process.target
        shares = target.probabilities if target else ()
        answer = dict(zip(process.choices or (), (round(p, 4) for p in shares), strict=True))
        answer |= {"respondents": target.respondents if target and target.respondents else "exact or not stated"}
    if json:
        episode = [asdict(segment) for segment in segments]
        return print_json({"card": asdict(task.card), "process": process.id, "segments": episode, "answer": answer})
    _print_card(task.card, process.id, len(processes))
    _print_segments(segments)
    if answer:
        print("\nanswer: " + "; ".join(f"{option} {share}" for option, share in answer.items()))


@app.command
def check(
    *names: str,
    data_root: Path | None = None,
    model: str | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Say for each task whether its data is present, absent, stale or broken, why, and how much it holds.

    Right answers must pass, scrambled ones fail, and draws be reproducible. Exits with 1 where a task is broken.

    Parameters
    ----------
    names
        Tasks to check; all of them when none is named.
    data_root
        Folder of source data; default $PLURALIGN_DATA, then ../shared/data beside the checkout.
    model
        Count tokens too, with the tokenizer and template of this model.
    json
        Print one JSON document.
    """
    import sys

    from pluralign.suite import DataRoot, find_root, select
    from pluralign.suite.status import Status, status

    count = None
    if model:
        from pluralign.encode_cache import counter
        from pluralign.lm import load_tokenizer
        from pluralign.template import resolve

        tokenizer = load_tokenizer(model)
        count = counter(tokenizer, resolve(tokenizer))
    root = DataRoot(find_root(data_root))
    chosen = select(names or None)
    found: list[Status] = []
    with bar("checking") as progress:
        (handle,) = progress.task_ids
        for task in chosen:
            progress.update(handle, total=len(chosen), description=task.card.name)
            found.append(status(task, root, tokens=count))
            progress.advance(handle)
            if not json:
                _print_status(found[-1])
    if json:
        print_json([asdict(one) for one in found])
    totals = {name: sum(getattr(one, name) or 0 for one in found) for name in ("episodes", "examples", "tokens")}
    states = {state: sum(one.state == state for one in found) for state in ("present", "absent", "stale", "broken")}
    messages.print(", ".join(f"{number} {state}" for state, number in states.items()))
    messages.print(", ".join(f"{number:,} {name}" for name, number in totals.items() if number))
    if states["broken"]:
        sys.exit(1)


@app.command
def pull(*names: str, all: bool = False, data_root: Path | None = None) -> None:
    """Fetch the source files of tasks from where their authors publish them; show the licence before the first byte.

    Exits with 1 where a source could not be fetched; what to do by hand is said for each.

    Parameters
    ----------
    names
        Tasks to fetch.
    all
        Every task whose data is absent.
    data_root
        Folder to write into; default the data root in use if it can be written, else the user cache.
    """
    import sys

    from pluralign.errors import PluralignError, UsageError
    from pluralign.suite import DataRoot, find_root, select
    from pluralign.suite.pull import destination, pull_all

    if bool(names) == all:
        raise UsageError("say which tasks", fix="Name some, or give --all.")
    root = DataRoot(find_root(data_root))
    wanted = [task for task in select(names or None) if names or not task.present(root)]
    failed = 0

    def announce(card: Any) -> None:
        messages.print(f"{card.name}: {card.source}\n  licence: {card.licence}\n  cite: {card.citation}")

    with bar("pulling") as progress:
        (handle,) = progress.task_ids

        def report(name: str, done: int, total: int | None) -> None:
            progress.update(handle, completed=done, total=total, description=name)

        for tasks, result in pull_all(wanted, destination(root), announce=announce, progress=report):
            label = ", ".join(task.card.name for task in tasks)
            if isinstance(result, PluralignError):
                failed += 1
                messages.print(f"{label}: {result}")
            else:
                print(f"{label}: {'fetched into' if result.fetched else 'already in'} {result.folder}")
    if failed:
        sys.exit(1 if len(wanted) > 1 else 2)


@app.command
def add(file: Path, *, data_root: Path | None = None) -> None:
    """Add a task of your own: from a TOML file that describes a table, or a Python file with a decorated function.

    Parameters
    ----------
    file
        The TOML or Python file; it stays where it is and is read again each time.
    data_root
        Folder of source data, for a Python file that reads from it.
    """
    from pluralign.suite import DataRoot, find_root
    from pluralign.suite.custom import add as add_tasks

    for task in add_tasks(file, DataRoot(find_root(data_root))):
        print(
            f"added {task.card.name} ({task.card.kind}, {task.card.split}); see: pluralign suite show {task.card.name}"
        )


def _print_status(found: Any) -> None:
    counts = [
        f"{number:,} {name}"
        for name in ("processes", "episodes", "examples", "tokens")
        if (number := getattr(found, name))
    ]
    reasons = f" ({'; '.join(found.reasons)})" if found.reasons else ""
    print(f"{found.task}: {found.state}{reasons}{' - ' + ', '.join(counts) if counts else ''}")


def _print_card(card: Any, process: str, count: int) -> None:
    print(f"{card.name} ({card.kind}, {card.split}): {card.summary}")
    print(f"source: {card.source}\naccess: {card.access}\nlicence: {card.licence}\ncitation: {card.citation}")
    if card.warning:
        print(f"content: {card.warning}")
    print(f"process {process}, one of {count:,} ({card.unit})\n")


def _print_segments(segments: Any) -> None:
    """Write segments as text, scored spans in double brackets (and in colour on a terminal).

    Every example begins a line, also where the template has no line breaks.
    """
    from itertools import groupby

    from rich.console import Console
    from rich.text import Text

    text = Text()
    for (_, scored), group in groupby(segments, key=lambda segment: (segment.example, segment.scored)):
        joined = "".join(segment.text for segment in group)
        if not scored and text and not text.plain.endswith("\n"):
            text.append("\n")
        text.append(f"[[{joined}]]" if scored else joined, style="bold green" if scored else "")
    Console(soft_wrap=True).print(text)
