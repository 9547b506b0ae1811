"""One training job from the name of a model to a finished folder: data, training, saving, measuring; resumable.

Layout of the folder::

    config.json      {"request": model, recipe and data root, "environment": versions, platform, start}
    data.json        the digest of the data and what each task gives
    checkpoints/     the last whole checkpoint, while the training goes on
    looks/           one measured run for each look at the held-out tasks in between
    log/             what a local tracker shows
    model/           the finished model
    measure/         the held-out tasks, measured before and after
    rows.parquet     the loss of every step
    metrics.json     what was measured before and after; a job that has it is finished
"""

import json
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl
import torch
from accelerate import PartialState
from transformers import AutoConfig, PreTrainedModel
from transformers.utils import logging

from pluralign.errors import ModelError, RunError
from pluralign.lm import _checkpoint, load, load_tokenizer
from pluralign.measure import Request, audit
from pluralign.runs import Run, write_atomically
from pluralign.suite import DataRoot, find_root, get
from pluralign.template import resolve
from pluralign.tune import markers, saving, sft
from pluralign.tune.chat_template import with_roles
from pluralign.tune.looks import Looks
from pluralign.tune.mixture import Mixture, choose, mix
from pluralign.tune.recipe import Recipe
from pluralign.tune.sft import Step

MODEL, MEASURE, CHECKPOINTS = "model", "measure", "checkpoints"


@dataclass(frozen=True, slots=True)
class Watch:
    """What a caller wants to hear; each is called in the first process only.

    Attributes:
        encoded: the name of a task and the number of its episodes, once they are there.
        step: after each optimiser step.
        measured: the name of a model and of a task, after each piece of a measurement.
        said: anything else, one line.
    """

    encoded: Callable[[str, int], None] = lambda task, episodes: None
    step: Callable[[Step], None] = lambda step: None
    measured: Callable[[str, str], None] = lambda model, task: None
    said: Callable[[str], None] = lambda line: None


def outline(
    model: str, recipe: Recipe, *, data_root: Path | None = None, watch: Watch | None = None
) -> dict[str, Any]:
    """What :func:`tune` would train on, without loading the weights.

    Returns:
        recipe, tasks (what each gives), episodes, tokens, scored, rows, rows_per_step and steps.

    Raises:
        PluralignError: as :func:`tune`.
    """
    root = DataRoot(find_root(data_root))
    choose(recipe, root)
    tokenizer = load_tokenizer(model)
    try:
        template = resolve(tokenizer, "spectrum")
    except ModelError:
        if recipe.sibling is None:
            raise
        tokenizer = load_tokenizer(recipe.sibling)
        template = resolve(tokenizer, "spectrum")
    mixture = mix(recipe, root, tokenizer, template, progress=(watch or Watch()).encoded)
    plan = sft.plan(recipe, len(mixture.rows.ids), mixture.episodes)
    return {
        "model": model,
        "recipe": asdict(recipe),
        "tasks": [asdict(share) for share in mixture.shares],
        "episodes": mixture.episodes,
        "tokens": mixture.tokens,
        "scored": mixture.scored,
        "rows": plan.rows,
        "rows_per_step": plan.rows_per_step,
        "steps": plan.steps,
    }


