"""Training an encoder-decoder model on lines of input and output, such as the mixture of a kaleidoscope.

A run that was killed goes on from its last whole checkpoint and ends with the same weights.
"""

import json
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
import torch
from datasets import Dataset
from transformers import (
    AutoModelForSeq2SeqLM,
    DataCollatorForSeq2Seq,
    PrinterCallback,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
    TrainerCallback,
)
from transformers.utils import logging

from pluralign.errors import DataError, ModelError, UsageError
from pluralign.lm import _checkpoint
from pluralign.runs import Run
from pluralign.tune import checkpoints

MODEL, _CHECKPOINTS = "model", "checkpoints"


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train; the rate, the batch and the seed are those of the released Kaleido XL (its model card).

    Attributes:
        epochs: passes over the lines; ours, since theirs is not stated.
        learning_rate: the highest; it falls linearly to 0.
        batch: lines per step.
        input_tokens: tokens that are read of an input.
        output_tokens: tokens that are learned of an output.
        save_steps: steps between two checkpoints.
        seed: of the order and of dropout.
    """

    epochs: float = 1.0
    learning_rate: float = 3e-5
    batch: int = 32
    input_tokens: int = 128
    output_tokens: int = 128
    save_steps: int = 500
    seed: int = 42

    def __post_init__(self) -> None:
        counts = (self.batch, self.input_tokens, self.output_tokens, self.save_steps)
        if min(counts) < 1 or min(self.epochs, self.learning_rate) <= 0:
            raise UsageError("epochs, rate, batch, tokens and steps must be above 0")


def train(
    model: str,
    lines: pl.DataFrame,
    out: Path,
    settings: Settings | None = None,
    *,
    configuration: dict[str, Any] | None = None,
    on_step: Callable[[int, int, float], None] = lambda step, total, loss: None,
) -> dict[str, Any]:
    """Train a model and save it, with its tokenizer, as ``model`` in the folder of the run.

    Args:
        model: a local folder or ``hf:OWNER/NAME`` of an encoder-decoder model.
        lines: ``input`` and ``output``; their order does not matter.
        out: folder of the run.
        settings: how; None for the defaults.
        configuration: entries for the saved model's ``config.json``.
        on_step: told of each step, of all steps, and of the loss in nats per token.

    Returns:
        model (folder), steps, first_loss and last_loss.

    Raises:
        DataError: there are no lines.
        ModelError: the model cannot be loaded, or a loss is not finite.
        RunError: the folder cannot be written, or belongs to another run.
    """
    settings = settings or Settings()
    if not lines.height:
        raise DataError("there are no lines to train on")
    facts = {"lines": lines.height, "digest": int(lines.select("input", "output").hash_rows().sum())}
    request = {"command": "train encoder-decoder", "model": model, "settings": asdict(settings), "data": facts}
    with Run.open(out, request) as run:
        if not run.finished:
            with _quiet():
                record = _train(model, lines, out, settings, configuration or {}, on_step)
            shutil.rmtree(out / _CHECKPOINTS, ignore_errors=True)
            (out / MODEL / "training.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
            run.write(
                "training", pl.DataFrame({"step": range(1, len(record["losses"]) + 1), "loss": record["losses"]})
            )
            run.finish([])
    losses = json.loads((out / MODEL / "training.json").read_text(encoding="utf-8"))["losses"]
    ends = [sum(part) / len(part) for part in (losses[:10], losses[-10:])]
    return {"model": str(out / MODEL), "steps": len(losses), "first_loss": ends[0], "last_loss": ends[1]}


@contextmanager
def _quiet() -> Generator[None]:
    """Without the library's own progress bars."""
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if bars:
            logging.enable_progress_bar()


def _train(
    name: str,
    lines: pl.DataFrame,
    out: Path,
    settings: Settings,
    configuration: dict[str, Any],
    on_step: Callable[[int, int, float], None],
) -> dict[str, Any]:
    source = _checkpoint.locate(name)
    model, tokenizer = _checkpoint.load(source, device="cpu", dtype="float32", architecture=AutoModelForSeq2SeqLM)
    if tokenizer.pad_token_id is None or model.config.decoder_start_token_id is None:
        raise ModelError("the model has no token for padding or for the start of an output", where=name)
    torch.manual_seed(settings.seed)
    arguments = Seq2SeqTrainingArguments(
        output_dir=str(out / _CHECKPOINTS),
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        per_device_train_batch_size=settings.batch,
        save_steps=settings.save_steps,
        logging_steps=1,
        seed=settings.seed,
        report_to=[],
        disable_tqdm=True,
        use_cpu=not torch.cuda.is_available(),
    )
    data = Dataset.from_dict(
        {
            "input_ids": _ids(tokenizer, lines["input"], settings.input_tokens),
            "labels": _ids(tokenizer, lines["output"], settings.output_tokens),
        }
    )
    trainer = _Trainer(
        model=model.requires_grad_(True),
        args=arguments,
        train_dataset=data,
        data_collator=DataCollatorForSeq2Seq(tokenizer, model=model),
        callbacks=[_Told(on_step)],
    )
    trainer.remove_callback(PrinterCallback)
    folder = out / _CHECKPOINTS
    if folder.exists():
        checkpoints.sweep(folder)
    last = checkpoints.last(folder)
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    for key, value in configuration.items():
        setattr(model.config, key, value)
    with checkpoints.explained(out / MODEL):
        model.save_pretrained(out / MODEL)
        tokenizer.save_pretrained(out / MODEL)
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return {"source": name, "settings": asdict(settings), "lines": lines.height, "losses": losses}


def _ids(tokenizer: Any, texts: pl.Series, most: int) -> list[list[int]]:
    return tokenizer(texts.to_list(), truncation=True, max_length=most)["input_ids"]


class _Trainer(Seq2SeqTrainer):
    """Declares checkpoints whole when all of their files are there."""

    def _save_checkpoint(self, model, trial):
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        with checkpoints.explained(folder):
            super()._save_checkpoint(model, trial)
            checkpoints.seal(folder)


class _Told(TrainerCallback):
    """Passes the loss of each step on, and stops where it is no number."""

    def __init__(self, on_step: Callable[[int, int, float], None]):
        self.on_step = on_step

    def on_log(self, args, state, control, logs=None, **kwargs):
        loss = (logs or {}).get("loss")
        if loss is None:
            return
        if not torch.isfinite(torch.tensor(loss)):
            raise ModelError(f"the loss of step {state.global_step} is {loss}", fix="Lower the learning rate.")
        self.on_step(state.global_step, state.max_steps, loss)
