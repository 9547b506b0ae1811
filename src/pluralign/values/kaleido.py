"""Encoder-decoder models of considerations: the released Kaleido checkpoints, and any other with their tasks.

A checkpoint is asked through one line of text per task, whose template stands in its ``config.json``::

    "task_specific_params": {
        "generate":    {"template": "[Generate]:\\tSituation: ACTION", "args": ["ACTION"]},
        "relevance":   {"template": "[Relevance]:\\tSituation: ACTION\\tVRD: TEXT", "args": ["ACTION", "VRD", "TEXT"]},
        "valence":     ...,
        "explanation": ...
    },
    "system_params": {
        "relevance_threshold": {"Value": ..., "Right": ..., "Duty": ...},
        "ngram_threshold":     {"f1": ..., "precision": ..., "recall": ...},
        "embed_threshold":     {"Value": ..., "Right": ..., "Duty": ...},
        "dedup_across_vrd":    false
    }

``args`` are the words that the situation, the kind and the text of the consideration take the place of, in this order;
without it they are ``{situation}``, ``{kind}`` and ``{text}``. One number may stand for the entries of a threshold.
Tasks that a checkpoint does not list are asked as in ``TEMPLATES``, and what it says nothing of has the defaults here.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal, get_args

import numpy as np

from pluralign.errors import DataError, ModelError
from pluralign.lm.protocol import Progress
from pluralign.lm.seq2seq import Decoding, Seq2SeqModel
from pluralign.values.consideration import KINDS, Consideration, Kind, Pair, parse
from pluralign.values.dedup import Limits
from pluralign.values.kaleidoscope import Generated

log = logging.getLogger(__name__)

Task = Literal["generate", "relevance", "valence", "explanation"]

_PAIR = "Situation: {situation}\t{kind}: {text}"
TEMPLATES: dict[Task, str] = {
    "generate": "[Generate]:\tSituation: {situation}",
    "relevance": f"[Relevance]:\t{_PAIR}",
    "valence": f"[Valence]:\t{_PAIR}",
    "explanation": f"[Explanation]:\t{_PAIR}",
}
"""How a checkpoint that brings no templates is asked."""

_FIELDS = ("{situation}", "{kind}", "{text}")
CONFIGURATION = {
    "task_specific_params": {
        task: {"template": text, "args": list(_FIELDS[: 1 if task == "generate" else len(_FIELDS)])}
        for task, text in TEMPLATES.items()
    }
}
"""What a checkpoint that was trained with ``TEMPLATES`` says of them."""
_THRESHOLD = 0.5
_EXPLANATION = Decoding(n=1, max_new_tokens=128)


@dataclass(frozen=True, slots=True)
class Template:
    """How one task is asked.

    Attributes:
        text: the line, with placeholders.
        args: placeholders of the situation and, except to generate, of the kind and the text.
    """

    text: str
    args: tuple[str, ...]

    def write(self, *fields: str) -> str:
        """The line with ``fields`` in place of ``args``; a field that spells a placeholder stays as it is."""
        place = dict(zip(self.args, fields, strict=True))
        return _any_of(self.args).sub(lambda found: place[found[0]], self.text)


@cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile("|".join(longest_first))


@dataclass(frozen=True)
class KaleidoModel:
    """A kaleidoscope over an encoder-decoder model; see :class:`pluralign.values.kaleidoscope.Kaleidoscope`.

    Relevance and valence are read from the first sub-token of ``Yes``/``No`` and ``Supports``/``Opposes``/``Either``
    at the first generated position, which is where training put them. (The system released with the checkpoints reads
    one position later, after the start token and a padding token.) Where an input is too long it is the situation that
    is shortened, so that the consideration is always read.

    Attributes:
        name: how the user called it.
        seq2seq: the model.
        templates: how each task is asked.
        thresholds: relevance from which a consideration of each kind is shown.
        limits: how alike two considerations may be; the checkpoint's, of which those on embeddings were chosen for
            the sentence encoder that it was released with.
        decoding: how considerations are generated.
    """

    name: str
    seq2seq: Seq2SeqModel
    templates: dict[Task, Template]
    thresholds: dict[Kind, float]
    limits: Limits
    decoding: Decoding

    @classmethod
    def load(cls, name: str, *, decoding: Decoding | None = None, device: str = "auto") -> "KaleidoModel":
        """Load a checkpoint.

        Args:
            name: a local folder or ``hf:OWNER/NAME``.
            decoding: how considerations are generated; None for 100 beams, as the released system does.
            device: ``cpu``, ``cuda``, ``cuda:1`` or ``auto``.

        Raises:
            ModelError: it cannot be loaded, or a template or threshold in its configuration is malformed.
        """
        seq2seq = Seq2SeqModel.load(name, device=device)
        tasks = _table(seq2seq, "task_specific_params")
        templates = {task: _template(name, tasks, task) for task in get_args(Task)}
        system = _System(name, _table(seq2seq, "system_params"))
        thresholds = system.by_kind("relevance_threshold", _THRESHOLD)
        return cls(name, seq2seq, templates, thresholds, system.limits(), decoding or Decoding())

    @property
    def facts(self) -> dict:
        """What a run records: the model's facts, the templates, thresholds and limits, and how texts are generated."""
        return {
            **self.seq2seq.facts,
            "templates": {task: template.text for task, template in self.templates.items()},
            "thresholds": self.thresholds,
            "limits": asdict(self.limits),
            "decoding": asdict(self.decoding),
        }

    def generate(self, situations: Sequence[str], progress: Progress | None = None) -> list[Generated]:
        """Candidate considerations of each situation, not yet filtered, in the order of the model's preference.

        Returns:
            one per situation, with the lines that are no consideration kept aside.
        """
        short = self._shortened([(one,) for one in situations], "generate")
        lines = self.seq2seq.generate(short, self.decoding, progress)
        return [_parsed(some) for some in lines]

    def relevance(self, pairs: Sequence[Pair], progress: Progress | None = None) -> np.ndarray:
        """Probability that each consideration bears on its situation, shape (pairs,)."""
        return self.seq2seq.labels(self._inputs(pairs, "relevance"), ("Yes", "No"), progress)[:, 0]

    def valence(self, pairs: Sequence[Pair], progress: Progress | None = None) -> np.ndarray:
        """Probabilities of supports, opposes and either, shape (pairs, 3); rows sum to 1."""
        return self.seq2seq.labels(self._inputs(pairs, "valence"), ("Supports", "Opposes", "Either"), progress)

    def explain(self, pairs: Sequence[Pair], progress: Progress | None = None) -> list[str]:
        """One explanation of each, the likeliest word by word."""
        texts = self.seq2seq.generate(self._inputs(pairs, "explanation"), _EXPLANATION, progress)
        return [text for (text,) in texts]

    def _inputs(self, pairs: Sequence[Pair], task: Task) -> list[str]:
        return self._shortened([(one.situation, one.kind.capitalize(), one.text) for one in pairs], task)

    def _shortened(self, asked: Sequence[tuple[str, ...]], task: Task) -> list[str]:
        """The inputs of a task, with situations shortened where need be."""
        template = self.templates[task]
        written, cut = [template.write(*fields) for fields in asked], set()
        for row in np.flatnonzero(self.seq2seq.excess(written)):
            situation, *rest = asked[row]
            short = self.seq2seq.fit(situation, lambda text, rest=rest: template.write(text, *rest))
            if short != situation:
                cut.add(situation)
            written[row] = template.write(short, *rest)
        if cut:
            length = self.seq2seq.max_length
            log.warning("%s: situations shortened to what it reads (%d tokens): %d", self.name, length, len(cut))
        return written


