"""``pluralign measure``: audit models on tasks of the suite."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from pluralign.cli.common import bar, messages, print_json
from pluralign.cli.measure_jury import jury
from pluralign.cli.measure_overton import overton
from pluralign.cli.measure_plan import SERVED, show
from pluralign.errors import UsageError

app = App(name="measure")
app.command(jury)
app.command(overton)


@app.default
def measure(
    *models: str,
    tasks: str | None = None,
    all: bool = False,
    quick: bool = False,
    out: Path | None = None,
    data_root: Path | None = None,
    template: str = "auto",
    limit: Annotated[int | None, Parameter(negative=())] = None,
    samples: Annotated[int | None, Parameter(negative=())] = None,
    max_length: int | None = None,
    tokenizer: str | None = None,
    first_token: Annotated[bool, Parameter(negative=())] = False,
    batch_tokens: int | None = None,
    device: str = "auto",
    dtype: str = "auto",
    seed: int = 0,
    engine: Literal["local", "ray"] = "local",
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    price_prompt: Annotated[float | None, Parameter(negative=())] = None,
    price_answer: Annotated[float | None, Parameter(negative=())] = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Measure steerability, coverage, distributional alignment and the whole framework on models, side by side.

    Parameters
    ----------
    models
        nano-base, nano-instruct, nano-spectrum, a local folder, hf:OWNER/NAME, or openai:MODEL@URL on a server.
    tasks
        Names of tasks, separated by commas; see `pluralign suite list`. Further measures are named with their task:
        readouts:TASK, robustness:TASK, inference:TASK, attributes:TASK, tradeoff:TASK, jury:TASK; and overton,
        objectives.
    all
        Every task whose data is present, and every further measure; half of the usual number of processes per task.
    quick
        A tenth of the usual number of processes per task, and half the draws.
    out
        Run folder; the default is named after the request, so the same command goes on where it stopped.
    data_root
        Folder of source data; default $PLURALIGN_DATA, then ../shared/data beside the checkout.
    template
        auto, spectrum, colon or chat.
    limit
        At most this many processes per task (default 100, with --all 50, with --quick 10).
    samples
        Draws per coverage prompt (default 100; with --quick 50).
    max_length
        Longest sequence in tokens; default the model's own limit.
    tokenizer
        For models on servers, a model with the same tokenizer: prompts are then sent as token ids.
    first_token
        For models on servers that score no given answers: tell options apart by the first token of the answer.
    batch_tokens
        Upper bound on padded tokens per forward pass; changes speed and memory, not results.
    device
        cpu, cuda or auto.
    dtype
        float32, bfloat16, float16 or auto.
    seed
        Seed of episodes and samples.
    engine
        local, or ray: shard the work over the Ray cluster that $RAY_ADDRESS names, or one on this machine.
    dry_run
        Say how much work it is, and for models on servers how many requests; load no model and ask nobody.
    price_prompt
        For --dry-run: what a million tokens of prompts costs.
    price_answer
        For --dry-run: what a million tokens of answers costs.
    json
        Print one JSON document with the metrics.
    """
    from pluralign.measure import Request
    from pluralign.suite import DataRoot, find_root

    root = find_root(data_root)
    request = Request(
        models=models,
        tasks=_task_names(tasks, all, DataRoot(root)),
        template=template,
        limit=limit or (10 if quick else 50 if all else 100),
        samples=samples or (50 if quick else 100),
        max_length=max_length,
        tokenizer=tokenizer,
        first_token=first_token,
        dtype=dtype,
        seed=seed,
        data=str(root) if root else None,
    )
    if (tokenizer or first_token) and not any(name.startswith(SERVED) for name in models):
        raise UsageError("--tokenizer and --first-token are for models on servers", where=", ".join(models))
    prices = (price_prompt, price_answer)
    if dry_run:
        return show(request, prices, json)
    if prices != (None, None):
        raise UsageError("prices are for --dry-run")
    suffix = f"-{batch_tokens}" if batch_tokens else ""
    folder = out or Path("runs") / f"measure-{request.digest}{suffix}"
    run_audit(request, folder, device, batch_tokens, json, engine, lenient=all)


def run_audit(
    request: Any,
    folder: Path,
    device: str,
    batch_tokens: int | None,
    json: bool,
    engine: str = "local",
    lenient: bool = False,
) -> None:
    """Run an audit with a progress bar, write its report, and print its headline or its JSON document.

    Args:
        lenient: leave out what a model cannot do and say so; otherwise it is refused before any work.
    """
    from pluralign.lm import load
    from pluralign.lm.protocol import Capabilities
    from pluralign.measure import audit
    from pluralign.measure.engine import ENGINES
    from pluralign.report import headline_table, write

    def model(name: str):
        served = name.startswith(SERVED)
        return load(
            name,
            template=request.template,
            device=device,
            dtype=request.dtype,
            batch_tokens=batch_tokens,
            max_length=request.max_length,
            tokenizer=request.tokenizer if served else None,
            first_token=served and request.first_token,
        )

    def able(name: str) -> Capabilities:
        # A model in this process can do all; only a server must be asked.
        return model(name).capabilities if name.startswith(SERVED) else Capabilities()

    with bar("measuring") as progress:
        (handle,) = progress.task_ids
        metrics = audit(
            request,
            folder,
            model,
            engine=ENGINES[engine],
            able=able,
            lenient=lenient,
            told=messages.print,
            started=lambda total: progress.update(handle, total=total),
            progress=lambda name, task: progress.update(handle, advance=1, description=f"{name} on {task}"),
        )
    page = write(folder)
    if json:
        print_json({"run": str(folder), "request": _plain(request), "metrics": metrics})
    else:
        headline_table(metrics, request.models)
    messages.print(f"report: {page}")


def _plain(request: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(request)


def _task_names(tasks: str | None, all: bool, root: Any) -> tuple[str, ...]:
    from pluralign.measure.parts import further
    from pluralign.suite import all_tasks

    if (tasks is None) == (not all):
        raise UsageError("say which tasks", fix="Give --tasks a,b or --all.")
    if tasks is not None:
        return tuple(name.strip() for name in tasks.split(",") if name.strip())
    present = {name: task.present(root) for name, task in all_tasks().items()}
    absent = [name for name, here in present.items() if not here]
    if absent:
        messages.print(f"left out, no data: {', '.join(absent)}")
    return (*(name for name, here in present.items() if here), *further(root))
