"""Answers that are drawn token by token: whether they fit, and what they say."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pluralign.episode import Prompt
from pluralign.errors import ContextError
from pluralign.template import Template, control_tokens


def check_room(
    name: str, prompts: Sequence[Prompt], encoded: Sequence[np.ndarray], max_tokens: int, max_length: int
) -> None:
    """Refuse prompts that leave too little room for an answer.

    Args:
        name: of the model.
        encoded: token ids of each prompt, shape ``(T,)``.

    Raises:
        ContextError: a prompt and ``max_tokens`` together exceed ``max_length``.
    """
    for prompt, ids in zip(prompts, encoded, strict=True):
        if len(ids) + max_tokens > max_length:
            raise ContextError(
                f"a prompt of {len(ids)} tokens and an answer of {max_tokens} exceed the maximum length of "
                f"{name}, {max_length} tokens",
                where=prompt.id,
                fix="Show fewer examples or allow shorter answers.",
            )


def texts(tokenizer: Any, template: Template, samples: Sequence[Sequence[int]]) -> list[str]:
    """The answers that sampled tokens spell: without control tokens, end mark and surrounding white space."""
    control = set(control_tokens(tokenizer).values())
    found = tokenizer.batch_decode(
        [[token for token in sample if token not in control] for sample in samples],
        clean_up_tokenization_spaces=False,
    )
    if end := template.stop.text:
        found = [text.partition(end)[0] for text in found]
    return [text.strip() for text in found]
