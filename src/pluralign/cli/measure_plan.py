"""``pluralign measure --dry-run``: how much work, and for models on servers how many requests and what they cost."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from pluralign.cli.common import bar, print_json
from pluralign.errors import UsageError

SERVED = "openai:"
"""What names of models on servers begin with."""


def show(request: Any, prices: tuple[float | None, float | None], json: bool) -> None:
    """Print the work of a request without doing it."""
    from pluralign.measure.plan import cost, plan

    prompt, answer = prices
    if (prompt is None) != (answer is None):
        raise UsageError("prices come in two", fix="Give --price-prompt and --price-answer.")
    if prompt is not None and answer is not None and min(prompt, answer) < 0:
        raise UsageError("a price is not negative")
    with bar("counting") as progress:
        (handle,) = progress.task_ids
        progress.update(handle, total=len(request.tasks))
        works = plan(request, lambda name: progress.update(handle, advance=1, description=name))
    tasks: list[dict[str, Any]] = [
        {"task": one.task, "units": one.units}
        | asdict(one.asked)
        | {"tokens_about": one.tokens_about, "tokens_most_about": one.tokens_most_about}
        for one in works
    ]
    total = {name: sum(one[name] for one in tasks) for name in tasks[0] if name != "task"}
    models: list[dict[str, Any]] = []
    for name in request.models:
        one: dict[str, Any] = {"model": name, "units": total["units"], "server": name.startswith(SERVED)}
        if one["server"]:
            one |= {key: total[key] for key in _SERVER}
            if prompt is not None and answer is not None:
                one["cost_least_about"], one["cost_most_about"] = cost(works, prompt, answer)
        models.append(one)
    if json:
        print_json({"models": models, "tasks": tasks, "total_for_each_model": total})
    else:
        _print(models, tasks, total)


_SERVER = ("requests", "requests_most", "tokens_about", "tokens_most_about", "answer_tokens_most")
_COLUMNS = (("units", "units"), ("prompts", "prompts"), ("scored", "scored outputs"), ("options", "options"))
_FURTHER = (("samples", "samples"), ("tokens_about", "tokens, about"))


def _print(models: list[dict[str, Any]], tasks: list[dict[str, Any]], total: dict[str, int]) -> None:
    # The tables draw in a library that would slow the start of every command.
    from pluralign.cli.raters_tables import empty_table

    table = empty_table("Work for each model")
    table.add_column("task", overflow="fold")
    columns = (*_COLUMNS, *_FURTHER)
    for _, title in columns:
        table.add_column(title, justify="right")
    for one in tasks:
        table.add_row(Text(one["task"]), *(f"{one[key]:,}" for key, _ in columns))
    table.add_section()
    table.add_row(Text("all"), *(f"{total[key]:,}" for key, _ in columns))
    console = Console()
    console.print(table)
    for one in models:
        told = f"{one['model']}: {one['units']:,} units"
        if one["server"]:
            told += (
                f"; {one['requests']:,} requests, {one['requests_most']:,} where the server gives one answer each;"
                f" about {one['tokens_about']:,} to {one['tokens_most_about']:,} tokens of prompts and at most"
                f" {one['answer_tokens_most']:,} of answers"
            )
            if "cost_least_about" in one:
                told += f"; cost from {one['cost_least_about']:,.2f} to {one['cost_most_about']:,.2f}"
        console.print(Text(told))
    console.print(Text("No model was loaded and nobody was asked. What is in the cache of requests costs nothing."))
