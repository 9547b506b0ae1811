"""The training loop: TRL's trainer on packed rows, the loss at scored positions, a clock, and safe checkpoints."""

import inspect
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import broadcast_object_list
from datasets import Dataset
from torch.distributed.tensor import DTensor
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import LambdaLR
from transformers import PreTrainedModel, PrinterCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer

from pluralign.encode import Packed
from pluralign.errors import ModelError
from pluralign.lm.precision import bfloat16_on_cpu
from pluralign.tune import checkpoints
from pluralign.tune.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Step:
    """Where the training stands after an optimiser step.

    Attributes:
        number: steps done.
        total: steps in all, unless time runs out.
        loss: nats per scored token of the step.
        minutes: time spent on training, over all runs of the command.
    """

    number: int
    total: int
    loss: float
    minutes: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How rows become optimiser steps.

    Attributes:
        rows: rows of the mixture.
        accumulation: rows that each device takes for one step, one after the other.
        devices: processes that train side by side.
    """

    rows: int
    accumulation: int
    devices: int

    @property
    def rows_per_step(self) -> int:
        """Rows of one step over all devices."""
        return self.accumulation * self.devices

    @property
    def steps(self) -> int:
        """Optimiser steps; the last may have fewer rows."""
        return math.ceil(self.rows / self.rows_per_step)


def plan(recipe: Recipe, rows: int, episodes: int, devices: int = 1) -> Plan:
    """The batch of a recipe in rows, rounded up to the same number on every device.

    Args:
        rows: rows of the mixture.
        episodes: episodes in these rows; a batch in episodes is turned into rows by their mean number per row.
    """
    if recipe.batch_tokens:
        wanted = recipe.batch_tokens / recipe.row
    else:
        wanted = (recipe.batch_sequences or 1) * rows / episodes
    return Plan(rows, max(1, math.ceil(wanted / devices - 1e-9)), devices)


def uses_bfloat16(recipe: Recipe) -> bool:
    """True where training computes in bfloat16.

    Raises:
        ModelError: the recipe asks for bfloat16 and the graphics processor has none.
    """
    if torch.cuda.is_available():
        here = torch.cuda.is_bf16_supported(including_emulation=False)
        if recipe.precision == "bfloat16" and not here:
            raise ModelError("this graphics processor has no bfloat16", fix="Give --precision float32.")
    else:
        here = bfloat16_on_cpu()
    return recipe.precision == "bfloat16" or (recipe.precision == "auto" and here)


def trainer(
    recipe: Recipe,
    model: PreTrainedModel,
    tokenizer: Any,
    rows: Packed,
    plan: Plan,
    folder: Path,
    *,
    max_minutes: float | None = None,
    report_to: tuple[str, ...] = (),
    callbacks: tuple[TrainerCallback, ...] = (),
    on_step: Callable[[Step], None] = lambda step: None,
) -> "RowTrainer":
    """A trainer for packed rows, in the order given.

    Args:
        model: in training mode; changed in place, or wrapped where the recipe has adapters.
        folder: for checkpoints.
        max_minutes: time after which training stops; the learning rate falls accordingly.
        report_to: trackers, by the names of the transformers library.
        on_step: called after each optimiser step.
    """
    settings = SFTConfig(
        output_dir=str(folder),
        per_device_train_batch_size=1,
        gradient_accumulation_steps=plan.accumulation,
        num_train_epochs=1,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        adam_beta2=recipe.beta2,
        max_grad_norm=1.0,
        bf16=uses_bfloat16(recipe),
        use_cpu=not torch.cuda.is_available(),
        activation_checkpointing=recipe.gradient_checkpointing,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_steps=recipe.save_steps,
        seed=recipe.seed,
        report_to=list(report_to),
        disable_tqdm=True,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
    )
    clock = Clock(max_minutes)
    made = RowTrainer(
        clock,
        recipe,
        model=model,
        args=settings,
        train_dataset=_dataset(rows, plan.devices),
        data_collator=_collate,
        processing_class=tokenizer,
        callbacks=[clock, *callbacks],
        peft_config=_adapters(recipe),
    )
    made.remove_callback(PrinterCallback)
    made.on_step = on_step
    return made


class Clock(TrainerCallback):
    """Time spent on training; ends it when a limit is reached. All devices read the clock of the first."""

    def __init__(self, limit: float | None):
        self.limit, self.minutes = limit, 0.0
        self._since = time.monotonic()

    @property
    def used(self) -> float:
        """Share of the limit that is used; 0 without one."""
        return min(1.0, self.minutes / self.limit) if self.limit else 0.0

    def start(self, minutes: float) -> None:
        """Go on from what an earlier run has used."""
        self.minutes, self._since = minutes, time.monotonic() - 60 * minutes

    def on_optimizer_step(self, args, state, control, **kwargs):
        self.minutes = (time.monotonic() - self._since) / 60
        if self.limit and args.world_size > 1:
            (self.minutes,) = broadcast_object_list([self.minutes])

    def on_step_end(self, args, state, control, **kwargs):
        if self.used == 1:
            control.should_training_stop = control.should_save = True


class RowTrainer(SFTTrainer):
    """TRL's trainer on rows of packed episodes.

    Rows come in the order given, so that the order is fixed by their number alone and a resumed run needs no other
    state. What it adds to its parent: the loss at scored positions on a CPU, a learning rate that follows steps or
    time, whichever is further, a stop at the first number that is not finite, and checkpoints that are whole.
    """

    on_step: Callable[[Step], None]

    def __init__(self, clock: Clock, recipe: Recipe, **arguments: Any):
        self._clock, self._recipe = clock, recipe
        super().__init__(**arguments)
        # On a GPU the parent applies the output head to scored positions in pieces. On a CPU it applies it to all.
        takes_positions = "logits_to_keep" in inspect.signature(plain(self.model).forward).parameters
        self._selects = takes_positions and self.args.device.type == "cpu"
        self.model_accepts_loss_kwargs = True

    def _get_train_sampler(self, train_dataset=None):
        return torch.utils.data.SequentialSampler(self.train_dataset)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        if not self._selects or return_outputs:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        following = inputs["labels"][:, 1:]
        keep = (following != -100).any(0).nonzero()[:, 0]
        # Position ids that restart keep packed episodes apart; that works only without a cache.
        logits = model(
            input_ids=inputs["input_ids"],
            position_ids=inputs["position_ids"],
            logits_to_keep=keep,
            use_cache=False,
        ).logits
        loss = cross_entropy(logits.float().flatten(0, 1), following[:, keep].flatten(), reduction="sum")
        # Gradients are averaged over devices, while the number of scored tokens is that of all devices.
        return loss * self.accelerator.num_processes / torch.as_tensor(num_items_in_batch).clamp(min=1)

    def create_scheduler(self, num_training_steps, optimizer=None):
        if self.lr_scheduler is None:
            self.lr_scheduler = LambdaLR(
                optimizer or self.optimizer,
                lambda step: learning_rate(self._recipe, step, num_training_steps, self._clock.used),
            )
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def _get_grad_norm(self, model, grad_norm=None):
        norm = super()._get_grad_norm(model, grad_norm)
        value = float(norm) if norm is not None else 0.0
        if not math.isfinite(value) or not math.isfinite(float(self._tr_loss)):
            raise self._not_finite("the loss or its gradient")
        return norm

    def _not_finite(self, what: str) -> ModelError:
        return ModelError(
            f"{what} is not a finite number at step {self.state.global_step + 1}",
            where=self.args.output_dir,
            fix="The last checkpoint is good. Lower the learning rate, or look for broken weights.",
        )

    def log(self, logs, start_time=None):
        logs["minutes"] = self._clock.minutes
        super().log(logs, start_time)
        if "loss" in logs and self.is_world_process_zero():
            self.on_step(Step(self.state.global_step, self.state.max_steps, logs["loss"], self._clock.minutes))

    def _save_checkpoint(self, model, trial):
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        if not all(_finite(parameter) for parameter in model.parameters()):
            raise self._not_finite("a weight")
        with checkpoints.explained(folder):
            super()._save_checkpoint(model, trial)
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            checkpoints.seal(folder)

    def create_model_card(self, model_name=None, dataset_name=None, tags=None):
        """Nothing: checkpoints need no card, and the finished model has its own."""

    def go(self) -> None:
        """Train from the last whole checkpoint, or from the start."""
        folder = Path(self.args.output_dir)
        if self.args.should_save:
            checkpoints.sweep(folder)
        self.accelerator.wait_for_everyone()
        last = checkpoints.last(folder)
        self._clock.start(checkpoints.minutes(last))
        self.train(resume_from_checkpoint=str(last) if last else None)


def plain(model: Any) -> PreTrainedModel:
    """The model under its adapters, which stay in it; a model without any is returned as it is."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def learning_rate(recipe: Recipe, step: int, steps: int, used: float) -> float:
    """The learning rate of a step, as a share of the highest.

    Args:
        step: steps done before it.
        steps: steps in all.
        used: share of the time that is used; where it is ahead of the steps, it counts.
    """
    done = max(step / steps, used)
    if done < recipe.warmup:
        return min(1.0, (done + 1 / steps) / recipe.warmup)
    left = 1 - (done - recipe.warmup) / max(1 - recipe.warmup, 1e-9)
    shape = {"linear": left, "cosine": (1 - math.cos(math.pi * left)) / 2, "constant": 1.0}[recipe.schedule]
    return recipe.final_share + (1 - recipe.final_share) * shape


