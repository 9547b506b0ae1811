"""Choices told apart by the first token of an answer, for servers that score no given answer."""

from collections.abc import Sequence

import numpy as np

from pluralign.errors import UsageError
from pluralign.lm.protocol import ChoiceScores

_UNCLEAR = 1e-3
"""Probability that first tokens which begin several choices may have together."""


def read(listed: Sequence[tuple[str, float]], choices: Sequence[str], *, where: str) -> ChoiceScores:
    """Log-probabilities of choices from those of the likeliest first tokens.

    A token counts for the only choice that it begins, spaces around it left aside; several forms of one choice are
    combined by log-sum-exp. A choice that no listed token begins gets the highest log-probability that it can have:
    that of the least likely listed token or, where less, of all that is not listed.

    Args:
        listed: tokens with their log-probabilities, in nats.
        choices: distinct texts.
        where: what errors name.

    Raises:
        UsageError: tokens with a probability of more than 0.001 begin several choices.
    """
    found = [-np.inf] * len(choices)
    unclear: dict[str, float] = {}
    for token, logprob in listed:
        begun = [i for i, choice in enumerate(choices) if token.strip() and choice.startswith(token.strip())]
        if len(begun) == 1:
            found[begun[0]] = float(np.logaddexp(found[begun[0]], logprob))
        elif begun:
            unclear[token] = float(np.exp(logprob))
    if sum(unclear.values()) > _UNCLEAR:
        raise UsageError(
            f"the first token {max(unclear, key=unclear.__getitem__)!r} begins several choices",
            where=where,
            fix="Word the choices so that their beginnings differ, or use a server that scores whole answers.",
        )
    logprobs = np.array([logprob for _, logprob in listed])
    rest = np.log(max(1 - np.exp(logprobs).sum(), 1e-12))
    most = min(float(logprobs.min()), float(rest))
    scores = tuple(most if score == -np.inf else score for score in found)
    return ChoiceScores(scores, max(0.0, 1 - float(np.exp(scores).sum())))
