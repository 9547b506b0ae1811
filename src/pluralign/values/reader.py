"""The embedded reader of pairs: does a consideration bear on a situation, and which way?

A consideration has a *direction*: it urges what it is about or warns of it ("You should help", "It is wrong to help").
A situation does more or less of that, by a *likeness* of the two texts. Their product says which way the one bears on
the other, so that a norm turned around turns the answer around. To it are added how good the situation looks by itself
and how severe the consideration is.

Each text is read alone, by the packaged encoder and by a tuned copy of its upper half; so a bank of considerations is
read once, and a new situation is compared with all of it at the cost of one reading.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from pluralign.errors import ModelError
from pluralign.lm.embed import DIGEST
from pluralign.lm.halves import BATCH, Texts, Upper, pick, prepare
from pluralign.lm.protocol import Progress
from pluralign.values.consideration import VALENCES

TOKENS = 256
"""Most tokens of a text, some 190 words of English; the rest is not read."""

_WEIGHTS, _CONFIG = "reader.safetensors", "reader.json"
_LEVELS = 3
"""Of mean states of the packaged encoder, after every second layer."""
_COMPARED = (1, 2)
"""Those of them on which likeness is measured; the first one tells direction only."""
_LENGTH = 3.0
"""Of tuned vectors; those of the packaged encoder have length 1."""
_AT_ONCE = 4096


class Comparison(nn.Module):
    """Raw comparison of two texts, each some vectors of one size.

    Args:
        size: of a vector.
        count: of vectors per text.
        compared: which of them likeness is measured on; all of them tell what a text says by itself.
        cosine: how much cosine similarity counts at first.
        shift: of relevance, likeness and either at first.
    """

    def __init__(self, size: int, count: int, compared: Sequence[int], cosine: float, shift: Sequence[float]):
        super().__init__()
        self.compared = tuple(compared)
        self.both = nn.Parameter(torch.zeros(3, len(compared), size, size))
        self.cosine = nn.Parameter(torch.full((3, len(compared)), cosine) * torch.tensor([[1.0], [1.0], [0.0]]))
        self.shift = nn.Parameter(torch.tensor(shift))
        self.situation = nn.Parameter(torch.zeros(3, count * size))
        self.consideration = nn.Parameter(torch.zeros(4, count * size))

    def forward(self, considerations: torch.Tensor, situations: torch.Tensor) -> torch.Tensor:
        """Relevance, likeness, either, side by the texts alone, and direction before the squashing; (pairs, 5)."""
        likeness = self.shift
        for slot, place in enumerate(self.compared):
            one, other = considerations[:, place], situations[:, place]
            forms = torch.stack([(one * (other @ form.T)).sum(1) for form in self.both[:, slot]], 1)
            likeness = likeness + forms + (one * other).sum(1)[:, None] * self.cosine[:, slot]
        here = situations.flatten(1) @ self.situation.T
        said = considerations.flatten(1) @ self.consideration.T
        alone = here + said[:, :3]
        near, likely, either = likeness.unbind(1)
        return torch.stack([near + alone[:, 0], likely, either + alone[:, 1], alone[:, 2], said[:, 3]], 1)


class Reader(nn.Module):
    """Upper layers tuned on single texts, and what compares two texts.

    Attributes:
        upper: the tuned layers.
        known: compares what the packaged encoder says of two texts.
        own: what the tuned layers add.

    Raises:
        ModelError: the packaged encoder is absent, or holds other weights.
    """

    def __init__(self):
        super().__init__()
        self.upper = Upper(1)
        size = self.upper.size
        self.known = Comparison(size, _LEVELS, _COMPARED, 5.0, (-3.0, -1.5, -1.0))
        self.own = Comparison(size, 1, (0,), 0.0, (0.0, 0.0, 0.0))

    def tuned(self, states: Sequence[torch.Tensor]) -> torch.Tensor:
        """The tuned vectors of texts after the lower layers, shape (texts, 1, size)."""
        found = self.upper([[state] for state in states])
        return _LENGTH * nn.functional.normalize(found, dim=1)[:, None]

    def forward(self, considerations: torch.Tensor, situations: torch.Tensor) -> torch.Tensor:
        """Log-odds of relevance, then logits of the three valences, shape (pairs, 4).

        Args:
            considerations, situations: the packaged encoder's vectors and perhaps the tuned one, shape (pairs, 3 or 4,
                size); one situation stands for all pairs.
        """
        found = self.known(considerations[:, :_LEVELS], situations[:, :_LEVELS])
        if considerations.shape[1] > _LEVELS:
            found = found + self.own(considerations[:, _LEVELS:], situations[:, _LEVELS:])
        near, likely, either, alone, direction = found.unbind(1)
        side = torch.tanh(direction) * likely + alone
        return torch.stack([near, side, -side, either], 1)

    def goodness(self, situations: torch.Tensor) -> torch.Tensor:
        """What situations by themselves add to the logit of support, shape (situations,).

        Args:
            situations: all vectors of each, shape (situations, 4, size).
        """
        return situations.flatten(1) @ torch.cat([self.known.situation[2], self.own.situation[2]])


def levels(texts: Texts) -> torch.Tensor:
    """The packaged encoder's mean states of each distinct text, of length 1, shape (distinct, levels, size)."""
    return nn.functional.normalize(torch.from_numpy(texts.pooled), dim=2)


