"""Textual entailment: how probable is it that one text follows from another?"""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification

from pluralign.errors import ModelError
from pluralign.lm import _checkpoint
from pluralign.lm.protocol import Progress

_BATCH = 16


class EntailmentModel:
    """A sequence classifier trained on natural language inference. Results do not depend on what is run together.

    Args:
        name: a local folder, or ``hf:OWNER/NAME``.
        device: ``cpu``, ``cuda``, ``cuda:1`` or ``auto``.
    """

    def __init__(self, name: str, device: str = "auto"):
        self.name = name
        self.device = device

    @cached_property
    def facts(self) -> dict:
        """What a run records: path, digest, revision, parameters, dtype, device.

        Raises:
            ModelError: the model cannot be loaded, or does not name the class of entailment.
        """
        model, _ = self._loaded
        return _checkpoint.facts(_checkpoint.locate(self.name), model)

    def entails(self, pairs: Sequence[tuple[str, str]], progress: Progress | None = None) -> np.ndarray:
        """Probability that the second text of each pair follows from the first.

        Returns:
            shape (pairs,), in 0..1; NaN where a pair does not fit the model's maximum length.

        Raises:
            ModelError: the model cannot be loaded, or does not name the class of entailment.
        """
        model, tokenizer = self._loaded
        label, longest = self._label, self._longest
        encoded = [tokenizer(premise, hypothesis) for premise, hypothesis in pairs]
        lengths = [len(one["input_ids"]) for one in encoded]
        found = np.full(len(pairs), np.nan)
        # Pairs of like length fill a batch with little padding.
        order = sorted((i for i, length in enumerate(lengths) if length <= longest), key=lambda i: (lengths[i], i))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            batch = tokenizer.pad([encoded[i] for i in rows], return_tensors="pt").to(model.device)
            with torch.inference_mode():
                logits = model(**batch).logits.float()
            found[rows] = torch.softmax(logits, dim=-1)[:, label].cpu().numpy()
            if progress is not None:
                progress(len(rows))
        if progress is not None and len(order) < len(pairs):
            progress(len(pairs) - len(order))
        return found

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        source = _checkpoint.locate(self.name)
        return _checkpoint.load(
            source, device=self.device, dtype="auto", architecture=AutoModelForSequenceClassification
        )

    @cached_property
    def _label(self) -> int:
        names = self._loaded[0].config.id2label
        found = [
            int(index)
            for index, name in names.items()
            if re.search("entail", name, re.IGNORECASE) and not re.match("not|non|no[_ -]", name, re.IGNORECASE)
        ]
        if len(found) != 1:
            raise ModelError(
                f"the model does not say which of its classes is entailment: {', '.join(names.values())}",
                where=self.name,
                fix="Take a model for natural language inference whose config.json names its classes in id2label.",
            )
        return found[0]

    @cached_property
    def _longest(self) -> int:
        model, tokenizer = self._loaded
        positions = getattr(model.config, "max_position_embeddings", None)
        return min(limit for limit in (tokenizer.model_max_length, positions) if limit is not None)
