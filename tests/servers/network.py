"""A small real model behind the test server, to be compared with the same model run in this process."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from pluralign.lm.transformers import TransformersModel


@dataclass(frozen=True)
class Row:
    """The probabilities of the next token, by token id."""

    values: np.ndarray

    def probability(self, token: int) -> float:
        return float(self.values[token])

    def likeliest(self, count: int) -> list[tuple[int, float]]:
        order = np.argsort(-self.values, kind="stable")[:count]
        return [(int(token), float(self.values[token])) for token in order]


@dataclass(frozen=True)
class Network:
    """A transformers model with its tokenizer; in a text, what spells a control token becomes one, as in many servers.

    Attributes:
        model: what is served.
        ids: whether prompts may be token ids.
    """

    model: TransformersModel
    ids: bool = True

    @property
    def ends(self) -> set[int]:
        return set(self.model.tokenizer.convert_tokens_to_ids(list(self.model.template.stop.control)))

    @property
    def vocabulary(self) -> int:
        return self.model.encoder.vocab_size

    def tokens(self, prompt: Any) -> list[int]:
        if isinstance(prompt, str):
            return self.model.tokenizer(prompt).input_ids
        if isinstance(prompt[0], int):
            if not self.ids:
                raise ValueError("this server takes no token ids")
            return list(prompt)
        return self.model.tokenizer.apply_chat_template(
            prompt, add_generation_prompt=True, enable_thinking=False, return_dict=True
        )["input_ids"]

    def after(self, tokens: Sequence[int]) -> list[Row]:
        with torch.inference_mode():
            logits = self.model.forward.model(torch.tensor([list(tokens)])).logits[0].double()
        return [Row(row) for row in logits.softmax(-1).numpy()]

    def following(self, tokens: Sequence[int]) -> Row:
        return self.after(tokens)[-1]

    def name(self, token: int) -> str:
        return self.model.tokenizer.decode([token], clean_up_tokenization_spaces=False)

    def text(self, tokens: Sequence[int]) -> str:
        return self.model.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
