"""Axes of disagreement as tendencies: to which of an axis's two poles a rater leans."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from pluralign.raters.descriptive import wording
from pluralign.raters.descriptive.axes import Axes, Deviations, choose, fit, positions
from pluralign.raters.descriptive.contrasts import numbers
from pluralign.raters.descriptive.crowd import Compared, Crowd, Score, Told
from pluralign.raters.descriptive.levels import indicators
from pluralign.raters.descriptive.readings import LEAST, Reading
from pluralign.raters.descriptive.tendencies import Effect, Mean, mean
from pluralign.raters.descriptive.wording import quoted
from pluralign.raters.ratings import Ratings
from pluralign.raters.scale import Scale

POLE = 0.5
"""Loading from which a cell belongs to a pole, in root mean squares of the axis's loadings."""

NAMED = 8
"""Items that sentences may name of each pole."""

_FEATURES = 32
_ITEMS_PER_FEATURE = 10


@dataclass(frozen=True)
class Cells:
    """What deviations are taken in: one cell per item, or per item and answer where answers have no order.

    Attributes:
        scores: one for all items, or one per answer.
        unit, middle, slope: of deviations, and of the crowd's means (mean, one per score, and standard deviation).
    """

    scores: tuple[Score, ...]
    unit: float = 1.0
    middle: tuple[float, ...] = ()
    slope: float = 1.0


@dataclass(frozen=True)
class _Pole:
    """Names of cells at one pole of an axis, each for one use, so that sentences with other meanings share no names.

    Attributes:
        near: for those who lean to it; the first always, another by degree.
        more: for the second sentence about those who lean to it, or None.
        far: for those who lean to the other pole, one or none.
    """

    near: list[str]
    more: str | None
    far: list[str]


@dataclass(frozen=True)
class Leanings:
    """Fitted axes.

    Attributes:
        scale: of the ratings.
        cells: what their loadings are of.
        axes: the model.
        names: of the cells.
        ids: of the items.
    """

    scale: Scale
    cells: Cells
    axes: Axes
    names: Sequence[str]
    ids: Sequence[str]

    def read(self, crowd: Crowd, told: Told) -> list[Reading]:
        """What the ratings of each profile tell about each axis."""
        if not self.axes.count:
            return []
        compared = [crowd.compare(told, score) for score in self.cells.scores]
        data = _deviations(told, compared, self.cells, len(self.ids))
        mean, covariance = positions(data, self.axes)
        sd = np.sqrt(np.einsum("rpp->rp", covariance))
        first = data.levels + 1
        effects = [Effect(mean[:, first + k], sd[:, first + k], 1.0) for k in range(self.axes.count)]
        return [self._reading(told, compared, k, effect) for k, effect in enumerate(effects)]

    def _reading(self, told: Told, compared: Sequence[Compared], axis: int, effect: Effect) -> Reading:
        up = effect.size > 0
        sign = np.where(up, 1, -1)[told.who]
        loadings = self.axes.loadings[:, axis]
        edge = POLE * np.sqrt((loadings**2).mean())
        count = len(self.cells.scores)
        # Turned toward the pole that the rater leans to.
        turned = [sign * loadings[told.item * count + answer] for answer in range(count)]
        toward = [leaning >= edge for leaning in turned]
        both = _over(told, compared, [leaning <= -edge for leaning in turned]).ratings > 0
        away = [np.where(both[told.who], leaning <= -edge, leaning < edge) for leaning in turned]
        inside, outside = _over(told, compared, toward), _over(told, compared, away)
        some = (inside.ratings > 0) & (outside.ratings > 0)
        difference = np.where(some, inside.difference - outside.difference, 0.0)

        poles = {True: self._pole(loadings, edge), False: self._pole(-loadings, edge)}
        reach = float(np.ptp(self.cells.scores[0].values))

        def say(profile: int, up: bool, grade: int) -> str:
            near = poles[up].near
            shown = dict.fromkeys((near[0], near[min(1 + grade, len(near) - 1)]))
            return wording.axis(self.scale, list(shown), poles[not up].far if both[profile] else (), grade)

        def more(profile: int, up: bool, grade: int) -> tuple[str, tuple[tuple[str, float | str], ...]] | None:
            name, own = poles[up].more, float(inside.difference[profile])
            if name is None or not grade or own < LEAST * reach:
                return None
            means = (("ratings", inside.ratings), ("rater", inside.rater), ("crowd", inside.crowd))
            evidence = tuple((name, float(values[profile])) for name, values in means)
            return wording.pole(self.scale, name), (*evidence, ("difference", own), items(profile)[0])

        def items(profile: int) -> tuple[tuple[str, str], ...]:
            rows = slice(told.starts[profile], told.starts[profile + 1])
            chosen = [np.any([part[rows] for part in side], axis=0) for side in (toward, away)]
            ids = [", ".join(self.ids[item] for item in told.item[rows][own]) for own in chosen]
            return ("items", ids[0]), ("items elsewhere", ids[1])

        # The plain numbers are those of leaning toward the pole; they agree with the position where they are positive.
        return Reading(
            "axis",
            effect,
            difference * np.where(up, 1, -1),
            reach,
            say,
            numbers(inside, outside, difference),
            items,
            more,
        )

    def _pole(self, loadings: np.ndarray, edge: float) -> _Pole:
        """The names of the pole with positive loadings; those that load most come first."""
        order = np.argsort(-loadings, kind="stable")[:NAMED]
        names = [self.names[cell] for cell in order if loadings[cell] >= edge]
        if len(names) < 3:
            return _Pole(names[:1], None, names[-1:])
        return _Pole(names[:-2], names[-2], names[-1:])


