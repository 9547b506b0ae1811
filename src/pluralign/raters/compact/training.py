"""Training of the network: steps on random episodes, and the checkpoint that predicts held-out ratings best.

At first, what is believed of a rater is brought near to what all ratings of this rater tell (the smaller the
Kullback-Leibler divergence, the better): a teacher with less noise than single answers. Then the ratings to be
predicted are the aim themselves.
"""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pluralign.raters.compact.episodes import Batch, Episodes
from pluralign.raters.compact.network import Known, RaterNetwork, Told
from pluralign.raters.compact.settings import Settings

_CHECKPOINTS = 16
_PATIENCE = 4
"""Checkpoints in a row that may be worse than the best."""

_TAUGHT = 0.5
"""Share of the steps in which the teacher is the aim."""

_WARM_UP = 20
_DECAY = 0.05
_LONGEST_GRADIENT = 5.0
_STRENGTHS = (1.0, 10.0, 30.0, 100.0, 300.0, 10_000.0)
_AT_ONCE = 128


@dataclass(frozen=True)
class Material:
    """What episodes refer to.

    Attributes:
        texts: components of the texts, shape (texts, components).
        counts: how often each item was answered how in the ratings that are learned from, shape (items, outcomes).
    """

    texts: Tensor
    counts: Tensor


def train(
    network: RaterNetwork,
    material: Material,
    episodes: Episodes,
    held_out: Sequence[Batch],
    settings: Settings,
    seed: int,
    progress: Callable[[int], None],
    last: int | None = None,
) -> list[tuple[int, float]]:
    """Train the network in place. Depends on the seed alone, not on the state of any random generator.

    Args:
        held_out: episodes by which checkpoints are compared. If there are none, the last weights stay.
        progress: called with the number of steps done since the last call; in all, ``settings.steps``.
        last: number of steps after which training ends. None takes all, or none where nothing is held out: from so
            few raters, what texts mean cannot be learned.

    Returns:
        step and held-out loss (nats) of each checkpoint.
    """
    rng = np.random.default_rng([seed, 2])
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=_DECAY)
    taught = round(_TAUGHT * settings.steps)
    looks = {round(settings.steps * part / _CHECKPOINTS) for part in range(_CHECKPOINTS + 1)} if held_out else set()
    history: list[tuple[int, float]] = []
    best = copy.deepcopy(network.state_dict())
    teacher = _teacher(network, episodes)
    if last is None:
        last = settings.steps if held_out else 0
    step = 0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for step in range(last + 1):
            if step in looks:
                loss = mean_loss(network, material, held_out)
                if loss < min((past for _, past in history), default=math.inf):
                    best = copy.deepcopy(network.state_dict())
                history.append((step, loss))
                worse = len(history) - 1 - min(range(len(history)), key=lambda k: history[k][1])
                if worse >= _PATIENCE and step > taught:
                    break
            if step == last:
                break
            network.train()
            done, length = (step, taught) if step < taught else (step - taught, settings.steps - taught)
            rate = min(1.0, (done + 1) / _WARM_UP) * 0.5 * (1 + math.cos(math.pi * done / length))
            optimizer.param_groups[0]["lr"] = settings.learning_rate * rate
            batch = episodes.draw(rng, settings.batch)
            if step < taught:
                loss = _distance(_known(network, material, batch), Known(*(part[batch.entry] for part in teacher)))
            else:
                nats, number = _loss(network, material, batch, True)
                loss = nats / number
            if loss.requires_grad:  # what is told of raters may be nothing, of which there is nothing to learn
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), _LONGEST_GRADIENT)
                optimizer.step()
            progress(1)
    progress(settings.steps - step)
    if held_out:
        network.load_state_dict(best)
    network.eval()
    return history


@torch.no_grad()
def mean_loss(network: RaterNetwork, material: Material, batches: Sequence[Batch]) -> float:
    """Mean loss (nats) of held-out ratings; what is predicted is not among the counted answers."""
    network.eval()
    losses = [_loss(network, material, batch, False) for batch in batches]
    return float(sum(nats for nats, _ in losses) / sum(number for _, number in losses))


def choose_strength(network: RaterNetwork, material: Material, batches: Sequence[Batch]) -> None:
    """Set how many ratings the model is worth beside an item's own counts, by held-out loss."""
    losses = []
    for strength in _STRENGTHS:
        network.strength.fill_(strength)
        losses.append(mean_loss(network, material, batches))
    network.strength.fill_(_STRENGTHS[int(np.argmin(losses))])


@torch.no_grad()
def _teacher(network: RaterNetwork, episodes: Episodes) -> Known:
    """What all ratings of each entry tell."""
    network.eval()
    parts = []
    for first in range(0, len(episodes), _AT_ONCE):
        item, label, shown = map(torch.from_numpy, episodes.whole(first, _AT_ONCE))
        nothing = torch.zeros(len(item), 0)
        parts.append(network.tell(Told(item, label, shown, nothing[..., None], nothing > 0, nothing > 0)))
    return Known(torch.cat([part.mean for part in parts]), torch.cat([part.root for part in parts]))


def _distance(known: Known, teacher: Known) -> Tensor:
    """Mean Kullback-Leibler divergence of what is believed from the teacher's belief, less what is fixed."""
    off = torch.cat([(known.mean - teacher.mean)[..., None], teacher.root], -1)
    off = torch.linalg.solve_triangular(known.root, off, upper=True)
    size = known.root.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    return (0.5 * off.square().sum((1, 2)) + size).mean()


def _known(network: RaterNetwork, material: Material, batch: Batch) -> Known:
    told = Told(
        *map(torch.from_numpy, (batch.item, batch.label, batch.shown)),
        material.texts[torch.from_numpy(batch.text)],
        torch.from_numpy(batch.profile),
        torch.from_numpy(batch.said),
    )
    return network.tell(told)


def _loss(network: RaterNetwork, material: Material, batch: Batch, counted: bool) -> tuple[Tensor, Tensor]:
    """Summed loss of an episode's ratings, and their number.

    Args:
        counted: whether the ratings to be predicted are among the counted ones.
    """
    asked, answer, due = map(torch.from_numpy, (batch.asked, batch.answer, batch.due))
    log_p = network.ask(material.counts, _known(network, material, batch), asked, answer if counted else None)
    loss = -log_p.gather(-1, answer[..., None])[..., 0]
    return loss[due].sum(), due.sum()
