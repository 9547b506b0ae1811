"""Ratings predicted by a language model: a representation as description and examples, an item as the next input.

The template does the rest, so any model runs, and one that was tuned on episodes of raters reads what it was tuned on.
"""

from dataclasses import dataclass

import numpy as np

from pluralign.episode import Example, Prompt
from pluralign.errors import ContextError
from pluralign.lm.protocol import ChoiceScores, LanguageModel, Progress
from pluralign.raters.prompting import render, task
from pluralign.raters.ratings import Ratings
from pluralign.raters.representation import Representation


@dataclass(frozen=True)
class Prediction:
    """What a language model says about queries.

    Attributes:
        probabilities: of each answer, renormalised over the answers, shape (queries, outcomes).
        outside: probability of anything that is no answer, shape (queries,).
        left_out: demonstrations that did not fit the model's maximum length, the first told first, shape (queries,).
    """

    probabilities: np.ndarray
    outside: np.ndarray
    left_out: np.ndarray


@dataclass(frozen=True)
class LMDecoder:
    """A decoder that is a language model, as it is.

    Attributes:
        model: any language model that scores choices.
        ratings: the question, the scale and the items; no rating in it is read but those that a representation tells.
        progress: called with the number of queries finished since the last call.
    """

    model: LanguageModel
    ratings: Ratings
    progress: Progress | None = None

    def predict(self, items: np.ndarray, representations: list[Representation], who: np.ndarray) -> np.ndarray:
        """Probabilities of each answer; see :class:`pluralign.raters.representation.Decoder`."""
        return self.read(items, representations, who).probabilities

    def read(self, items: np.ndarray, representations: list[Representation], who: np.ndarray) -> Prediction:
        """Probabilities of each answer, with what is not in them.

        Where a prompt is too long, the longest end of its demonstrations that fits is told; it is found by halving.
        Where the model gives no answer any probability, all of them get the same, and ``outside`` is 1.

        Args:
            items, representations, who: see :class:`pluralign.raters.representation.Decoder`.

        Raises:
            ContextError: an item is too long for the model even without demonstrations.
        """
        texts = self.ratings.items["text"].to_list()
        outcomes = self.ratings.scale.outcomes
        descriptions = [self.description(one) for one in representations]
        examples = [
            [Example(outcomes[label], texts[item]) for item, label in zip(one.items, one.labels, strict=True)]
            for one in representations
        ]
        queries = [(int(item), int(one)) for item, one in zip(items, who, strict=True)]
        # The most demonstrations that fit and the fewest that do not: the search ends where they are neighbours.
        fits = np.full(len(queries), -1)
        too_many = np.array([len(examples[one]) + 1 for _, one in queries], dtype=np.int64)
        tried = too_many - 1
        found: list[ChoiceScores | None] = [None] * len(queries)
        # Queries with one representation next to each other share the computation of what is told.
        asked = sorted(range(len(queries)), key=lambda query: queries[query][1])
        while asked:
            prompts = []
            for query in asked:
                item, one = queries[query]
                told = examples[one][len(examples[one]) - tried[query] :]
                prompts.append(Prompt(self._name(item), texts[item], tuple(told), descriptions[one]))
            for query, scores in zip(asked, self.model.choices(prompts, [outcomes] * len(prompts)), strict=True):
                if scores is not None:
                    found[query], fits[query] = scores, tried[query]
                elif tried[query] == 0:
                    where = self._name(queries[query][0])
                    raise ContextError("an item is too long for the model", where=where, fix="Shorten its text.")
                else:
                    too_many[query] = tried[query]
            open_still = [query for query in asked if too_many[query] - fits[query] > 1]
            if self.progress is not None and len(asked) > len(open_still):
                self.progress(len(asked) - len(open_still))
            asked = open_still
            tried = np.maximum((fits + too_many) // 2, 0)
        told_in_all = np.array([len(examples[one]) for _, one in queries], dtype=np.int64)
        return Prediction(*_distributions(found, len(outcomes)), told_in_all - fits)

    def description(self, representation: Representation) -> str:
        """What is told about a rater before any demonstration: the question, facts, and the profile."""
        facts = [(name, " ".join(value.split())) for name, value in representation.demographics]
        profile = representation.profile.text if representation.profile else ""
        return render("rater", facts=facts, profile=" ".join(profile.split()), **task(self.ratings))

    def _name(self, item: int) -> str:
        return f"{self.ratings.name}, item {self.ratings.items['item'][item]}"


def _distributions(found: list[ChoiceScores | None], outcomes: int) -> tuple[np.ndarray, np.ndarray]:
    logprobs = np.array([scores.logprobs for scores in found if scores], dtype=float).reshape(-1, outcomes)
    highest = logprobs.max(axis=1, keepdims=True, initial=-np.inf)
    weights = np.exp(logprobs - np.where(np.isfinite(highest), highest, 0))
    weights[~np.isfinite(highest[:, 0])] = 1
    outside = np.array([scores.outside for scores in found if scores])
    return weights / weights.sum(axis=1, keepdims=True), outside
