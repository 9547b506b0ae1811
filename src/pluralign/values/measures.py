"""How good a kaleidoscope is: accuracy, ranking, sets, small changes of the situation, and what divides people.

Everything has a 95 % interval clustered by situation (or what belongs together with it).
"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import roc_auc_score

from pluralign.episode import generator
from pluralign.errors import DataError
from pluralign.stats import Interval, mean_interval
from pluralign.values.consideration import Consideration, core

DRAWS = 1000
MATCH = 0.6
"""Cosine similarity from which two considerations of one kind can be the same."""

Embed = Callable[[Sequence[str]], np.ndarray]


def auroc(score: np.ndarray, positive: np.ndarray, groups: Sequence[str], *, draws: int = DRAWS) -> Interval:
    """Chance that a positive row scores above a negative one, ties counted half; bootstrap over groups.

    Args:
        score: shape (rows,).
        positive: booleans, shape (rows,).
        groups: what rows belong together.
        draws: of the bootstrap.

    Returns:
        0 to 1; without an interval where fewer than ten groups.

    Raises:
        DataError: all rows are alike.
    """
    positive = np.asarray(positive, bool)
    if positive.all() or not positive.any():
        raise DataError("all rows are of one class, so nothing can be ranked")
    names, place = np.unique(np.asarray(groups), return_inverse=True)
    value = float(roc_auc_score(positive, score))
    if len(names) < 10:
        return Interval(value, None, None, len(score), len(names))
    rng = generator("auroc", len(score), len(names))
    found = []
    for _ in range(draws):
        weight = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))[place]
        if weight[positive].sum() and weight[~positive].sum():
            found.append(roc_auc_score(positive, score, sample_weight=weight))
    low, high = np.quantile(found, [0.025, 0.975])
    return Interval(value, float(low), float(high), len(score), len(names))


def accuracy(probabilities: np.ndarray, answer: np.ndarray, groups: Sequence[str]) -> Interval:
    """Share of rows whose likeliest answer is right.

    Args:
        probabilities: shape (rows, answers).
        answer: number of the right one, shape (rows,).
    """
    return mean_interval((probabilities.argmax(1) == answer).astype(float), list(groups))


def pairwise(score: np.ndarray, supports: np.ndarray, situations: Sequence[str]) -> Interval:
    """Within a situation, the chance that a supporting item scores above an opposing one; mean over situations.

    A score that depends on the situation alone ties everywhere and gets 0.5 exactly. Situations that lack one of the
    two sides are left out.

    Args:
        score: for supporting, shape (rows,).
        supports: True for supporting rows, False for opposing ones, shape (rows,).

    Raises:
        DataError: no situation has both.
    """
    rows: dict[str, tuple[list[float], list[float]]] = {}
    for value, side, name in zip(score.tolist(), supports.tolist(), situations, strict=True):
        rows.setdefault(name, ([], []))[0 if side else 1].append(value)
    found = {}
    for name, (up, down) in rows.items():
        if up and down:
            one, two = np.array(up)[:, None], np.array(down)[None, :]
            found[name] = float(((one > two) + 0.5 * (one == two)).mean())
    if not found:
        raise DataError("no situation has both a supporting and an opposing consideration")
    return mean_interval(np.array(list(found.values())), list(found))


def matched(
    shown: Sequence[Consideration], reference: Sequence[Consideration], embed: Embed, *, near: float = MATCH
) -> tuple[float, float, float]:
    """Recall, precision and F1 of a set of considerations against a reference set, after one-to-one matching.

    The matching is the one with the largest sum of similarities (Kuhn 1955); two considerations match where they are
    of one kind and their similarity reaches ``near``.

    Raises:
        DataError: the reference is empty.
    """
    if not reference:
        raise DataError("the reference set is empty")
    if not shown:
        return 0.0, 0.0, 0.0
    one = embed([core(item.text) for item in shown])
    two = embed([core(item.text) for item in reference])
    alike = one @ two.T
    same = np.array([[a.kind == b.kind for b in reference] for a in shown])
    alike = np.where(same & (alike >= near), alike, 0)
    rows, columns = linear_sum_assignment(alike, maximize=True)
    hits = int((alike[rows, columns] > 0).sum())
    recall, precision = hits / len(reference), hits / len(shown)
    return recall, precision, 2 * recall * precision / (recall + precision) if hits else 0.0


def moved(before: np.ndarray, after: np.ndarray, expected: np.ndarray, groups: Sequence[str]) -> dict[str, Interval]:
    """Whether judgements follow small changes of a situation: they move where they should and stay where not.

    Args:
        before: support minus opposition of a consideration in the situation, shape (pairs,).
        after: the same in the changed situation.
        expected: 1 where it should rise, -1 where it should fall, 0 where it should stay, shape (pairs,).

    Returns:
        ``followed``: share of the pairs that should move whose judgement moves that way; ``stayed``: mean absolute
        change of those that should stay; ``moved``: mean absolute change of those that should move. Absent where there
        are no such pairs.
    """
    change, names = after - before, np.asarray(groups)
    found = {}
    turn, stay = expected != 0, expected == 0
    if turn.any():
        found["followed"] = mean_interval((change * expected > 0)[turn].astype(float), names[turn].tolist())
        found["moved"] = mean_interval(np.abs(change[turn]), names[turn].tolist())
    if stay.any():
        found["stayed"] = mean_interval(np.abs(change[stay]), names[stay].tolist())
    return found


def best_threshold(score: np.ndarray, positive: np.ndarray) -> float:
    """The score from which rows are called positive with the best balanced accuracy: for a development part.

    Raises:
        DataError: all rows are alike.
    """
    positive = np.asarray(positive, bool)
    if positive.all() or not positive.any():
        raise DataError("all rows are of one class, so no threshold can be chosen")
    order = np.argsort(score, kind="stable")
    ranked, values = positive[order], np.asarray(score)[order]
    # Rows from place k on are called positive.
    hits = ranked.sum() - np.concatenate([[0], np.cumsum(ranked)[:-1]])
    rejected = np.concatenate([[0], np.cumsum(~ranked)[:-1]])
    balanced = hits / positive.sum() + rejected / (~positive).sum()
    # Equal scores fall on one side together.
    first = np.flatnonzero(np.diff(values, prepend=-np.inf) > 0)
    return float(values[first[np.argmax(balanced[first])]])
