"""The network of the compact decoder: a latent trait model of which texts and demonstrations are evidence.

A rater is a vector of traits u. The answer y to item i has the probability

    p(y | i, u) = softmax(T (offset_i + slopes_i u))_y,     u ~ N(0, I) where nothing is told,

a multidimensional nominal response model (Bock 1972, Psychometrika 37). Offsets and slopes, with their uncertainty,
come from :mod:`pluralign.raters.latent`, where items lean on those with like texts.

What is told about a rater gives a normal belief about u. Each fact and each sentence of a profile multiplies it by a
normal factor, whose precision and mean are read from the embedding of the text, and in part from all texts together
(a transformer without positions; Vaswani et al. 2017). Demonstrations multiply it by the probability of the answers,
of which Laplace's approximation is taken by Newton's method. A profile repeats what demonstrations of the same ratings
say, so it counts less the more of these there are.

The prediction is the answers of the crowd, moved by how far the belief moves those of the model:

    p(y) ∝ crowd_i(y) E[p(y | i, u) | told] / E[p(y | i, u)],

with expectations over one fixed set of draws. So where nothing is told it is the crowd's answer itself. All sums run
over sets: the order of telling does not matter.

Sizes: B raters, N demonstrations, M texts, T items asked about, I items, L outcomes, D contrasts between outcomes, K
traits, S draws.
"""

from typing import NamedTuple

import numpy as np
import torch
from scipy.stats import qmc
from torch import Tensor, nn
from torch.nn import functional

from pluralign.raters.compact.settings import Settings
from pluralign.raters.latent import LatentFactors

_DRAWS = 32
_ITEMS_AT_ONCE = 256
_NEWTON_STEPS = 12
_LONGEST_STEP = 3.0
"""In standard deviations of the population; without a limit, Newton's method may overshoot."""

_CONVERGED = 1e-4


class Told(NamedTuple):
    """What is told about raters, padded.

    Attributes:
        item: items of demonstrations, shape (B, N).
        label: answers to them, shape (B, N).
        shown: True where there is a demonstration, shape (B, N).
        text: components of embeddings of facts and profile sentences, shape (B, M, P).
        profile: True where a text is of a profile, shape (B, M).
        said: True where there is a text, shape (B, M).
    """

    item: Tensor
    label: Tensor
    shown: Tensor
    text: Tensor
    profile: Tensor
    said: Tensor


class Known(NamedTuple):
    """What is believed of raters once they were told about.

    Attributes:
        mean: of the traits, shape (B, K).
        root: R with R R' the covariance, shape (B, K, K).
    """

    mean: Tensor
    root: Tensor


