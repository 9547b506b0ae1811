"""``pluralign tune``: train a model by a recipe."""

import hashlib
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from pluralign.cli.common import bar, messages, print_json
from pluralign.errors import UsageError

_Flag = Annotated[bool, Parameter(negative=())]


def tune(
    model: str,
    *,
    recipe: str = "spectrum",
    out: Path | None = None,
    data_root: Path | None = None,
    max_minutes: float | None = None,
    tasks: str | None = None,
    temperature: float | None = None,
    capability: bool | None = None,
    overlap: bool | None = None,
    description_probability: float | None = None,
    loss: Literal["outputs", "first", "last", "all"] | None = None,
    max_length: int | None = None,
    row_length: int | None = None,
    epochs: float | None = None,
    tokens: int | None = None,
    batch_sequences: int | None = None,
    batch_tokens: int | None = None,
    learning_rate: float | None = None,
    schedule: Literal["linear", "cosine", "constant"] | None = None,
    warmup: float | None = None,
    precision: Literal["auto", "bfloat16", "float32"] | None = None,
    gradient_checkpointing: bool | None = None,
    lora: int | None = None,
    sibling: str | None = None,
    heldout: str | None = None,
    heldout_limit: int | None = None,
    evaluate_steps: int | None = None,
    save_steps: int | None = None,
    seed: int | None = None,
    report_to: str | None = None,
    dry_run: _Flag = False,
    json: _Flag = False,
) -> None:
    """Train a model by a recipe; a killed run goes on where it stopped when the same command is given again.

    Needs the extra `train`. A flag that is not given leaves the recipe's value.

    Parameters
    ----------
    model
        nano-base, nano-instruct, nano-spectrum, a local folder, or hf:OWNER/NAME.
    recipe
        Name of a recipe, or path of a TOML file.
    out
        Folder of the run; the default is named after model and recipe. The model is in `model` there.
    data_root
        Folder of source data; default $PLURALIGN_DATA, then ../shared/data beside the checkout.
    max_minutes
        Stop after so many minutes of training and save; the learning rate falls accordingly.
    tasks
        Names of tasks, separated by commas, in place of the recipe's tasks and weights.
    temperature
        Tasks share the tokens in proportion to their size to the power 1/temperature.
    capability
        Train on the held-out capability tasks too, or on none of the others; default as the suite splits them.
    overlap
        Train on the lists that coverage tasks ask for too; left out by default.
    description_probability
        Chance that an episode shows a description: 0 drops all, 1 keeps all.
    loss
        Tokens that carry loss: all outputs, the first or the last of each episode, or all tokens.
    max_length
        Longest episode in tokens.
    row_length
        Tokens of a packed row.
    epochs
        How often the mixture is gone through.
    tokens
        Tokens in all, instead of epochs.
    batch_sequences
        Episodes per optimiser step, on average over all devices.
    batch_tokens
        Tokens per optimiser step over all devices, instead of batch-sequences.
    learning_rate
        The highest.
    schedule
        How the learning rate falls.
    warmup
        Share of the steps in which it rises.
    precision
        Number format of the arithmetic.
    gradient_checkpointing
        Save memory at about a fifth of the speed.
    lora
        Rank of low-rank adapters; 0 trains all weights.
    sibling
        Instruction-tuned model of the same family, whose rows of the turn markers are copied.
    heldout
        Names of tasks to measure before and after, separated by commas; an empty text measures none.
    heldout_limit
        At most so many processes of each.
    evaluate_steps
        Steps between two looks at the held-out tasks; 0 takes none in between.
    save_steps
        Steps between two checkpoints.
    seed
        Of draws, order and new weights.
    report_to
        Trackers, separated by commas (tensorboard, wandb, trackio, ... or none); default tensorboard if installed.
    dry_run
        Print the recipe and the numbers of episodes, tokens and steps, and train nothing.
    json
        Print one JSON document.
    """
    from pluralign.tune.recipe import change, load

    values: dict[str, Any] = {
        "tasks": _names(tasks),
        "temperature": temperature,
        "capability": capability,
        "overlap": overlap,
        "description_probability": description_probability,
        "loss": loss,
        "max_length": max_length,
        "row_length": row_length,
        "epochs": epochs,
        "tokens": tokens,
        "batch_sequences": batch_sequences,
        "batch_tokens": batch_tokens,
        "learning_rate": learning_rate,
        "schedule": schedule,
        "warmup": warmup,
        "precision": precision,
        "gradient_checkpointing": gradient_checkpointing,
        "sibling": sibling,
        "heldout": _names(heldout),
        "heldout_limit": heldout_limit,
        "evaluate_steps": evaluate_steps,
        "save_steps": save_steps,
        "seed": seed,
    }
    if values["tasks"] == ():
        raise UsageError("the mixture is empty: --tasks names none", fix="Name at least one task.")
    chosen = change(load(recipe), lora=lora, **values)
    if dry_run:
        _outline(model, chosen, data_root, json)
    else:
        folder = out or Path("runs") / f"tune-{_digest(model, chosen, data_root)}"
        _train(model, chosen, folder, data_root, max_minutes, _names(report_to), json)


