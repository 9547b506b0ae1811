"""Where a training stands, in a file, so that a killed one goes on and ends the same."""

import ast
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from pluralign.lm.precision import bfloat16_on_cpu
from pluralign.runs import write_atomically


def mixed() -> torch.autocast:
    """Mixed precision, with float32 weights: bfloat16 where the processor computes in it."""
    return torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_on_cpu())


def key(settings: object, arrays: Iterable[np.ndarray]) -> str:
    """What names a training: another of either is another training."""
    found = hashlib.blake2b(repr(settings).encode(), digest_size=16)
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


@dataclass(frozen=True)
class State:
    """A model in training, with all that its next epoch depends on.

    Attributes:
        path: of the file; None keeps nothing.
        key: of the training (:func:`key`); a file of another one counts as none.
        model: trained in place.
        rng: that orders the pairs.
    """

    path: Path | None
    key: str
    model: nn.Module
    rng: np.random.Generator

    def read(self) -> dict | None:
        """What was kept, with the model, its order and its noise put back to then; None without."""
        if self.path is None or not self.path.is_file():
            return None
        try:
            found = torch.load(self.path, weights_only=True)
        except Exception:  # a damaged file is as good as none
            return None
        if found.get("key") != self.key:
            return None
        self.model.load_state_dict(found["model"])
        self.rng.bit_generator.state = ast.literal_eval(found["order"])
        torch.set_rng_state(found["random"])
        return found

    def write(
        self, epochs: int, optimizer: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LambdaLR
    ) -> None:
        """Keep what stands after so many epochs."""
        if self.path is None:
            return
        buffer = io.BytesIO()
        kept = {
            "key": self.key,
            "epochs": epochs,
            "model": self.model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            "order": repr(self.rng.bit_generator.state),
            "random": torch.get_rng_state(),
        }
        torch.save(kept, buffer)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, buffer.getvalue())


def rising_and_falling(optimizer: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LambdaLR:
    """Learning rates that rise over the first tenth of the steps and then fall to nothing, both in straight lines."""
    warm = max(1, steps // 10)
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0, steps - step) / max(1, steps - warm))
    )
