"""The finished model: weights in the ordinary format, tokenizer with chat template, model card, training record."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from pluralign.runs import write_atomically
from pluralign.suite import get
from pluralign.tune import checkpoints
from pluralign.tune.mixture import Share
from pluralign.tune.recipe import Recipe
from pluralign.tune.sft import RowTrainer, plain

RECORD, CARD = "training.json", "README.md"

_HOW = {
    "spectrum": "Spectrum Tuning (Sorensen et al. 2025, arXiv 2510.06084): episodes of exchangeable examples from "
    "many processes, with the loss on their outputs.",
    "instruct": "Conventional tuning toward one best answer: the episodes of Spectrum Tuning, in which every output "
    "is the answer given most often to its input.",
    "individual": "In-context tuning on the raters of one data set (Sorensen and Choi 2025, arXiv 2510.07105): all "
    "examples of an episode are from one rater, who is described by what is known.",
}
_LOSS = {
    "outputs": "every output with its end mark, the first only where there is a description",
    "first": "the first scored output of each episode with its end mark",
    "last": "the last output of each episode with its end mark",
    "all": "all tokens",
}


@dataclass(frozen=True, slots=True)
class Training:
    """What was done.

    Attributes:
        source: the model that was tuned, as it was named.
        recipe: how.
        shares: the data of the whole mixture.
        steps: optimiser steps taken.
        planned: steps of the whole mixture; more than ``steps`` where time ran out.
        episodes, tokens, scored: seen in these steps; in proportion where time ran out.
        minutes: of training, measurements in between included.
        devices: that trained side by side.
        bfloat16: True where the arithmetic was in bfloat16.
        losses: nats per scored token of every step.
        heldout: what looks in between found, one record each.
    """

    source: str
    recipe: Recipe
    shares: tuple[Share, ...]
    steps: int
    planned: int
    episodes: int
    tokens: int
    scored: int
    minutes: float
    devices: int
    bfloat16: bool
    losses: tuple[float, ...]
    heldout: tuple[dict[str, Any], ...]


def save(trainer: RowTrainer, again: Any, dtype: torch.dtype, training: Training, out: Path) -> None:
    """Write the finished model; all processes call it, and the folder appears at once.

    Args:
        again: gives the untrained model, on which adapters are merged.
        dtype: of the saved weights.
        out: its folder.

    Raises:
        RunError: it cannot be written.
    """
    making = out.with_name(f"{out.name}.making")
    if trainer.is_fsdp_enabled:
        trainer.accelerator.state.fsdp_plugin.set_state_dict_type("FULL_STATE_DICT")
    base = again() if training.recipe.lora and trainer.is_world_process_zero() else None
    with checkpoints.explained(making):
        if trainer.is_world_process_zero():
            shutil.rmtree(making, ignore_errors=True)
        trainer.accelerator.wait_for_everyone()
        trainer.save_model(str(making))
        trainer.accelerator.wait_for_everyone()
        if not trainer.is_world_process_zero():
            return
        (making / "training_args.bin").unlink(missing_ok=True)
        parameters = plain(trainer.accelerator.unwrap_model(trainer.model)).num_parameters()
        if base is not None:
            _merge(making, base, dtype)
        elif dtype != torch.float32:
            _cast(making, dtype)
        record = asdict(training) | {"parameters": parameters}
        (making / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        (making / CARD).write_text(card(record, (), str(out)), encoding="utf-8")
        for path in making.iterdir():
            _sync(path)
        making.rename(out)
        _sync(out.parent)


def add_results(out: Path, record: Mapping[str, Any], metrics: Sequence[dict[str, Any]]) -> None:
    """Write what was measured into the card of a finished model.

    Args:
        out: its folder.
        record: the content of its ``training.json``.
        metrics: records of ``metrics.json``.

    Raises:
        RunError: the card cannot be written.
    """
    write_atomically(out / CARD, card(record, metrics, str(out)).encode())


def _merge(folder: Path, base: PreTrainedModel, dtype: torch.dtype) -> None:
    """Merge the adapters in a folder with their model; they are kept in a folder of their own beside the weights."""
    from peft import PeftModel

    adapters = folder / "adapter"
    adapters.mkdir()
    for path in folder.glob("adapter_*"):
        path.rename(adapters / path.name)
    PeftModel.from_pretrained(base, str(adapters)).merge_and_unload().to(dtype).save_pretrained(folder)


def _cast(folder: Path, dtype: torch.dtype) -> None:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
    for path in folder.glob("*.safetensors*"):
        path.unlink()
    model.save_pretrained(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def card(record: Mapping[str, Any], metrics: Sequence[dict[str, Any]], name: str) -> str:
    """A model card in Markdown.

    Args:
        record: the content of ``training.json``.
        metrics: records of ``metrics.json``.
        name: what the metrics call the model.
    """
    recipe = record["recipe"]
    part = "Adapters, merged into the weights" if recipe["lora"] else "All weights"
    lines = [
        "---",
        "library_name: transformers",
        "tags: [pluralign]",
        "---",
        f"# {Path(record['source']).name}, tuned by the recipe {recipe['name']}",
        "",
        f"A causal language model of {record['parameters']:,} parameters, made from `{record['source']}`. "
        f"{_HOW[recipe['method']]}",
        "",
        "The chat template knows the roles `description`, `input` and `output` beside those it knew before; an answer "
        "ends with the end-of-turn token.",
        "",
        "## Data",
        "",
        "| task | licence | episodes | tokens | scored |",
        "|---|---|---|---|---|",
        *(
            f"| {s['task']} | {get(s['task']).card.licence} | {s['episodes']:,} | {s['tokens']:,} | {s['scored']:,} |"
            for s in record["shares"]
        ),
        "",
        f"A description is shown in {recipe['description_probability']:.0%} of the episodes. "
        f"Loss on {_LOSS[recipe['loss']]}.",
        "",
        "## Training",
        "",
        f"{part}; {record['steps']} of {record['planned']} steps, {record['episodes']:,} episodes, "
        f"{record['tokens']:,} tokens, of which {record['scored']:,} carry loss; {record['minutes']:.1f} minutes on "
        f"{record['devices']} device{'s' if record['devices'] > 1 else ''} in "
        f"{'bfloat16' if record['bfloat16'] else 'float32'}, seed {recipe['seed']}. Loss per scored token, in nats: "
        f"{_mean(record['losses'][:10]):.3f} over the first ten steps, {_mean(record['losses'][-10:]):.3f} over the "
        f"last ten; every step and all settings are in `{RECORD}`.",
    ]
    if results := _results(metrics, record["source"], name):
        lines += [
            "",
            "## Results on held-out tasks",
            "",
            f"At most {recipe['heldout_limit']} processes of each task; 95 % intervals, clustered by process; "
            "differences are paired.",
            "",
            f"| task | metric | {record['source']} | this model | difference |",
            "|---|---|---|---|---|",
            *results,
        ]
    lines += [
        "",
        "## Limits",
        "",
        "Its outputs imitate the people and processes of its data, with their errors and prejudices; they are no "
        "facts about any person. It was not tuned to be safe or helpful in conversation. The licences of the base "
        "model and of the data above apply.",
    ]
    return "\n".join(lines) + "\n"


_RESULTS = {
    "steer": ("loss", "accuracy", "choice_loss", "gain_over_marginal"),
    "cover": ("yield", "valid"),
    "align": ("js_divergence_nats", "mass_outside"),
}


def _results(metrics: Sequence[dict[str, Any]], before: str, after: str) -> list[str]:
    """Lines of a table: each metric of each task for the model before and after, and the difference.

    Args:
        before, after: what the metrics call the two.
    """
    columns = (before, after, f"{after} - {before}")
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for m in metrics:
        if m["metric"] in _RESULTS[m["kind"]] and m["model"] in columns and not m["task"].startswith("mean:"):
            found.setdefault((m["task"], m["metric"], m["unit"]), {})[m["model"]] = _interval(m)
    return [
        f"| {task} | {metric} ({unit}) | {' | '.join(cells.get(column, '') for column in columns)} |"
        for (task, metric, unit), cells in sorted(found.items())
    ]


def _interval(m: Mapping[str, Any]) -> str:
    if m["value"] is None:
        return ""
    bounds = "" if m["low"] is None else f" ({m['low']:.3f} to {m['high']:.3f})"
    return f"{m['value']:.3f}{bounds}"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
