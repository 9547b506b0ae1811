"""The encoder without a language model: from ratings to profiles by counts, means and a low-rank model."""

import numpy as np

from pluralign.errors import DataError
from pluralign.raters.descriptive.contrasts import Contrasts, by_theme, general_opinion
from pluralign.raters.descriptive.crowd import by_rater, crowd, told
from pluralign.raters.descriptive.leanings import leanings
from pluralign.raters.descriptive.levels import levels
from pluralign.raters.descriptive.readings import profiles
from pluralign.raters.descriptive.themes import themes
from pluralign.raters.ratings import Ratings
from pluralign.raters.representation import Profile


class DescriptiveEncoder:
    """Writes what sets raters apart from the crowd on the same items: how high they rate, whether they go with general
    opinion, which answers they like, and to which items and themes they lean; never why.

    Args:
        ratings: the data set.
        rows: numbers of its ratings that may be learned from (``Split.train``).
        vectors: embeddings of the items' texts, shape (items, dimensions), for themes, and for axes where items have
            few ratings each; None does without.
        quote: False names items by id and themes by number, for texts that are better not repeated.
        seed: of the choice of the number of axes, and of the grouping of items in themes.

    Raises:
        DataError: there are no ratings to learn from.
    """

    def __init__(
        self,
        ratings: Ratings,
        rows: np.ndarray,
        vectors: np.ndarray | None = None,
        *,
        quote: bool = True,
        seed: int = 0,
    ):
        if not len(rows):
            raise DataError("no ratings to learn from", where=ratings.name, fix="Give ratings by more raters.")
        scale, learned = ratings.scale, by_rater(ratings, rows)
        self._ids = ratings.items["item"].to_list()
        self._crowd = crowd(ratings, rows)
        self._levels = levels(scale, self._crowd, learned)
        self._leanings = leanings(ratings, self._crowd, learned, vectors, quote=quote, seed=seed)
        self._contrasts: list[Contrasts] = []
        for level in self._levels:
            if level.kind != "level":
                continue
            self._contrasts.append(general_opinion(scale, self._crowd, learned, level))
            texts = ratings.items["text"].fill_null("").to_list()
            found = None if vectors is None else themes(texts, vectors, quote=quote, seed=seed)
            if found is not None:
                self._contrasts.append(by_theme(scale, self._crowd, learned, level, found))

    def encode(self, ratings: Ratings, rows: list[np.ndarray]) -> list[Profile]:
        """One profile per entry of ``rows``; empty where nothing sets the rater apart.

        Args:
            ratings: the data set that the encoder was made for.
            rows: numbers of the ratings that each profile may be read from, all by one rater.
        """
        given = told(ratings, rows)
        readings = [level.read(self._crowd, given) for level in self._levels]
        readings += self._leanings.read(self._crowd, given)
        for contrasts in self._contrasts:
            readings += contrasts.read(self._crowd, given, self._ids)
        return profiles(readings, len(rows))
