"""The compact decoder: predicts ratings from what is told about a rater, by one small network over text embeddings."""

import copy
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from pluralign.errors import DataError, ModelError
from pluralign.lm.embed import embed as packaged
from pluralign.raters.compact.episodes import Written
from pluralign.raters.compact.network import Known, RaterNetwork
from pluralign.raters.compact.preparing import Prepared, check, prepare
from pluralign.raters.compact.settings import Settings, View, mixture
from pluralign.raters.compact.telling import tell
from pluralign.raters.compact.texts import Components, Embed, Wording, embedded, with_empty
from pluralign.raters.compact.training import Material, choose_strength, train
from pluralign.raters.latent import LatentFactors, fit_latent, text_features
from pluralign.raters.ratings import Ratings
from pluralign.raters.representation import Representation
from pluralign.raters.scale import Scale
from pluralign.raters.splits import Protocol

WEIGHTS, CONFIG = "weights.safetensors", "decoder.json"
_FORMAT = 2
_ITEMS_AT_ONCE = 64
_MODEL_STEPS = 1500
_MOST_ASKED = 20_000
_ENOUGH = 1000
"""Training raters from which those held out are not missed."""


@dataclass(frozen=True)
class CompactDecoder:
    """A decoder of one data set, made by :meth:`fit`. See :class:`pluralign.raters.representation.Decoder`.

    Attributes:
        network: trained.
        scale: of the answers.
        protocol: what is new when it predicts. Where raters are old, demonstrations are among the training ratings.
        settings: of network and training.
        counts: how often each item was answered how in training, shape (items, outcomes).
        components: of the embeddings of texts about raters.
        wording: of facts about raters.
        embed: from texts to numbers, the same as in training.
        history: step and held-out loss (nats) at the checkpoints of training.
    """

    network: RaterNetwork
    scale: Scale
    protocol: Protocol
    settings: Settings
    counts: Tensor
    components: Components
    wording: Wording
    embed: Embed
    history: tuple[tuple[int, float], ...] = ()

    @classmethod
    def fit(
        cls,
        ratings: Ratings,
        rows: np.ndarray,
        *,
        views: Sequence[View] | None = None,
        written: Sequence[Written] = (),
        protocol: Protocol = "raters",
        settings: Settings | None = None,
        seed: int = 0,
        embed: Embed | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> "CompactDecoder":
        """Train a decoder.

        First the items' offsets and slopes are fitted to the ratings. Then, in each step, of random raters, some
        ratings (and facts, or a profile written from these ratings) are told and others predicted. A tenth of what
        will be new when it counts, raters or items, is held out: it decides on the number of traits, on
        whether they are read from the items' texts too, and on the number of steps.
        Where there are few raters, all is fitted again to all of them, with these numbers.

        Args:
            ratings: the data set. Nothing is read of ratings outside ``rows``.
            rows: numbers of the ratings to learn from (``Split.train``).
            views: ways of telling about raters that are trained together; None takes all (:func:`mixture`).
            written: profiles of training raters, several per rater (:func:`write`).
            protocol: what is new when the decoder predicts.
            settings: None takes the defaults.
            seed: of all that is random.
            embed: from texts to numbers; None takes the packaged sentence model.
            progress: called with the number of steps done since the last call; there are ``settings.steps``.

        Raises:
            DataError: an item has no text, a label is not on the scale, or there is too little to learn from.
            UsageError: ``views`` and ``written`` do not fit ``ratings`` and ``rows``.
            ModelError: the texts cannot be embedded.
        """
        settings, embed = settings or Settings(), embed or packaged
        views = mixture(ratings.attributes, bool(written)) if views is None else views
        check(ratings, rows, views, written)
        wording = Wording.of(ratings.raters[np.unique(ratings.rater[rows])].drop("rater"))
        vectors = embedded(embed, ratings.items["text"].to_list())
        features = text_features(vectors)
        steps = min(_MODEL_STEPS, 3 * settings.steps)

        def fitted(rows: np.ndarray, rank: int, read: bool) -> LatentFactors:
            return fit_latent(ratings, rows, rank, features=features if read else None, steps=steps, seed=seed)

        work = prepare(ratings, rows, views, written, wording, protocol, settings, seed)
        model, read = _chosen(partial(fitted, work.learned), ratings, work, settings)
        texts = embedded(embed, work.texts) if work.texts else vectors[:0]
        components = Components.of(texts)
        told = torch.from_numpy(with_empty(components(texts)))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = RaterNetwork(model, components.matrix.shape[1], settings)
        start = copy.deepcopy(network.state_dict())
        counts = _counts(ratings, rows)
        halves = _halved(progress or (lambda steps: None))
        material = Material(told, _counts(ratings, work.learned))
        if work.held_out:
            choose_strength(network, material, work.held_out)
        history = tuple(train(network, material, work.episodes, work.held_out, settings, seed, halves))
        if work.held_out and len(np.unique(ratings.rater[rows])) < _ENOUGH:
            best = min(history, key=lambda point: point[1])[0]
            network.load_state_dict(start | {"strength": network.strength})
            network.take(fitted(rows, model.rank, read))
            work = prepare(ratings, rows, views, written, wording, protocol, settings, seed, hold_out=False)
            train(network, Material(told, counts), work.episodes, (), settings, seed, halves, best)
        else:
            halves(settings.steps)
        return cls(network, ratings.scale, protocol, settings, counts, components, wording, embed, history)

    def tuned(
        self,
        ratings: Ratings,
        rows: np.ndarray,
        *,
        views: Sequence[View],
        written: Sequence[Written] = (),
        settings: Settings,
        seed: int = 0,
        progress: Callable[[int], None] | None = None,
    ) -> "CompactDecoder":
        """A copy trained further, on other ways of telling about the same raters, such as by the profile of a cluster.

        Args: as for :meth:`fit`; of ``settings``, those of the training count.

        Raises:
            DataError, UsageError, ModelError: as for :meth:`fit`.
        """
        check(ratings, rows, views, written)
        network = copy.deepcopy(self.network)
        again = replace(self, network=network, settings=settings)
        work = prepare(ratings, rows, views, written, self.wording, self.protocol, settings, seed)
        vectors = embedded(self.embed, work.texts) if work.texts else np.zeros((0, len(self.components.mean)))
        told = torch.from_numpy(with_empty(self.components(vectors)))
        material = Material(told, _counts(ratings, work.learned))
        report = progress or (lambda steps: None)
        history = train(network, material, work.episodes, work.held_out, settings, seed, report)
        return replace(again, history=(*self.history, *history))

    def predict(self, items: np.ndarray, representations: list[Representation], who: np.ndarray) -> np.ndarray:
        """Probabilities of each answer.

        They depend on neither the other queries nor the order of demonstrations, facts and sentences, to the rounding
        of single precision.

        Args:
            items: item of each query, shape (queries,).
            representations: what is told, one per rater or candidate.
            who: which of ``representations`` goes with each query, shape (queries,).

        Returns:
            shape (queries, outcomes), rows summing to 1.

        Raises:
            DataError: a number of an item, label or representation is out of range.
        """
        items, who = np.asarray(items), np.asarray(who)
        if items.shape != who.shape:
            raise DataError(f"{items.size} items are asked about, of {who.size} raters")
        self._check_items(items)
        if len(who) and not 0 <= who.min() <= who.max() < len(representations):
            raise DataError(f"a query is about representation {who.max()} of {len(representations)}")
        answers = np.zeros((len(items), len(self.scale.outcomes)))
        order = np.argsort(who, kind="stable")
        asked, start, count = np.unique(who[order], return_index=True, return_counts=True)
        for some, known in self._known([representations[number] for number in asked]):
            for first in range(0, int(count[some].max()), _ITEMS_AT_ONCE):
                open_ = some[count[some] > first]
                place = first + np.arange(min(_ITEMS_AT_ONCE, int(count[open_].max()) - first))
                query = order[start[open_, None] + np.minimum(place, count[open_, None] - 1)]
                of = Known(*(part[count[some] > first] for part in known))
                p = self._ask(of, items[query])
                there = place < count[open_, None]
                answers[query[there]] = p[there]
        return answers / answers.sum(1, keepdims=True)

    def table(self, items: np.ndarray, representations: list[Representation]) -> np.ndarray:
        """Probabilities of each answer to every item with every representation.

        Args:
            items: numbers of the items, shape (items,).

        Returns:
            shape (items, representations, outcomes), float32.

        Raises:
            DataError: as for :meth:`predict`.
        """
        items = np.asarray(items)
        self._check_items(items)
        answers = np.zeros((len(items), len(representations), len(self.scale.outcomes)), np.float32)
        for some, known in self._known(representations):
            for first in range(0, len(items), _ITEMS_AT_ONCE):
                part = items[first : first + _ITEMS_AT_ONCE]
                p = self._ask(known, np.broadcast_to(part, (len(some), len(part))))
                answers[first : first + len(part), some] = p.swapaxes(0, 1)
        return answers

    def save(self, folder: Path) -> None:
        """Write the decoder to ``folder``, which is made if need be; the embedder and the texts are not in it.

        Raises:
            ModelError: the folder cannot be written.
        """
        state = {f"network.{name}": tensor.contiguous() for name, tensor in self.network.state_dict().items()}
        state |= {name: torch.from_numpy(getattr(self.components, name)) for name in ("mean", "matrix")}
        state["counts"] = self.counts
        config = {
            "format": _FORMAT,
            "scale": {"kind": self.scale.kind, "labels": self.scale.labels},
            "protocol": self.protocol,
            "settings": asdict(self.settings),
            "edges": self.wording.edges,
            "history": self.history,
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            save_file(state, folder / f".{WEIGHTS}")
            (folder / f".{CONFIG}").write_text(json.dumps(config, indent=1), encoding="utf-8")
            for name in (WEIGHTS, CONFIG):
                os.replace(folder / f".{name}", folder / name)
        except OSError as error:
            raise ModelError(f"the decoder cannot be written: {error.strerror}", where=folder) from error

    @classmethod
    def load(cls, folder: Path, embed: Embed | None = None) -> "CompactDecoder":
        """Read a decoder that :meth:`save` wrote.

        Args:
            embed: the same as in training; None takes the packaged sentence model.

        Raises:
            ModelError: there is none, or its files are broken.
        """
        try:
            config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
            if config["format"] != _FORMAT:
                raise ModelError(f"the decoder is of format {config['format']}, not {_FORMAT}", where=folder)
            state = load_file(folder / WEIGHTS)
            scale = Scale(config["scale"]["kind"], tuple(config["scale"]["labels"]))
            settings = Settings(**config["settings"])
            prefix = "network."
            network_state = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
            network = RaterNetwork(_like(network_state), state["matrix"].shape[1], settings)
            network.load_state_dict(network_state)
            network.eval()
            return cls(
                network=network,
                scale=scale,
                protocol=config["protocol"],
                settings=settings,
                counts=state["counts"],
                components=Components(state["mean"].numpy(), state["matrix"].numpy()),
                wording=Wording({name: tuple(edges) for name, edges in config["edges"].items()}),
                embed=embed or packaged,
                history=tuple((step, loss) for step, loss in config["history"]),
            )
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, DataError, SafetensorError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ModelError(f"not a readable decoder: {reason}", where=folder, fix="Train it again.") from error

    def _check_items(self, items: np.ndarray) -> None:
        if len(items) and not 0 <= items.min() <= items.max() < len(self.counts):
            wrong = items.min() if items.min() < 0 else items.max()
            raise DataError(f"there is no item number {wrong}", fix=f"There are {len(self.counts)}, from 0.")

    def _known(self, representations: Sequence[Representation]) -> Iterator[tuple[np.ndarray, Known]]:
        """What is known after telling, of some representations after another: their numbers, and what is known."""
        sizes = tuple(self.counts.shape)
        for numbers, told in tell(representations, self.wording, self.embed, self.components, *sizes):
            with torch.no_grad():
                yield numbers, self.network.tell(told)

    def _ask(self, known: Known, items: np.ndarray) -> np.ndarray:
        """Probabilities of answers, shape (raters, items, outcomes), to items of shape (raters, items)."""
        with torch.no_grad():
            return self.network.ask(self.counts, known, torch.from_numpy(items.copy())).exp().numpy()


def _chosen(
    fitted: Callable[[int, bool], LatentFactors], ratings: Ratings, work: Prepared, settings: Settings
) -> tuple[LatentFactors, bool]:
    """The model that predicts held-out ratings best, and whether it reads the items' texts.

    Where items have many ratings each, what their texts suggest may be more noise than help.
    """
    few = max(settings.factors // 3, 1)
    asked = work.asked[:: len(work.asked) // _MOST_ASKED + 1]
    if not len(asked):
        return fitted(few, True), True

    def loss(model: LatentFactors) -> float:
        given = model.predict(ratings, work.told, asked)[np.arange(len(asked)), ratings.label[asked]]
        return float(-np.log(given).mean())

    reading = [fitted(rank, True) for rank in sorted({few, settings.factors})]
    best = min(reading, key=loss)
    plain = fitted(best.rank, False)
    return (plain, False) if loss(plain) < loss(best) else (best, True)


def _halved(progress: Callable[[int], None]) -> Callable[[int], None]:
    """Reports steps of two runs as those of one."""
    done = 0

    def report(steps: int) -> None:
        nonlocal done
        before, done = done, done + steps
        progress(done // 2 - before // 2)

    return report


def _like(state: dict[str, Tensor]) -> LatentFactors:
    """A model of the sizes that a network's weights tell."""
    names = ("basis", "offset", "offset_variance", "slopes", "loading_variance")
    basis, offset, doubt, slopes, loading = (state[name].numpy() for name in names)
    return LatentFactors(basis, offset[0], offset, doubt, slopes[0], loading, loading)


def _counts(ratings: Ratings, rows: np.ndarray) -> Tensor:
    """How often each item was answered how in ``rows``, shape (items, outcomes)."""
    items, outcomes = ratings.items.height, len(ratings.scale.outcomes)
    place = ratings.item[rows].astype(np.int64) * outcomes + ratings.label[rows]
    return torch.from_numpy(np.bincount(place, minlength=items * outcomes).reshape(items, outcomes).astype(np.float32))
