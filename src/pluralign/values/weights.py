"""The embedded kaleidoscope's own weights and what is known of them, in a folder."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from pluralign.errors import ModelError
from pluralign.lm.embed import DIGEST
from pluralign.lm.protocol import Progress
from pluralign.values.norms import Norms, expect
from pluralign.values.reader import Reader
from pluralign.values.sides import Sides, take
from pluralign.values.stance import Stance, stance

_CONFIG = "kaleidoscope.json"
_OF_RULES = 0.5
"""How much the side of a rule counts that both texts read together give; picked on development pairs."""
_PARTS = ("reader", "sides", "norms")


@dataclass(frozen=True)
class Models:
    """What was trained.

    Attributes:
        reader: tells relevance.
        sides: tells sides from both texts read together.
        norms: tells the side of a rule.
    """

    reader: Reader
    sides: Sides
    norms: Norms

    def valence(
        self, pairs: Sequence[tuple[str, str]], rules: np.ndarray, progress: Progress | None = None
    ) -> np.ndarray:
        """Logits of the three valences, float64, shape (pairs, 3).

        Args:
            pairs: consideration as it is told, and situation.
            rules: which considerations are no entries of the bank, booleans of shape (pairs,).
            progress: called with the number of pairs finished since the last call.
        """
        told = [stance(text) if rule else Stance(True, text) for (text, _), rule in zip(pairs, rules, strict=True)]
        read = [(one.about, situation) for one, (_, situation) in zip(told, pairs, strict=True)]
        speaks_for = np.array([one.speaks_for for one in told], bool)
        logits = take(self.sides, read, progress)
        logits[~speaks_for, :2] = logits[~speaks_for, 1::-1]
        if len(rows := np.flatnonzero(rules)):
            expected = expect(self.norms, [read[row] for row in rows.tolist()], speaks_for[rows])
            middle = logits[rows, :2].mean(1, keepdims=True)
            logits[rows, :2] = (
                middle + _OF_RULES * (logits[rows, :2] - middle) + np.stack([expected, -expected], 1) / 2
            )
        return logits


def save(models: Models, folder: Path, about: dict) -> None:
    """Write all models in bfloat16; the lower half of the encoder stays in its package.

    Args:
        folder: made if need be.
        about: JSON values, kept beside the weights.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    for name in _PARTS:
        state = getattr(models, name).state_dict()
        weights = {key: value.to(torch.bfloat16).contiguous() for key, value in state.items()}
        save_file(weights, folder / f"{name}.safetensors")
    config = {"encoder": DIGEST, "about": about}
    (folder / _CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def load(folder: Path) -> tuple[Models, dict]:
    """All models, and what is known of them.

    Raises:
        ModelError: the folder holds none, a damaged one, or one for another encoder.
    """
    from safetensors.torch import load_file

    folder, fix = Path(folder), "Install the package again, or train the model again."
    try:
        config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        encoder, about = config["encoder"], dict(config["about"])
        weights = {name: load_file(folder / f"{name}.safetensors") for name in _PARTS}
    except Exception as error:  # the reader of the weights has errors of its own
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ModelError(f"no readable kaleidoscope: {reason}", where=folder, fix=fix) from error
    if encoder != DIGEST:
        raise ModelError("the kaleidoscope was trained over another encoder", where=folder, fix=fix)
    models = Models(Reader(), Sides(), Norms())
    try:
        for name in _PARTS:
            model = getattr(models, name)
            model.load_state_dict({key: value.float() for key, value in weights[name].items()})
            model.eval()
    except RuntimeError as error:
        raise ModelError("the weights do not fit the kaleidoscope", where=folder, fix=fix) from error
    return models, about