def _finite(parameter: torch.Tensor) -> bool:
    """True where this device's part of a parameter has finite numbers only."""
    part = parameter.to_local() if isinstance(parameter, DTensor) else parameter
    return bool(part.isfinite().all())


def _adapters(recipe: Recipe) -> Any:
    if recipe.lora is None:
        return None
    from peft import LoraConfig

    targets = "all-linear" if recipe.lora.targets == ("all-linear",) else list(recipe.lora.targets)
    return LoraConfig(r=recipe.lora.r, lora_alpha=recipe.lora.alpha, target_modules=targets, task_type="CAUSAL_LM")


def _dataset(rows: Packed, devices: int) -> Dataset:
    """The rows, read when they are asked for; rows without a label fill the last turn of several devices."""
    count = len(rows.ids)

    def read(batch: dict[str, list[int]]) -> dict[str, list]:
        index = [min(i, count - 1) for i in batch["row"]]
        real = [i < count for i in batch["row"]]
        labels = [rows.labels[i] if known else rows.labels[i] * 0 - 100 for i, known in zip(index, real, strict=True)]
        return {
            "input_ids": list(rows.ids[index]),
            "labels": labels,
            "position_ids": list(rows.position_ids[index]),
        }

    return Dataset.from_dict({"row": list(range(math.ceil(count / devices) * devices))}).with_transform(read)


def _collate(items: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    return torch.utils.data.default_collate(items)
