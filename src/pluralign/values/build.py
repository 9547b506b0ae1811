"""Building a prism: a language model lists considerations of many situations, kept with where each came from.

A run folder holds, besides what every run has, ``prism.csv`` (ValuePrism's schema, then provenance),
``malformed.jsonl`` (every line that is not in it, with the reason) and ``quality.csv`` (a sample for people to judge,
see :mod:`pluralign.values.quality`).
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pluralign.episode import generator
from pluralign.errors import ContextError, UsageError
from pluralign.lm.protocol import LanguageModel
from pluralign.runs import NOTES, Metric, Run, write_atomically
from pluralign.stats import Interval, mean_interval, wilson
from pluralign.values import lines, prism, quality
from pluralign.values.approval import share
from pluralign.values.consideration import KINDS, VALENCES, Consideration
from pluralign.values.lines import Line

PRISM, MALFORMED, QUALITY = "prism.csv", "malformed.jsonl", "quality.csv"
KIND = "values"

Dedup = Callable[[Sequence[Consideration]], list[int]]
"""From the considerations of one situation to the numbers of those that stay."""

_CHARACTERS_PER_TOKEN = 4
"""About, in English."""

_SCHEMA = {
    **{"number": pl.Int64, "situation": pl.String, "try": pl.Int64, "status": pl.String, "reason": pl.String},
    **{"line": pl.String, "kind": pl.String, "text": pl.String, "valence": pl.String, "explanation": pl.String},
    **{"characters_asked": pl.Int64, "characters_answered": pl.Int64, "made": pl.String},
}
"""Of ``rows.parquet``: a row per request (status ``asked``) and a row per line of the answers."""


@dataclass(frozen=True)
class Settings:
    """How a prism is built.

    Attributes:
        tries: how often a situation is asked about at most, each time with another seed.
        least: considerations to be kept below which a situation is asked about again; those of all tries count.
        temperature: of the draws.
        max_tokens: of an answer.
        seed: of the draws.
    """

    tries: int = 3
    least: int = 4
    temperature: float = 0.8
    max_tokens: int = 600
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.tries, self.least, self.max_tokens) < 1:
            raise UsageError("tries, least and max_tokens must be at least 1")


@dataclass(frozen=True)
class Plan:
    """What building would take.

    Attributes:
        requests: where one answer per situation is enough.
        requests_most: where every situation is asked about as often as is allowed.
        characters: of the prompts of ``requests``.
        answer_tokens_most: of the answers to ``requests``.
    """

    requests: int
    requests_most: int
    characters: int
    answer_tokens_most: int

    @property
    def tokens_about(self) -> int:
        """Tokens of the prompts of ``requests``."""
        return self.characters // _CHARACTERS_PER_TOKEN


def plan(situations: Sequence[str], settings: Settings | None = None) -> Plan:
    """Say what building would take, without asking anything."""
    settings, count = settings or Settings(), len(situations)
    characters = sum(map(_characters, situations))
    return Plan(count, count * settings.tries, characters, count * settings.max_tokens)


def build(
    situations: Sequence[str],
    model: LanguageModel,
    folder: Path,
    settings: Settings | None = None,
    *,
    dedup: Dedup = lines.exact,
    batch: int = 32,
    sample: int = 100,
    said: Callable[[str, int, int], None] | None = None,
) -> list[dict[str, Any]]:
    """Ask a model about every situation and write a finished run.

    A killed run that is started again asks about no situation whose considerations are on disk; what a server
    answered for a batch under way is in the cache of requests, and its tokens are then not in the metrics.

    Args:
        situations: distinct and cleaned (:func:`pluralign.values.situations.read_situations`).
        model: samples answers of several lines; with the template ``colon`` an answer ends with its first line.
        folder: the run folder.
        dedup: which considerations of a situation repeat others.
        batch: situations that the model is given at once; it has no bearing on what comes out.
        sample: rows of the file for people, about.
        said: told what is done, how many situations are done, and how many there are.

    Returns:
        the metrics of the run, as records of :class:`pluralign.runs.Metric`.

    Raises:
        UsageError: a situation is given twice, or there is none.
        ModelError: the model cannot be asked.
        RunError: the folder belongs to another request, or cannot be written.
    """
    settings = settings or Settings()
    if not situations or len(set(situations)) < len(situations):
        raise UsageError("the situations must be distinct, and at least one", fix="List each once.")
    request = {
        "command": "values build",
        "situations": {"count": len(situations), "digest": _digest(situations)},
        "model": model.name,
        "prompt": lines.digest(),
        "settings": asdict(settings),
        "dedup": getattr(dedup, "__qualname__", repr(dedup)),
        "sample": sample,
    }
    with Run.open(folder, request) as run:
        if not run.finished:
            _ask(run, situations, model, settings, dedup, batch, said)
        rows = run.rows().sort("number", maintain_order=True)
        _deliver(rows, run.folder, model.name, settings.seed, sample)
        if not run.finished:
            run.finish([metric.as_dict() for metric in _metrics(rows, run, model.name, settings)])
        return run.metrics()


def _ask(
    run: Run,
    situations: Sequence[str],
    model: LanguageModel,
    settings: Settings,
    dedup: Dedup,
    batch: int,
    said: Callable[[str, int, int], None] | None,
) -> None:
    run.note(model.name, model.facts)
    session = f"session {datetime.now(UTC).isoformat()}"
    waiting = [(number, text) for number, text in enumerate(situations) if not run.done(text)]
    for start in range(0, len(waiting), batch):
        if said:
            said("asking", len(situations) - len(waiting) + start, len(situations))
        own = waiting[start : start + batch]
        asked = [_Asked(number, text) for number, text in own]
        for attempt in range(settings.tries):
            again = [one for one in asked if one.failed is None and len(one.stay(dedup)) < settings.least]
            for one, answer in _answers(model, again, settings, attempt):
                one.tries.append(answer)
                one.lines += [(attempt, line) for line in lines.read_answer(answer, one.situation)]
        if (usage := getattr(model, "usage", None)) is not None:  # before the rows, so that no tokens go uncounted
            run.note(session, asdict(usage))
        made = datetime.now(UTC).isoformat(timespec="seconds")
        for one in asked:
            run.write(one.situation, pl.DataFrame(list(one.rows(dedup, made)), schema=_SCHEMA, orient="row"))


@dataclass
class _Asked:
    """One situation while it is asked about: the answers so far, and the lines in them with their try."""

    number: int
    situation: str
    tries: list[str] = field(default_factory=list)
    lines: list[tuple[int, Line]] = field(default_factory=list)
    failed: str | None = None

    def stay(self, dedup: Dedup) -> list[int]:
        """Numbers of the lines that are kept."""
        fit = [number for number, (_, line) in enumerate(self.lines) if line.status == "kept"]
        considerations = [one for number in fit if (one := self.lines[number][1].consideration)]
        return [fit[number] for number in dedup(considerations)] if considerations else []

    def rows(self, dedup: Dedup, made: str) -> Iterator[tuple]:
        """Rows of ``_SCHEMA``."""
        if self.failed is not None:
            yield (self.number, self.situation, 0, "failed", self.failed, *[None] * 7, made)
        for attempt, answer in enumerate(self.tries):
            sizes = (_characters(self.situation), len(answer))
            yield (self.number, self.situation, attempt, "asked", *[None] * 6, *sizes, made)
        stay = set(self.stay(dedup))
        for number, (attempt, line) in enumerate(self.lines):
            status, reason = line.status, line.reason
            if status == "kept" and number not in stay:
                status, reason = "duplicate", "repeats another consideration"
            one = line.consideration
            parts = (one.kind, one.text, one.valence, one.explanation) if one else (None,) * 4
            yield (self.number, self.situation, attempt, status, reason, line.raw, *parts, None, None, made)


def _answers(
    model: LanguageModel, asked: Sequence[_Asked], settings: Settings, attempt: int
) -> Iterator[tuple[_Asked, str]]:
    """An answer about each situation; one that is too long for the model is marked as failed."""
    prompts = {lines.prompt(one.situation).id: one for one in asked}
    seed = int(generator("prism", settings.seed, attempt).integers(2**31))
    while prompts:
        own = [lines.prompt(one.situation) for one in prompts.values()]
        try:
            drawn = model.sample(own, 1, temperature=settings.temperature, max_tokens=settings.max_tokens, seed=seed)
        except ContextError as error:
            if str(error.where) not in prompts:
                raise
            prompts.pop(str(error.where)).failed = "too long for the model"
        else:
            yield from ((one, texts[0]) for one, texts in zip(prompts.values(), drawn, strict=True))
            return


def _deliver(rows: pl.DataFrame, folder: Path, model: str, seed: int, sample: int) -> None:
    """Write the files that are not there yet: people may already have answered in the one for them."""
    kept = rows.filter(pl.col("status") == "kept")
    others = rows.filter(~pl.col("status").is_in(["kept", "asked"]))
    table = kept.select(
        *("situation", "kind", "text", "valence", "explanation"),
        pl.lit(model).alias("model"),
        pl.lit(seed).alias("seed"),
        "try",
        pl.lit(lines.digest()).alias("prompt"),
        "made",
    )
    if not (folder / PRISM).exists():
        prism.export(folder / PRISM, table)
    if not (folder / MALFORMED).exists():
        records = others.select("situation", "try", "status", "reason", "line").iter_rows(named=True)
        content = "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
        write_atomically(folder / MALFORMED, content.encode("utf-8", errors="replace"))
    if not (folder / QUALITY).exists() and kept.height:
        quality.write(folder / QUALITY, kept, sample, seed)


def _metrics(rows: pl.DataFrame, run: Run, model: str, settings: Settings) -> Iterator[Metric]:
    def metric(name: str, found: Interval, unit: str) -> Metric:
        return Metric(model, "prism", KIND, name, found.value, found.low, found.high, found.n, unit)

    def total(name: str, value: float | None, unit: str) -> Metric:
        return Metric(model, "prism", KIND, name, value, None, None, each.height, unit)

    each = rows.group_by("number").agg(
        kept=(pl.col("status") == "kept").sum(), tries=(pl.col("status") == "asked").sum()
    )
    numbers = each["number"].to_list()
    yield metric("considerations_per_situation", mean_interval(each["kept"], numbers), "considerations")
    yield metric("tries_per_situation", mean_interval(each["tries"], numbers), "requests")
    few = int((each["kept"] < settings.least).sum())
    yield metric("situations_with_too_few", wilson(few, each.height), "share")
    read = rows.filter(pl.col("line").is_not_null())
    for status in ("malformed", "filtered", "duplicate"):
        found = share((read["status"] == status).to_numpy(), read["number"].to_list())
        yield metric(f"lines_{status}", found, "share")
    kept = rows.filter(pl.col("status") == "kept")
    for column, names in (("kind", KINDS), ("valence", VALENCES)):
        for name in names:
            found = share((kept[column] == name).to_numpy(), kept["number"].to_list())
            yield metric(f"considerations_{name}", found, "share")
    yield total("situations", each.height, "situations")
    yield total("situations_too_long", rows.filter(pl.col("status") == "failed").height, "situations")
    yield total("considerations", kept.height, "considerations")
    yield total("requests", int(np.sum(each["tries"].to_numpy())), "requests")
    for name in ("characters_asked", "characters_answered"):
        yield total(name, int(rows[name].sum() or 0), "characters")
    noted = json.loads((run.folder / NOTES).read_text(encoding="utf-8"))
    sessions = [facts for name, facts in noted.items() if name.startswith("session ")]
    for name in ("prompt_tokens", "completion_tokens"):
        counted = sum(session[name] for session in sessions)
        yield total(name, counted or None, "tokens")


def _characters(situation: str) -> int:
    prompt = lines.prompt(situation)
    shown = sum(len(example.input or "") + len(example.output) for example in prompt.examples)
    return len(prompt.description or "") + shown + len(situation)


def _digest(situations: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(situations).encode()).hexdigest()[:16]
