"""Rows: the token sequences of one forward pass, with the places where the model is asked for a probability."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pluralign.encode import Encoded


@dataclass(frozen=True, slots=True)
class Query:
    """One sequence of tokens and those of its tokens whose probability is wanted.

    Attributes:
        ids: tokens, int32, shape ``(T,)``.
        targets: ascending indices into ``ids``, all above 0; the model predicts each from the tokens before it.
    """

    ids: np.ndarray
    targets: np.ndarray

    @property
    def inputs(self) -> np.ndarray:
        """The tokens that the model has to read: those before the last target."""
        return self.ids[: self.targets[-1]]


def query(encoded: Encoded) -> Query:
    """The query for the scored tokens; nothing predicts the very first token of a sequence."""
    return Query(encoded.ids, np.flatnonzero(encoded.scored[1:]) + 1)


@dataclass(frozen=True, slots=True)
class Row:
    """A tree of tokens written in depth-first order; a single sequence is the tree without a branch.

    Attributes:
        ids: token of each node, shape ``(L,)``.
        depth: its position in every sequence that passes through it, shape ``(L,)``.
        end: index after the last node below it, shape ``(L,)``; node j precedes node i in a sequence
            exactly when ``j <= i < end[j]``.
        asked: for each query of the row its index, the nodes whose outputs predict its targets, and the targets.
    """

    ids: np.ndarray
    depth: np.ndarray
    end: np.ndarray
    asked: tuple[tuple[int, np.ndarray, np.ndarray], ...]

    @property
    def branches(self) -> bool:
        """True where some node does not precede all later ones, so that a causal mask is not enough."""
        return bool((self.end < len(self.end)).any())


def chains(queries: Sequence[Query]) -> list[Row]:
    """One row per query, in order."""
    return [
        Row(
            ids=query.inputs,
            depth=np.arange(len(query.inputs)),
            end=np.full(len(query.inputs), len(query.inputs)),
            asked=((index, query.targets - 1, query.ids[query.targets]),),
        )
        for index, query in enumerate(queries)
    ]


def trees(queries: Sequence[Query], *, longest: int, width: int) -> list[Row]:
    """Rows in which tokens that several queries share from the start are written, and computed, once.

    The questions asked along one episode share nearly everything: the prompt of shot 3 begins the prompt of shot 4,
    and the choices of one shot differ in their last tokens only. Sorted by their tokens, queries with a common
    beginning stand next to each other, and walking through them in that order *is* the depth-first walk through the
    tree of their beginnings: each query keeps the nodes that it shares with the one before and adds the rest. A node
    attends to itself and to the nodes above it, and its position is its depth, so every query is computed as if it
    stood alone::

        Heads Tails Heads        trunk       Heads Tails Heads
        Heads Tails Tails        branches                  Tails
        Heads Heads                                Heads

    A query joins the row of the query before it when this costs less than a row of its own: dense layers cost one
    unit per token; attention, which also computes the pairs that the mask forbids, ``length ** 2 / (6 * width)``
    (24 width² operations per token and layer against 4 width per pair).

    Args:
        queries: in any order; the same query may occur several times.
        longest: a row grows up to this many tokens; a longer query stands alone.
        width: size of the model's hidden state.

    Returns:
        rows in the order of their tokens; ``Row.asked`` names queries by their position in ``queries``.
    """
    # Big-endian bytes sort as the token sequences do, and compare at the speed of memcmp.
    order = sorted(range(len(queries)), key=lambda i: queries[i].inputs.astype(">u4").tobytes())
    rows, tree = [], _Tree()
    for index in order:
        query = queries[index]
        shared = tree.shared(query.inputs)
        length, new = tree.length, len(query.inputs) - shared
        joined = _cost(length + new, width) - _cost(length, width)
        if length and (length + new > longest or joined > _cost(len(query.inputs), width)):
            rows.append(tree.row())
            tree, shared = _Tree(), 0
        tree.add(index, query, shared)
    return [*rows, tree.row()] if order else rows


def _cost(length: int, width: int) -> float:
    return length + length**2 / (6 * width)


class _Tree:
    """A row under construction."""

    def __init__(self) -> None:
        self.length = 0
        self.path = np.empty(0, np.int64)  # nodes of the query added last, from the root
        self.last = np.empty(0, np.int32)  # and their tokens
        self.ids: list[np.ndarray] = []
        self.depth: list[np.ndarray] = []
        self.closed: list[tuple[np.ndarray, int]] = []
        self.asked: list[tuple[int, np.ndarray, np.ndarray]] = []

    def shared(self, ids: np.ndarray) -> int:
        """Number of tokens that ``ids`` has in common with the query added last, from the start."""
        size = min(len(ids), len(self.last))
        differs = np.flatnonzero(ids[:size] != self.last[:size])
        return int(differs[0]) if len(differs) else size

    def add(self, index: int, query: Query, shared: int) -> None:
        ids = query.inputs
        new = len(ids) - shared
        self.closed.append((self.path[shared:], self.length))
        self.path = np.concatenate([self.path[:shared], np.arange(self.length, self.length + new)])
        self.ids.append(ids[shared:])
        self.depth.append(np.arange(shared, len(ids)))
        self.asked.append((index, self.path[query.targets - 1], query.ids[query.targets]))
        self.length += new
        self.last = ids

    def row(self) -> Row:
        end = np.full(self.length, self.length)
        for nodes, stop in self.closed:
            end[nodes] = stop
        return Row(np.concatenate(self.ids), np.concatenate(self.depth), end, tuple(self.asked))