def vectors(reader: Reader, wanted: Sequence[str], progress: Progress | None = None) -> np.ndarray:
    """All vectors of texts, float32, shape (texts, levels + 1, size).

    Args:
        progress: called with the number of texts finished since the last call.
    """
    if not wanted:
        return np.zeros((0, _LEVELS + 1, reader.upper.size), np.float32)
    texts = prepare([(text,) for text in wanted], TOKENS)
    order = np.argsort(texts.lengths(np.arange(len(wanted))), kind="stable")
    tuned = torch.zeros(len(wanted), 1, reader.upper.size)
    reader.eval()
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            tuned[some] = reader.tuned([row[0] for row in pick(texts, some)])
            if progress is not None:
                progress(len(some))
    return torch.cat([levels(texts)[texts.place[:, 0]], tuned], 1).numpy()


def embedding(found: np.ndarray) -> np.ndarray:
    """The packaged encoder's embedding among all vectors of texts, of length 1, shape (texts, size)."""
    return found[:, _LEVELS - 1]


def read(reader: Reader, considerations: np.ndarray, situations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a reader says about pairs of vectors.

    Args:
        considerations, situations: as :func:`vectors` makes them, shape (pairs, levels + 1, size); one situation
            stands for all pairs.

    Returns:
        log-odds of relevance, shape (pairs,), and logits of the valences, shape (pairs, 3); float64.
    """
    parts = [np.zeros((0, 1 + len(VALENCES)))]
    with torch.inference_mode():
        for start in range(0, len(considerations), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            one, other = considerations[some], situations if len(situations) == 1 else situations[some]
            parts.append(reader(torch.from_numpy(one), torch.from_numpy(other)).double().numpy())
    found = np.concatenate(parts)
    return found[:, 0], found[:, 1:]


def save(reader: Reader, folder: Path, about: dict) -> None:
    """Write a reader's own weights in bfloat16, and what is known of it; the lower half stays in its package.

    Args:
        folder: made if need be.
        about: JSON values, kept beside the weights.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.to(torch.bfloat16).contiguous() for name, value in reader.state_dict().items()}
    save_file(weights, folder / _WEIGHTS)
    config = {"encoder": DIGEST, "about": about}
    (folder / _CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def load(folder: Path) -> tuple[Reader, dict]:
    """A reader and what is known of it.

    Raises:
        ModelError: the folder holds none, a damaged one, or one for another encoder.
    """
    from safetensors.torch import load_file

    folder, fix = Path(folder), "Install the package again, or train the model again."
    try:
        config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        encoder, about = config["encoder"], dict(config["about"])
        weights = load_file(folder / _WEIGHTS)
    except Exception as error:  # the reader of the weights has errors of its own
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ModelError(f"no readable kaleidoscope: {reason}", where=folder, fix=fix) from error
    if encoder != DIGEST:
        raise ModelError("the kaleidoscope was trained over another encoder", where=folder, fix=fix)
    reader = Reader()
    try:
        reader.load_state_dict({name: value.float() for name, value in weights.items()})
    except RuntimeError as error:
        raise ModelError("the weights do not fit the kaleidoscope", where=folder, fix=fix) from error
    return reader.eval(), about
