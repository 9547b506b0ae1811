"""A latent-factor model of ratings: what can be predicted of a rater without a word about the items or the rater.

Rater r answers item i with the probabilities softmax(T c), where T is an orthonormal basis of contrasts between the
outcomes (polynomials in their order for ordinal scales) and

    c = start + offset_i + (common + loading_i) u_r,     u_r ~ N(0, I) of length rank.

Offsets and loadings have normal priors with mean 0, whose variances are learned for each contrast and factor, so that
items with few ratings lean on the others and factors that are of no use die out. Where the items' texts are given, the
prior means are a linear function of their embeddings, so that items lean on those with like texts, and an item that
nobody rated is read by its text. Loadings of ordinal scales move the first two contrasts only: whether the rater
answers higher, and whether more to the ends. Training maximises the evidence bound of a mean-field normal posterior
over factors, offsets and loadings, with the noise drawn at the level of c (Kingma, Salimans and Welling 2015,
"Variational dropout and the local reparameterization trick", NeurIPS). Rank 0 is the items' own distribution of
answers.

A new rater's factors are the mode of their posterior given the fit ratings, found by steps under a fixed bound of the
curvature, which never overshoot (Böhning and Lindsay 1988, Annals of the Institute of Statistical Mathematics 40);
predictions average over the normal approximation around it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import torch
from scipy.special import softmax
from scipy.stats import qmc
from torch.nn.functional import cross_entropy

from pluralign.errors import DataError, UsageError
from pluralign.raters.ratings import Ratings
from pluralign.raters.scale import Scale
from pluralign.raters.splits import Split

RANKS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
_EPOCHS = 100
_LARGEST_BATCH = 6144
_LEARNING_RATE = 0.03
_DRAWS = 64
_NUMBERS_AT_ONCE = 8_000_000
_FIXED = ("basis", "features")
_MOST_FEATURES = 32
_ITEMS_PER_FEATURE = 5


@dataclass(frozen=True)
class LatentFactors:
    """A fitted model. B is the number of contrasts (outcomes - 1), L <= B that of those which loadings move.

    Attributes:
        basis: T, shape (outcomes, B).
        start: shape (B,).
        offset: posterior mean of each item's offset, shape (items, B), and its variance.
        offset_variance: shape (items, B).
        common: shape (B, rank).
        loading: posterior mean of each item's loadings, shape (items, L, rank), and their variance.
        loading_variance: shape (items, L, rank).
    """

    basis: np.ndarray
    start: np.ndarray
    offset: np.ndarray
    offset_variance: np.ndarray
    common: np.ndarray
    loading: np.ndarray
    loading_variance: np.ndarray

    @property
    def rank(self) -> int:
        """Number of factors."""
        return self.common.shape[1]

    def factors(self, ratings: Ratings, fit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Factors of every rater from the ratings in rows ``fit``.

        Returns:
            posterior modes, shape (raters, rank), and matrices S of shape (raters, rank, rank) such that mode + S z
            with standard normal z is a draw from the approximate posterior; for raters without a rating 0 and the
            identity, which is the prior.
        """
        raters = ratings.raters.height
        mode = np.zeros((raters, self.rank))
        spread = np.broadcast_to(np.eye(self.rank), (raters, self.rank, self.rank)).copy()
        if not self.rank or not len(fit):
            return mode, spread
        rows = fit[np.argsort(ratings.rater[fit], kind="stable")]
        who, counts = np.unique(ratings.rater[rows], return_counts=True)
        ends = np.cumsum(counts)
        # Raters with like numbers of ratings go together, so that little of the padding is empty.
        order = np.argsort(counts, kind="stable")
        size = self.common.size
        start = 0
        while start < len(order):
            stop = start + 1
            while stop < len(order) and (stop + 1 - start) * counts[order[stop]] * size <= _NUMBERS_AT_ONCE:
                stop += 1
            some = order[start:stop]
            longest = counts[some].max()
            slot = np.arange(longest) < counts[some, None]
            place = np.minimum((ends - counts)[some, None] + np.arange(longest), len(rows) - 1)
            taken = rows[place]
            found = self._posterior(ratings.item[taken], ratings.label[taken], slot)
            mode[who[some]], spread[who[some]] = found
            start = stop
        return mode, spread

    def predict(self, ratings: Ratings, fit: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Probabilities of each answer in ``rows``, given the raters' ratings in ``fit``; shape (rows, outcomes).

        The same normal draws serve all raters and rows, so that a prediction depends on nothing but its rater's fit
        ratings and its item.
        """
        contrasts = self.basis.shape[1]
        draws = qmc.MultivariateNormalQMC(np.zeros(self.rank + contrasts), rng=np.random.default_rng(0))
        z, noise = np.split(draws.random(_DRAWS), [self.rank], 1)
        mode, spread = self.factors(ratings, fit)
        answers = np.empty((len(rows), len(self.basis)))
        step = max(_NUMBERS_AT_ONCE // (_DRAWS * (self.rank + 2 * contrasts + 1)), 1)
        for begin in range(0, len(rows), step):
            some = rows[begin : begin + step]
            item, (who, back) = ratings.item[some], np.unique(ratings.rater[some], return_inverse=True)
            u = (mode[who, None] + z @ np.swapaxes(spread[who], 1, 2))[back]
            c = u @ np.swapaxes(self._slopes(item), 1, 2) + (self.start + self.offset[item])[:, None]
            variance = np.repeat(self.offset_variance[item, None], _DRAWS, 1)
            moved = self.loading.shape[1]
            variance[..., :moved] += u**2 @ np.swapaxes(self.loading_variance[item], 1, 2)
            answers[begin : begin + step] = softmax((c + np.sqrt(variance) * noise) @ self.basis.T, -1).mean(1)
        return answers

    def _slopes(self, item: np.ndarray) -> np.ndarray:
        """How contrasts move with the factors: common + loading, shape (..., B, rank)."""
        slopes = np.broadcast_to(self.common, (*item.shape, *self.common.shape)).copy()
        slopes[..., : self.loading.shape[1], :] += self.loading[item]
        return slopes

    def _posterior(self, item: np.ndarray, label: np.ndarray, slot: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Modes and spreads of raters from padded ratings of shape (raters, longest); ``slot`` marks true ones."""
        raters, longest = item.shape
        slopes = self._slopes(item) * slot[..., None, None]
        flat = slopes.reshape(raters, -1, self.rank)
        fixed = self.start + self.offset[item]
        given = self.basis[label]
        identity = np.eye(self.rank)
        bound = np.linalg.inv(identity + np.swapaxes(flat, 1, 2) @ flat / 2)
        u = np.zeros((raters, self.rank))
        for _ in range(300):
            c = fixed + (flat @ u[..., None]).reshape(raters, longest, -1)
            surprise = (given - softmax(c @ self.basis.T, -1) @ self.basis).reshape(raters, -1, 1)
            move = (bound @ (np.swapaxes(flat, 1, 2) @ surprise - u[..., None]))[..., 0]
            u += move
            if np.abs(move).max() < 1e-5:
                break
        p = softmax((fixed + (flat @ u[..., None]).reshape(raters, longest, -1)) @ self.basis.T, -1)
        # The curvature A'T'(diag p - pp')TA as two products of matrices that are as small as the factors.
        mean = p @ self.basis
        curved = np.einsum("rny,yb,yc->rnbc", p, self.basis, self.basis) - mean[..., None] * mean[..., None, :]
        precision = identity + np.swapaxes(flat, 1, 2) @ (curved @ slopes).reshape(raters, -1, self.rank)
        return u, np.swapaxes(np.linalg.inv(np.linalg.cholesky(precision)), 1, 2)


def fit_latent(
    ratings: Ratings,
    train: np.ndarray,
    rank: int,
    *,
    features: np.ndarray | None = None,
    steps: int = 1500,
    seed: int = 0,
) -> LatentFactors:
    """Fit the model to the ratings in rows ``train``.

    Args:
        ratings: the ratings.
        train: rows to learn from.
        rank: number of factors; 0 for none.
        features: of the items' texts (:func:`text_features`), shape (items, features); None does without texts.
        steps: steps of the optimiser, each on a batch of ratings.
        seed: of the start, the order of ratings and the noise.

    Raises:
        DataError: there is nothing to learn from.
        UsageError: the rank is negative.
    """
    if not len(train):
        raise DataError("there are no ratings to fit the latent factors to")
    if rank < 0:
        raise UsageError(f"the number of factors cannot be {rank}")
    basis = contrasts(ratings.scale)
    moved = min(2, basis.shape[1]) if ratings.scale.kind == "ordinal" else basis.shape[1]
    who, rater = np.unique(ratings.rater[train], return_inverse=True)
    items = ratings.items.height
    features = np.zeros((items, 0)) if features is None else features
    shares = np.bincount(ratings.label[train], minlength=len(basis)) + 0.5
    model = _Posterior(
        torch.from_numpy(basis).float(),
        torch.from_numpy(np.log(shares / shares.sum()) @ basis).float(),
        len(who),
        torch.from_numpy(features).float(),
        moved,
        rank,
        torch.Generator().manual_seed(seed),
    )
    item, label = (torch.from_numpy(of[train].astype(np.int64)) for of in (ratings.item, ratings.label))
    model.train(torch.from_numpy(rater), item, label, steps)
    rated = np.zeros(items, bool)
    rated[ratings.item[train]] = True
    return model.fitted(basis, rated)


def contrasts(scale: Scale) -> np.ndarray:
    """An orthonormal basis of what can differ between outcomes, shape (outcomes, outcomes - 1); columns sum to 0.

    For ordinal scales column k is a polynomial of degree k + 1 in the place of the outcome.
    """
    outcomes = len(scale.outcomes)
    powers = np.linspace(-1, 1, outcomes)[:, None] ** np.arange(outcomes)
    if scale.kind != "ordinal":
        powers = np.column_stack([np.ones(outcomes), np.eye(outcomes)[:, 1:]])
    basis = np.linalg.qr(powers)[0][:, 1:]
    return basis * np.where(basis[-1] < 0, -1, 1)


def text_features(vectors: np.ndarray) -> np.ndarray:
    """Leading principal components of the items' embeddings, scaled to mean square 1.

    Args:
        vectors: shape (items, dimensions).

    Returns:
        shape (items, features); one feature per five items, at most 32.
    """
    centred = (vectors - vectors.mean(0)).astype(np.float64)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    count = min(_MOST_FEATURES, len(vectors) // _ITEMS_PER_FEATURE, int((size > 1e-6 * max(size[0], 1e-9)).sum()))
    return left[:, :count] * np.sqrt(len(vectors))


def latent_losses(
    ratings: Ratings, split: Split, ranks: Sequence[int] = RANKS, *, steps: int = 1500, seed: int = 0
) -> pl.DataFrame:
    """Held-out losses of the model at several ranks, for a picture of information against rank.

    Returns:
        the table that :func:`pluralign.raters.information.information` takes, with the representations ``latent 0``
        (nothing is known of the rater), ``latent 1`` and so on.
    """
    rows = split.evaluate
    label = ratings.label[rows]
    tables = []
    for rank in ranks:
        answers = fit_latent(ratings, split.train, rank, steps=steps, seed=seed).predict(ratings, split.fit, rows)
        tables.append(
            pl.DataFrame(
                {
                    "seed": np.full(len(rows), split.seed),
                    "rater": ratings.rater[rows],
                    "item": ratings.item[rows],
                    "representation": [f"latent {rank}"] * len(rows),
                    "loss": -np.log(answers[np.arange(len(rows)), label]),
                    "correct": answers.argmax(1) == label,
                }
            )
        )
    return pl.concat(tables)


class _Posterior:
    """Means and log standard deviations of a mean-field normal posterior, and what is learned beside it."""

    def __init__(
        self,
        basis: torch.Tensor,
        start: torch.Tensor,
        raters: int,
        features: torch.Tensor,
        moved: int,
        rank: int,
        generator: torch.Generator,
    ):
        self.basis, self.features, self.rank, self.generator = basis, features, rank, generator
        size, (items, known) = basis.shape[1], features.shape

        def near(scale: float, *shape: int) -> torch.Tensor:
            return torch.randn(shape, generator=generator) * scale

        self.start = start
        self.offset, self.offset_sd = torch.zeros(items, size), torch.full((items, size), -1.5)
        self.common = near(0.3, size, rank)
        self.loading, self.loading_sd = near(0.1, items, moved, rank), torch.full((items, moved, rank), -2.0)
        self.factor, self.factor_sd = near(0.1, raters, rank), torch.full((raters, rank), -0.7)
        self.read_offset, self.read_offset_sd = torch.zeros(known, size), torch.full((known, size), -2.5)
        self.read_loading = torch.zeros(known, moved * rank)
        self.read_loading_sd = torch.full((known, moved * rank), -3.0)
        self.read_offset_prior, self.read_loading_prior = torch.full((size,), -1.5), torch.full((moved * rank,), -2.0)
        self.offset_prior, self.loading_prior = torch.full((size,), -0.7), torch.full((moved, rank), -1.0)

    def train(self, rater: torch.Tensor, item: torch.Tensor, label: torch.Tensor, steps: int) -> None:
        state = (value for name, value in vars(self).items() if torch.is_tensor(value) and name not in _FIXED)
        learned = [value.requires_grad_() for value in state if value.numel()]
        n = len(label)
        per_rater = 1 / torch.bincount(rater).clamp(min=1)[rater]
        per_item = 1 / torch.bincount(item).clamp(min=1)[item]
        batch = min(max(n * _EPOCHS // steps, 1024), _LARGEST_BATCH, n)
        optimizer = torch.optim.Adam(learned, lr=_LEARNING_RATE, betas=(0.9, 0.98), fused=True)
        order = torch.randperm(n, generator=self.generator)
        at = 0
        for step in range(steps):
            done = step / steps
            optimizer.param_groups[0]["lr"] = _LEARNING_RATE * min(1.0, 2 * (1 - done))
            if at + batch > n:
                order, at = torch.randperm(n, generator=self.generator), 0
            rows = order[at : at + batch]
            at += batch
            # The priors come in slowly, or factors would be given up before they had found anything.
            prior = min(1.0, done / 0.2)
            loss = self._loss(rater[rows], item[rows], label[rows], per_rater[rows], per_item[rows], prior)
            loss = loss + ((self.common**2).sum() / 2 + prior * self._paid_for_reading()) / n
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()

    def _loss(self, rater, item, label, per_rater, per_item, prior: float) -> torch.Tensor:
        """Negative evidence bound per rating, estimated from a batch of ratings."""
        features, offset_sd = self.features[item], self.offset_sd[item]
        c = self.start + self.offset[item] + features @ self.read_offset
        variance = (2 * offset_sd).exp() + features**2 @ (2 * self.read_offset_sd).exp()
        paid = per_item * _divergence(self.offset[item], offset_sd, self.offset_prior).sum(1)
        if self.rank:
            mean, sd = self.factor[rater], self.factor_sd[rater]
            u = mean + sd.exp() * self._noise(mean.shape)
            loading, loading_sd = self.loading[item], self.loading_sd[item]
            c = c + u @ self.common.T
            read = (features @ self.read_loading).view_as(loading)
            read_variance = (features**2 @ (2 * self.read_loading_sd).exp()).view_as(loading)
            added = ((loading + read) @ u[..., None])[..., 0]
            spread = (((2 * loading_sd).exp() + read_variance) @ u[..., None] ** 2)[..., 0]
            rest = (0, c.shape[1] - added.shape[1])
            c, variance = c + torch.nn.functional.pad(added, rest), variance + torch.nn.functional.pad(spread, rest)
            paid = paid + per_rater * _divergence(mean, sd, torch.zeros(())).sum(1)
            paid = paid + per_item * _divergence(loading, loading_sd, self.loading_prior).sum((1, 2))
        drawn = c + variance.sqrt() * self._noise(c.shape)
        return cross_entropy(drawn @ self.basis.T, label) + prior * paid.mean()

    def _paid_for_reading(self) -> torch.Tensor:
        parts = (self.read_offset, self.read_offset_sd, self.read_offset_prior)
        others = (self.read_loading, self.read_loading_sd, self.read_loading_prior)
        return _divergence(*parts).sum() + _divergence(*others).sum()

    def _noise(self, shape: torch.Size) -> torch.Tensor:
        return torch.randn(shape, generator=self.generator)

    def fitted(self, basis: np.ndarray, rated: np.ndarray) -> LatentFactors:
        """The model as arrays; items that nobody rated have their prior."""

        def arrays(name: str) -> tuple[np.ndarray, np.ndarray]:
            mean, sd, prior = (vars(self)[name + part] for part in ("", "_sd", "_prior"))
            seen = rated.reshape(-1, *[1] * (mean.ndim - 1))
            m, v, p = (t.detach().double().numpy() for t in (mean, (2 * sd).exp(), (2 * prior).exp()))
            read, read_sd = (vars(self)[f"read_{name}{part}"] for part in ("", "_sd"))
            known = (self.features @ read).view_as(mean), (self.features**2 @ (2 * read_sd).exp()).view_as(mean)
            text, doubt = (t.detach().double().numpy() for t in known)
            return text + np.where(seen, m, 0), doubt + np.where(seen, v, p)

        offset, loading = arrays("offset"), arrays("loading")
        start, common = (t.detach().double().numpy() for t in (self.start, self.common))
        return LatentFactors(basis, start, *offset, common, *loading)


def _divergence(mean: torch.Tensor, sd: torch.Tensor, prior: torch.Tensor) -> torch.Tensor:
    """Kullback-Leibler divergence of N(mean, exp(sd)^2) from N(0, exp(prior)^2), in nats."""
    return prior - sd + ((2 * sd).exp() + mean**2) / (2 * (2 * prior).exp()) - 0.5