class RaterNetwork(nn.Module):
    """See the module.

    Args:
        model: offsets and slopes of the items; not trained further.
        components: number P of components of the embeddings of texts about raters.
        settings: of the size.
    """

    basis: Tensor
    offset: Tensor
    offset_variance: Tensor
    slopes: Tensor
    loading_variance: Tensor
    usual: Tensor
    strength: Tensor
    draws: Tensor
    noise: Tensor

    def __init__(self, model: LatentFactors, components: int, settings: Settings):
        super().__init__()
        width, dropout = settings.width, settings.dropout
        traits, contrasts = model.rank, model.basis.shape[1]
        normal = qmc.MultivariateNormalQMC(np.zeros(traits + contrasts), rng=np.random.default_rng(0))
        # With the mirror image of each draw, odd moments are right.
        some = torch.from_numpy(normal.random(_DRAWS // 2)).float()
        draws, noise = torch.cat([some, -some]).split([traits, contrasts], 1)
        self.register_buffer("draws", draws, persistent=False)
        self.register_buffer("noise", noise, persistent=False)
        self.take(model)
        # How many ratings the model is worth beside an item's own counts.
        self.register_buffer("strength", torch.tensor(20.0))
        self.of_profile = nn.Embedding(2, 2 * traits)
        self.factor = nn.Linear(components, 2 * traits, bias=False)
        self.read_text = nn.Linear(components, width)
        self.kind = nn.Embedding(2, width)
        self.relate = nn.TransformerEncoderLayer(
            width, settings.heads, 2 * width, dropout, "gelu", batch_first=True, norm_first=True
        )
        self.relation = nn.Linear(width, 2 * traits, bias=False)
        # Logarithms of what a demonstration weighs, and of the share of a profile that one repeats.
        self.evidence = nn.Parameter(torch.tensor(0.0))
        self.repeated = nn.Parameter(torch.tensor(0.0))
        with torch.no_grad():
            self.factor.weight.zero_()
            self.relation.weight.zero_()
            self.of_profile.weight.copy_(torch.cat([torch.zeros(traits), torch.full((traits,), -4.0)]).expand(2, -1))

    def take(self, model: LatentFactors) -> None:
        """Take offsets and slopes of the items from ``model``, and what it gives to each answer over all raters."""
        slopes = np.broadcast_to(model.common, (len(model.offset), *model.common.shape)).copy()
        slopes[:, : model.loading.shape[1]] += model.loading
        arrays = {
            "basis": model.basis,
            "offset": model.start + model.offset,
            "offset_variance": model.offset_variance,
            "slopes": slopes,
            "loading_variance": model.loading_variance,
        }
        for name, array in arrays.items():
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(array, np.float32)))
        nobody = Known(torch.zeros(1, model.rank), torch.eye(model.rank)[None])
        with torch.no_grad():
            some = torch.arange(len(self.offset)).split(_ITEMS_AT_ONCE)
            self.register_buffer("usual", torch.cat([self._expected(items[None], nobody)[0] for items in some]))

    def crowd(self, counts: Tensor, item: Tensor, own: Tensor | None = None) -> Tensor:
        """Log-probability of each answer if nothing is known of the rater.

        Args:
            counts: how often each item was answered how, shape (I, L).
            item: shape (B, T).
            own: the rater's own answers, where they are among the counted ones, shape (B, T).

        Returns:
            shape (B, T, L).
        """
        given = counts[item]
        if own is not None:
            given = (given - functional.one_hot(own, given.shape[-1])).clamp(min=0)
        usual = self.usual[item].exp()
        return ((given + self.strength * usual) / (given.sum(-1, keepdim=True) + self.strength)).log()

    def tell(self, told: Told) -> Known:
        """What is believed of raters once they were told about."""
        shift, precision = self._texts(told)
        weight = told.shown * self.evidence.exp()
        slopes = self.slopes[told.item]
        flat = slopes.flatten(1, 2)
        offset = self.offset[told.item]
        given = self.basis[told.label]

        def step(mean: Tensor) -> tuple[Tensor, Tensor]:
            p = ((offset + (flat @ mean[..., None]).view_as(offset)) @ self.basis.T).softmax(-1)
            expected = p @ self.basis
            slope = ((given - expected) * weight[..., None]).flatten(1)
            gradient = shift - precision * mean + (slope[:, None] @ flat)[:, 0]
            curved = (self.basis.T * p[..., None, :]) @ self.basis - expected[..., None] * expected[..., None, :]
            spread = flat.mT @ ((curved * weight[..., None, None]) @ slopes).flatten(1, 2)
            root = torch.linalg.cholesky(torch.diag_embed(precision) + spread)
            move = torch.cholesky_solve(gradient[..., None], root)[..., 0]
            return mean + move * (_LONGEST_STEP / move.norm(dim=-1, keepdim=True).clamp(min=_LONGEST_STEP)), root

        mean = shift / precision
        if told.shown.any():
            with torch.no_grad():
                for _ in range(_NEWTON_STEPS):
                    last, (mean, _) = mean, step(mean)
                    if (mean - last).abs().max() < _CONVERGED:
                        break
            # At the mode, the derivative of one step of Newton's method is that of the mode.
            mean, root = step(mean)
        else:
            root = torch.diag_embed(precision.sqrt())
        return Known(mean, torch.linalg.inv(root).mT)

    def ask(self, counts: Tensor, known: Known, item: Tensor, own: Tensor | None = None) -> Tensor:
        """Log-probabilities of answers by raters.

        Args:
            counts: how often each item was answered how, shape (I, L).
            item: shape (B, T).
            own: their answers, where these are among the counted ones, shape (B, T).

        Returns:
            shape (B, T, L).
        """
        moved = self._expected(item, known) - self.usual[item]
        return (self.crowd(counts, item, own) + moved).log_softmax(-1)

    def _expected(self, item: Tensor, known: Known) -> Tensor:
        """Log-probabilities under the model, expected over the belief; shape (B, T, L)."""
        u = known.mean[:, None] + self.draws @ known.root.mT
        slopes = self.slopes[item]
        c = self.offset[item][..., None, :] + (slopes.flatten(1, 2) @ u.mT).unflatten(1, slopes.shape[1:3]).mT
        variance = self.offset_variance[item][..., None, :].expand_as(c)
        doubt = self.loading_variance[item]
        added = (doubt.flatten(1, 2) @ u.square().mT).unflatten(1, doubt.shape[1:3]).mT
        variance = variance + functional.pad(added, (0, c.shape[-1] - added.shape[-1]))
        logits = (c + variance.sqrt() * self.noise) @ self.basis.T
        return logits.log_softmax(-1).logsumexp(-2) - np.log(_DRAWS)

    def _texts(self, told: Told) -> tuple[Tensor, Tensor]:
        """Precision times mean, and precision, of the traits before demonstrations; shapes (B, K)."""
        raters, texts = told.said.shape
        if not texts:
            none = torch.zeros(raters, self.draws.shape[1])
            return none, none + 1
        kind = told.profile.long()
        # Where nothing is said, padding may attend to itself: not-a-number would spread otherwise.
        absent = ~told.said & told.said.any(1, keepdim=True)
        related = self.relate(self.read_text(told.text) + self.kind(kind), src_key_padding_mask=absent)
        shift, precision = (self.factor(told.text) + self.of_profile(kind) + self.relation(related)).chunk(2, -1)
        repeats = 1 / (1 + told.shown.sum(1, keepdim=True) * self.repeated.exp())
        weight = (told.said * torch.where(told.profile, repeats, 1.0))[..., None]
        return (shift * weight).sum(1), 1 + (functional.softplus(precision) * weight).sum(1)
