"""Pre-training on rows of text, resumed from its own checkpoints."""

from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedModel, Trainer, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint


class _Rows(torch.utils.data.Dataset):
    def __init__(self, ids: np.ndarray):
        self.ids = ids

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        return {"input_ids": self.ids[index], "labels": self.ids[index]}


def pretrain(
    model: PreTrainedModel,
    ids: np.ndarray,
    checkpoints: Path,
    *,
    optimizer: torch.optim.Optimizer,
    rows_per_step: int = 4,
) -> list[float]:
    """Train ``model`` in place on every token of every row, once, with 5 % warm-up and cosine decay.

    Args:
        ids: token ids, int64, shape ``(rows, length)``.
        checkpoints: folder for checkpoints; a run that was killed goes on from the last one there.
        optimizer: with the peak learning rate of each of its groups.

    Returns:
        the loss of every step, in nats per token.
    """
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        per_device_train_batch_size=rows_per_step,
        num_train_epochs=1,
        lr_scheduler_type="cosine_with_min_lr",
        lr_scheduler_kwargs={"min_lr_rate": 0.1},
        warmup_steps=0.05,
        max_grad_norm=1.0,
        bf16=torch.cuda.is_available(),
        logging_steps=1,
        save_steps=100,
        save_total_limit=1,
        seed=0,
        report_to=[],
        dataloader_pin_memory=torch.cuda.is_available(),
    )
    trainer = Trainer(model=model, args=arguments, train_dataset=_Rows(ids), optimizers=(optimizer, None))
    last = get_last_checkpoint(str(checkpoints)) if checkpoints.is_dir() else None
    trainer.train(resume_from_checkpoint=last)
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