def _parsed(lines: Sequence[str]) -> Generated:
    found: list[Consideration] = []
    malformed: list[str] = []
    for line in lines:
        try:
            found.append(parse(line))
        except DataError:
            malformed.append(line)
    return Generated(tuple(found), tuple(malformed))


def _table(seq2seq: Seq2SeqModel, key: str) -> Mapping[str, Any]:
    table = getattr(seq2seq.config, key, None)
    if table is None:
        return {}
    if not isinstance(table, Mapping):
        raise _malformed(seq2seq.name, key, "an object")
    return table


def _template(name: str, tasks: Mapping[str, Any], task: Task) -> Template:
    count = 1 if task == "generate" else len(_FIELDS)
    if task not in tasks:
        return Template(TEMPLATES[task], _FIELDS[:count])
    key = f"task_specific_params.{task}"
    entry = tasks[task]
    if not isinstance(entry, Mapping) or not isinstance(entry.get("template"), str):
        raise _malformed(name, f"{key}.template", "a text")
    args = entry.get("args", _FIELDS[:count])
    if (
        not isinstance(args, list | tuple)
        or len(set(args)) != count
        or not all(isinstance(a, str) and a for a in args)
    ):
        raise _malformed(name, f"{key}.args", f"{count} different words" if count > 1 else "one word in a list")
    for arg in args:
        if arg not in entry["template"]:
            raise _malformed(name, f"{key}.template", f"a text that holds {arg!r}")
    return Template(entry["template"], tuple(args))


@dataclass(frozen=True, slots=True)
class _System:
    """The thresholds of a checkpoint."""

    name: str
    params: Mapping[str, Any]

    def by_kind(self, key: str, default: float) -> dict[Kind, float]:
        found = self._shares(key, {kind.capitalize(): default for kind in KINDS})
        return {kind: found[kind.capitalize()] for kind in KINDS}

    def limits(self) -> Limits:
        usual = Limits()
        words = self._shares(
            "ngram_threshold",
            {"f1": usual.f1, "precision": usual.precision, "recall": usual.recall},
            also={"fmeasure": "f1"},
        )
        across = self.params.get("dedup_across_vrd", usual.across)
        if not isinstance(across, bool):
            raise _malformed(self.name, "system_params.dedup_across_vrd", "true or false")
        return Limits(**words, cosine=self.by_kind("embed_threshold", usual.cosine["value"]), across=across)

    def _shares(self, key: str, usual: dict[str, float], also: Mapping[str, str] | None = None) -> dict[str, float]:
        """The entries of a threshold that is one number or an object of several; those left out are the usual."""
        given = self.params.get(key, {})
        if not isinstance(given, Mapping):
            given = dict.fromkeys(usual, given)
        given = {(also or {}).get(name, name): share for name, share in given.items()}
        for name, share in given.items():
            if name not in usual:
                raise _malformed(self.name, f"system_params.{key}.{name}", f"one of {', '.join(usual)}")
            if not isinstance(share, int | float) or isinstance(share, bool) or not 0 <= share <= 1:
                raise _malformed(self.name, f"system_params.{key}.{name}", "a number from 0 to 1")
        return {**usual, **given}


def _malformed(name: str, key: str, wanted: str) -> ModelError:
    return ModelError(
        f"{key} should be {wanted}",
        where=f"{name}/config.json",
        fix="Correct it, or remove the entry to use the default.",
    )