def tune(
    model: str,
    recipe: Recipe,
    out: Path,
    *,
    data_root: Path | None = None,
    max_minutes: float | None = None,
    report_to: tuple[str, ...] | None = None,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Train a model; a job that was killed goes on from its last checkpoint and ends with the same weights.

    Under ``torchrun`` or ``accelerate launch`` all processes call it with the same arguments.

    Args:
        model: name of a model, in any form that ``pluralign measure`` takes.
        out: folder of the job.
        data_root: folder of source data; None looks in the usual places.
        max_minutes: minutes of training after which it stops and saves; the learning rate falls accordingly.
        report_to: trackers, by the names of the transformers library; None takes TensorBoard where it is installed.

    Returns:
        model (folder), steps, planned, minutes, tokens, scored, first_loss, last_loss and metrics.

    Raises:
        UsageError: the recipe does not fit the suite.
        DataError: data of a task is absent, the mixture is empty, or nothing in it is scored.
        ModelError: the model cannot be loaded or has no turn markers; a loss or gradient is not finite.
        RunError: the folder cannot be written, is in use, or belongs to another job.
    """
    watch = watch or Watch()
    root = DataRoot(find_root(data_root))
    choose(recipe, root)
    recipe = _with_present_heldout(recipe, root, watch)
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    state = PartialState(cpu=not torch.cuda.is_available())
    try:
        if not state.is_main_process:
            _train(model, recipe, out, root, max_minutes, (), Watch(), state)
            return {}
        request = {"model": model, "recipe": asdict(recipe), "data": root.path}
        with Run.open(out, request) as run:
            _train(model, recipe, out, root, max_minutes, report_to, watch, state)
            record = json.loads((out / MODEL / saving.RECORD).read_text(encoding="utf-8"))
            metrics = _measure(model, recipe, out, root, watch)
            if not run.finished:
                saving.add_results(out / MODEL, record, metrics)
                shutil.rmtree(out / CHECKPOINTS, ignore_errors=True)
                run.write("training", _curve(record))
                run.finish(metrics)
    finally:
        if bars:
            logging.enable_progress_bar()
    losses = record["losses"]
    known = {name: record[name] for name in ("steps", "planned", "minutes", "episodes", "tokens", "scored")}
    first, last = (sum(part) / len(part) for part in (losses[:10], losses[-10:]))
    return {"model": str(out / MODEL), **known, "first_loss": first, "last_loss": last, "metrics": metrics}


def _with_present_heldout(recipe: Recipe, root: DataRoot, watch: Watch) -> Recipe:
    present = tuple(name for name in recipe.heldout if get(name).present(root))
    if absent := [name for name in recipe.heldout if name not in present]:
        watch.said(f"not measured, no data: {', '.join(absent)}")
    return replace(recipe, heldout=present)


def _prepared(source: str, recipe: Recipe) -> tuple[PreTrainedModel, Any]:
    """The model to be trained and its tokenizer, with turn markers and the chat template to be saved."""
    # Frozen weights need no float32 copy for the optimiser.
    lean = recipe.lora is not None and sft.uses_bfloat16(recipe)
    model, tokenizer = _checkpoint.load(source, device="cpu", dtype="bfloat16" if lean else "float32")
    torch.manual_seed(recipe.seed)
    markers.prepare(model, tokenizer, recipe.sibling)
    tokenizer.chat_template = with_roles(tokenizer)
    limit = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
    if limit and recipe.max_length > limit:
        raise ModelError(
            f"the recipe has episodes of {recipe.max_length} tokens, the model takes {limit}",
            where=source,
            fix="Lower --max-length.",
        )
    return model.requires_grad_(True).train(), tokenizer


def _train(
    name: str,
    recipe: Recipe,
    out: Path,
    root: DataRoot,
    max_minutes: float | None,
    report_to: tuple[str, ...] | None,
    watch: Watch,
    state: PartialState,
) -> None:
    """Train and save, unless the finished model is there."""
    state.wait_for_everyone()
    if (out / MODEL).exists():
        return
    source = _checkpoint.locate(name)
    model, tokenizer = _prepared(source, recipe)
    # What the first process of a machine has encoded, the others read.
    with state.local_main_process_first():
        mixture = mix(recipe, root, tokenizer, resolve(tokenizer, "spectrum"), progress=watch.encoded)
    if state.is_main_process:
        _same_data(out, mixture)
    if report_to is None:
        report_to = ("tensorboard",) if find_spec("tensorboard") else ()
    plan = sft.plan(recipe, len(mixture.rows.ids), mixture.episodes, state.num_processes)
    with _tensorboard_in(out / "log"):
        trainer = sft.trainer(
            recipe,
            model,
            tokenizer,
            mixture.rows,
            plan,
            out / CHECKPOINTS,
            max_minutes=max_minutes,
            report_to=report_to,
            on_step=watch.step,
        )
    if trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled:
        if recipe.evaluate_steps:
            watch.said("no looks in between: the weights are spread over devices")
    else:
        trainer.add_callback(Looks(recipe, out / "looks", root.path, tokenizer, trainer.log))
    trainer.go()
    watch.said("saving the model")
    saving.save(
        trainer,
        partial(_fresh, source, recipe),
        AutoConfig.from_pretrained(source).dtype or torch.float32,
        _training(name, recipe, mixture, plan, trainer),
        out / MODEL,
    )


@contextmanager
def _tensorboard_in(folder: Path) -> Generator[None]:
    """Trackers that are made meanwhile write there; TensorBoard's takes its folder from the environment only."""
    name = "TENSORBOARD_LOGGING_DIR"
    before = os.environ.get(name)
    os.environ[name] = before or str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]


def _fresh(source: str, recipe: Recipe) -> PreTrainedModel:
    return _prepared(source, recipe)[0]


def _same_data(out: Path, mixture: Mixture) -> None:
    """Note the data of a job, or make sure that it is still the same."""
    path = out / "data.json"
    if not path.exists():
        facts = {"digest": mixture.digest, "tasks": [asdict(share) for share in mixture.shares]}
        write_atomically(path, (json.dumps(facts, indent=1) + "\n").encode())
    elif json.loads(path.read_text(encoding="utf-8"))["digest"] != mixture.digest:
        raise RunError(
            "the data is not that with which this job began", where=path, fix="Restore it, or give another --out."
        )


def _training(name: str, recipe: Recipe, mixture: Mixture, plan: sft.Plan, trainer: sft.RowTrainer) -> saving.Training:
    history = trainer.state.log_history
    steps = trainer.state.global_step
    done = min(1.0, steps * plan.rows_per_step / plan.rows)
    return saving.Training(
        source=name,
        recipe=recipe,
        shares=mixture.shares,
        steps=steps,
        planned=plan.steps,
        episodes=round(done * mixture.episodes),
        tokens=round(done * mixture.tokens),
        scored=round(done * mixture.scored),
        minutes=max((entry["minutes"] for entry in history if "minutes" in entry), default=0.0),
        devices=plan.devices,
        bfloat16=sft.uses_bfloat16(recipe),
        losses=tuple(entry["loss"] for entry in history if "loss" in entry),
        heldout=tuple(entry for entry in history if any(key.startswith("heldout/") for key in entry)),
    )


def _curve(record: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame({"step": range(1, len(record["losses"]) + 1), "loss": record["losses"]})


def _measure(name: str, recipe: Recipe, out: Path, root: DataRoot, watch: Watch) -> list[dict[str, Any]]:
    """The held-out tasks before and after, each model in the format that its own tokenizer calls for."""
    if not recipe.heldout:
        return []
    request = Request(
        models=(name, str(out / MODEL)),
        tasks=recipe.heldout,
        limit=recipe.heldout_limit,
        max_length=recipe.max_length,
        data=str(root.path) if root.path else None,
    )
    return audit(
        request,
        out / MEASURE,
        lambda model: load(model, max_length=recipe.max_length),
        progress=watch.measured,
    )