def leanings(
    ratings: Ratings, crowd: Crowd, learned: Told, vectors: np.ndarray | None, *, quote: bool, seed: int
) -> Leanings:
    """Fit axes to the ratings of the training raters; as many as predict left-out ratings best, perhaps none.

    Args:
        vectors: embeddings of the items' texts, shape (items, dimensions), toward which loadings are shrunk, or None.
        quote: False names items by id.
    """
    scale, ids = ratings.scale, ratings.items["item"].to_list()
    amount = wording.amount(scale)
    values = [amount] if amount is not None else [holds for _, holds in indicators(scale)]
    cells = Cells(tuple(crowd.score(one) for one in values))
    compared = [crowd.compare(learned, score) for score in cells.scores]
    middle = tuple(float(one.crowd.mean()) for one in compared)
    unit = np.sqrt(np.mean([(one.deviation**2).mean() for one in compared]))
    slope = np.sqrt(np.mean([one.crowd.var() for one in compared]))
    cells = replace(cells, unit=max(float(unit), 1e-9), middle=middle, slope=max(float(slope), 1e-9))
    data = _deviations(learned, compared, cells, len(ids))
    features = None if vectors is None else _features(vectors, len(values))
    count = choose(data, features, seed)
    texts = ratings.items["text"].fill_null("").to_list()
    named = [quoted(text) if quote and text.strip() else f"item {id}" for text, id in zip(texts, ids, strict=True)]
    names = named if amount is not None else [f"“{label}” to {name}" for name in named for label in scale.labels]
    return Leanings(scale, cells, fit(data, count, features), names, ids)


def _deviations(told: Told, compared: Sequence[Compared], cells: Cells, items: int) -> Deviations:
    """Deviations of the profiles' ratings in each cell."""
    count, shape = len(compared), (told.profiles, items * len(compared))
    who = np.tile(told.who, count)
    cell = np.concatenate([told.item * count + answer for answer in range(count)])
    value = np.concatenate([one.deviation for one in compared]) / cells.unit
    usual = [(one.crowd - middle) / cells.slope for one, middle in zip(compared, cells.middle, strict=True)]

    def matrix(numbers: np.ndarray) -> sparse.csr_matrix:
        return sparse.csr_matrix((numbers, (who, cell)), shape=shape)

    following = matrix(np.concatenate(usual))
    return Deviations(matrix(value), matrix(np.ones(len(value))), following, np.tile(np.arange(count), items))


def _features(vectors: np.ndarray, count: int) -> np.ndarray | None:
    """Leading components of the embeddings, mean square 1, repeated for the cells of each item; None for few items."""
    size = min(_FEATURES, len(vectors) // _ITEMS_PER_FEATURE, vectors.shape[1])
    if size < 1:
        return None
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    parts = centred @ directions[:, -size:]
    return np.repeat(parts / np.maximum(np.sqrt((parts**2).mean(axis=0)), 1e-9), count, axis=0)


def _over(told: Told, compared: Sequence[Compared], among: Sequence[np.ndarray]) -> Mean:
    """Means over the chosen cells of all answers."""
    parts = [mean(told, one, own) for one, own in zip(compared, among, strict=True)]
    counts = np.stack([part.ratings for part in parts])
    share = counts / np.maximum(counts.sum(axis=0), 1)
    rater = (share * np.stack([part.rater for part in parts])).sum(axis=0)
    crowd = (share * np.stack([part.crowd for part in parts])).sum(axis=0)
    return Mean(counts.sum(axis=0), rater, crowd, np.where(counts.sum(axis=0) > 0, 0.0, np.inf))
