"""Profiles written by a language model, the best of several chosen by what it lets a decoder predict.

The ratings of a rater are parted at random: profiles are written from two thirds of them, and of several candidates
the one is kept under which the decoder gives the last third the highest likelihood. No rating outside of those given
to the encoder is read, so a profile knows nothing of what is to be predicted.
"""

import json
import re
import zlib
from dataclasses import dataclass

import numpy as np

from pluralign.episode import Prompt, generator
from pluralign.errors import ContextError, UsageError
from pluralign.lm.protocol import LanguageModel, Progress
from pluralign.raters.prompting import render, task
from pluralign.raters.ratings import Ratings
from pluralign.raters.representation import Decoder, Profile, Representation, Statement

MOST_PHRASES = 20
MOST_WORDS = 12
"""Of one phrase."""

_FEWEST = 4
"""Ratings that are parted; fewer are all shown, and the first candidate is kept."""


@dataclass(frozen=True)
class Written:
    """A profile and how it came about.

    Attributes:
        profile: empty where no candidate was well-formed.
        candidates: the well-formed ones, in the order in which they were drawn.
        malformed: how many candidates were not a line of short phrases.
        losses: mean negative log-likelihood of the held-out ratings under each of ``candidates``, in nats; empty where
            there was nothing to choose.
        shown: ratings that the profile was written from.
        held_out: ratings that the candidates were compared by.
    """

    profile: Profile
    candidates: tuple[str, ...] = ()
    malformed: int = 0
    losses: tuple[float, ...] = ()
    shown: int = 0
    held_out: int = 0