def _outline(model: str, recipe: Any, data_root: Path | None, json: bool) -> None:
    job = _job()
    facts = job.outline(model, recipe, data_root=data_root, watch=job.Watch(encoded=_encoded))
    if json:
        print_json(facts)
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    settings = Table("setting", "value", title=f"recipe {recipe.name} for {model}", title_justify="left")
    for name, value in facts["recipe"].items():
        settings.add_row(name, str(value))
    shares = Table("task", "episodes", "tokens", "scored", "left out", title="mixture", title_justify="left")
    for share in facts["tasks"]:
        shares.add_row(share["task"], *(f"{share[key]:,}" for key in ("episodes", "tokens", "scored", "left_out")))
    shares.add_section()
    shares.add_row("all", *(f"{facts[key]:,}" for key in ("episodes", "tokens", "scored")))
    console.print(settings, shares)
    console.print(f"{facts['rows']:,} rows, {facts['rows_per_step']:,} per step: {facts['steps']:,} steps")


def _train(
    model: str,
    recipe: Any,
    out: Path,
    data_root: Path | None,
    max_minutes: float | None,
    report_to: tuple[str, ...] | None,
    json: bool,
) -> None:
    job = _job()
    messages.quiet = os.environ.get("RANK", "0") != "0"  # of several processes, the first speaks
    with bar("training") as progress:
        (handle,) = progress.task_ids

        def step(done: Any) -> None:
            progress.update(handle, total=done.total, completed=done.number, description=f"loss {done.loss:.3f}")

        result = job.tune(
            model,
            recipe,
            out,
            data_root=data_root,
            max_minutes=max_minutes,
            report_to=() if report_to == ("none",) else report_to,
            watch=job.Watch(
                encoded=lambda task, episodes: progress.update(handle, description=f"encoded {task}"),
                step=step,
                measured=lambda name, task: progress.update(handle, description=f"measuring {name} on {task}"),
                said=messages.print,
            ),
        )
    if not result:
        return
    if result["metrics"]:
        from pluralign.report import headline_table, write

        page = write(out / job.MEASURE)
    if json:
        print_json({"run": str(out), **result})
        return
    if result["metrics"]:
        headline_table(result["metrics"], (model, result["model"]))
        messages.print(f"report: {page}")
    messages.print(
        f"{result['steps']} of {result['planned']} steps in {result['minutes']:.1f} minutes; loss "
        f"{result['first_loss']:.3f} to {result['last_loss']:.3f} nats per scored token; model: {result['model']}"
    )


def _job() -> Any:
    """The module that trains, whose libraries come with an extra."""
    try:
        from pluralign.tune import job
    except ImportError as error:
        fix = "Install the extra: pip install 'pluralign[train]'."
        raise UsageError(f"training needs the package {error.name}", fix=fix) from None
    return job


def _encoded(task: str, episodes: int) -> None:
    if messages.is_terminal:
        messages.print(f"encoded {task}: {episodes:,} episodes")


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())


def _digest(model: str, recipe: Any, data_root: Path | None) -> str:
    text = repr((model, recipe, str(data_root)))
    return f"{recipe.name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