@dataclass(frozen=True)
class LLMEncoder:
    """An encoder that asks a language model.

    Attributes:
        model: any language model that samples.
        candidates: profiles drawn per rater.
        decoder: chooses among several candidates; it must not have learned from the raters that are described.
        most: ratings that a prompt shows; of more, as many are drawn at random. Where even these are too long for the
            model, half of them are left out until they fit.
        temperature: of the draws.
        max_tokens: of a profile.
        seed: of the draws and of what is shown and held out.
        progress: called with the number of raters whose candidates are drawn since the last call.

    Raises:
        UsageError: several candidates are asked for without a decoder.
    """

    model: LanguageModel
    candidates: int = 1
    decoder: Decoder | None = None
    most: int = 32
    temperature: float = 1.0
    max_tokens: int = 160
    seed: int = 0
    progress: Progress | None = None

    def __post_init__(self) -> None:
        if self.candidates > 1 and self.decoder is None:
            raise UsageError("a decoder chooses among several profiles", fix="Give one, or ask for one candidate.")

    def encode(self, ratings: Ratings, rows: list[np.ndarray]) -> list[Profile]:
        """One profile per rater; see :class:`pluralign.raters.representation.Encoder`."""
        return [written.profile for written in self.write(ratings, rows)]

    def write(self, ratings: Ratings, rows: list[np.ndarray]) -> list[Written]:
        """One profile per rater, with how it came about.

        Args:
            ratings: the ratings table.
            rows: for each rater, the numbers of the ratings that the profile may be read from.

        Raises:
            ContextError: a single rating is too long for the model.
        """
        asked = [number for number, own in enumerate(rows) if len(own)]
        parts = [self._part(ratings, np.asarray(rows[number])) for number in asked]
        drawn, shown = self._draw(ratings, [rows[number] for number in asked], [part[0] for part in parts])
        lines = [[line for text in texts if (line := parse(text))] for texts in drawn]
        losses = self._losses(ratings, lines, [part[1] for part in parts])
        written = [Written(Profile())] * len(rows)
        for number, own, read, (_, held_out), loss in zip(asked, lines, shown, parts, losses, strict=True):
            best = own[int(np.argmin(loss))] if loss else own[0] if own else None
            written[number] = Written(
                Profile((Statement(best),) if best else ()),
                tuple(own),
                self.candidates - len(own),
                tuple(loss),
                len(read),
                len(held_out) if loss else 0,
            )
        return written

    def _part(self, ratings: Ratings, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The ratings that are shown, in their order, and those that are held out."""
        rng = generator("profile", self.seed, _identity(ratings, rows))
        order = rng.permutation(len(rows))
        count = len(rows) // 3 if self.candidates > 1 and len(rows) >= _FEWEST else 0
        return rows[np.sort(order[count : count + self.most])], rows[np.sort(order[:count])]

    def _draw(
        self, ratings: Ratings, rows: list[np.ndarray], shown: list[np.ndarray]
    ) -> tuple[list[list[str]], list[np.ndarray]]:
        """Candidates of each rater, and the ratings that were shown in the end."""
        names = [_identity(ratings, own) for own in rows]
        while True:
            prompts = [self._prompt(ratings, name, read) for name, read in zip(names, shown, strict=True)]
            try:
                drawn = self.model.sample(
                    prompts,
                    self.candidates,
                    temperature=self.temperature,
                    max_tokens=self.max_tokens,
                    seed=self.seed,
                    progress=self.progress,
                )
            except ContextError as error:
                long = names.index(str(error.where))
                if len(shown[long]) < 2:
                    raise
                shown = [*shown[:long], shown[long][: len(shown[long]) // 2], *shown[long + 1 :]]
            else:
                return drawn, shown

    def _prompt(self, ratings: Ratings, name: str, shown: np.ndarray) -> Prompt:
        texts, outcomes = ratings.items["text"], ratings.scale.outcomes
        pairs = [
            json.dumps({"item": texts[int(item)], "answer": outcomes[label]}, ensure_ascii=False)
            for item, label in zip(ratings.item[shown], ratings.label[shown], strict=True)
        ]
        return Prompt(name, render("profile_ratings", pairs=pairs, **task(ratings)), (), render("profile_task"))

    def _losses(self, ratings: Ratings, lines: list[list[str]], held_out: list[np.ndarray]) -> list[list[float]]:
        """Mean held-out loss of each candidate; none for raters with nothing to choose or to choose by."""
        open_choice = [len(set(own)) > 1 and len(held) > 0 for own, held in zip(lines, held_out, strict=True)]
        representations, who, rows = [], [], []
        for own, held, chosen in zip(lines, held_out, open_choice, strict=True):
            for line in own if chosen else ():
                who.append(np.full(len(held), len(representations)))
                rows.append(held)
                representations.append(Representation(profile=Profile((Statement(line),))))
        if self.decoder is None or not representations:
            return [[] for _ in lines]
        row, candidate = np.concatenate(rows), np.concatenate(who)
        predicted = self.decoder.predict(ratings.item[row], representations, candidate)
        loss = -np.log(np.maximum(predicted[np.arange(len(row)), ratings.label[row]], 1e-12))
        means = iter((np.bincount(candidate, loss) / np.bincount(candidate)).tolist())
        return [[next(means) for _ in own] if chosen else [] for own, chosen in zip(lines, open_choice, strict=True)]


def parse(text: str) -> str | None:
    """The profile in an answer, or None unless the answer is a line of 2 to 20 short phrases joined by semicolons."""
    line = text.strip()
    if not line.isprintable() or ":" in line:
        return None
    phrases = [phrase.strip() for phrase in line.rstrip(".; ").split(";")]
    good = [phrase for phrase in phrases if re.search(r"[^\W\d_]", phrase) and len(phrase.split()) <= MOST_WORDS]
    return "; ".join(phrases) if 2 <= len(good) == len(phrases) <= MOST_PHRASES else None


def _identity(ratings: Ratings, rows: np.ndarray) -> str:
    """What random numbers and errors name: the data set, the rater, and the ratings that may be read."""
    rater = ratings.raters["rater"][int(ratings.rater[rows[0]])]
    return f"{ratings.name}, rater {rater}, {len(rows)} ratings {zlib.crc32(np.asarray(rows, '<i8').tobytes()):08x}"
