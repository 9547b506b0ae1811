"""The verdict: a few sentences that claim a difference only where the paired interval excludes 0."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pluralign.report.glossary import DESIDERATA, SCOPES, define
from pluralign.report.headline import Cast, Record, clear, lookup, scope, support, wins
from pluralign.report.text import listing, number


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the verdict; ``about`` is the desideratum it speaks of, or empty."""

    about: str
    text: str


KNOWS_THE_FORMAT = 0.9
"""Label mass from which on a plain loss compares content."""


def verdict(metrics: Sequence[Record], people: Cast) -> list[Finding]:
    """What the numbers say, in plain words."""
    kinds = [k for k in DESIDERATA if scope(metrics, k) is not None]
    found = [Finding("", _opening(metrics, people, kinds))]
    for kind in kinds:
        task = scope(metrics, kind) or ""
        compared = _comparison(metrics, people, kind, task)
        own = _standing(metrics, people, kind, task, alone=not compared)
        if sentences := [*([f"{compared}."] if compared else []), *own]:
            found.append(Finding(DESIDERATA[kind].title, " ".join(sentences)))
    if len(people.models) > 1 and not people.pairs:
        found.append(Finding("", "No paired differences were computed, so no model is called better than another."))
    return found + _heldout(metrics, people, kinds) + _warnings(metrics)


def _warnings(metrics: Sequence[Record]) -> list[Finding]:
    """What stands with numbers that may not mean what they say, by kind of measurement."""
    told = dict.fromkeys((m["kind"], m["warning"]) for m in metrics if m.get("warning"))
    return [Finding(f"Warning, {DESIDERATA[kind].title}", text) for kind, text in told]


def _lead(metrics: Sequence[Record], people: Cast, kind: str) -> str:
    """The metric that a comparison rests on.

    Where a model puts little mass on the listed choices its loss measures format, not content; then models are
    compared on the loss over the choices.
    """
    table, task = lookup(metrics), scope(metrics, kind) or ""
    masses = [table.get((kind, "choice_mass", task, model)) for model in people.models]
    if any(record is not None and record["value"] < KNOWS_THE_FORMAT for record in masses):
        return "choice_loss"
    return DESIDERATA[kind].headline[0]


def _opening(metrics: Sequence[Record], people: Cast, kinds: Sequence[str]) -> str:
    counts = {k: len({m["task"] for m in metrics if m["kind"] == k} - set(SCOPES)) for k in kinds}
    tasks = [f"{n} {DESIDERATA[k].noun} task{'' if n == 1 else 's'}" for k, n in counts.items()]
    who = f"{people.models[0]} was" if len(people.models) == 1 else f"{len(people.models)} models were"
    return f"{who} measured on {listing(tasks)}." if tasks else f"{who} measured."


def _comparison(metrics: Sequence[Record], people: Cast, kind: str, task: str) -> str:
    """Which model is better than which; empty where no pair was compared."""
    about, table = DESIDERATA[kind], lookup(metrics)
    metric = _lead(metrics, people, kind)
    pairs = [
        pair
        for name, pair in people.pairs.items()
        if set(pair) <= set(people.models) and (kind, metric, task, name) in table
    ]
    if not pairs:
        return ""
    beaten = wins(metrics, people, kind, metric, task)
    if not beaten:
        return "no clear difference between the models"
    clauses, claim, unit = [], about.claim, f" {about.amount}"
    for winner in sorted(people.models, key=lambda m: -sum(w == m for w, _ in beaten)):
        losers = []
        for (better, loser), record in beaten.items():
            if better == winner:
                losers.append(f"{loser} (by {number(abs(record['value']), record['unit'])}{unit})")
                unit = ""
        if losers:
            clauses.append(f"{winner} {claim} {listing(losers)}")
            claim = "does better than"
    undecided = [p for p in pairs if p not in beaten and p[::-1] not in beaten]
    if 0 < len(undecided) <= 3:
        clauses.append(f"no clear difference between {listing([f'{a} and {b}' for a, b in undecided], 'or between')}")
    elif undecided:
        clauses.append(f"the other {len(undecided)} pairs show no clear difference")
    return "; ".join(clauses)


def _standing(metrics: Sequence[Record], people: Cast, kind: str, task: str, alone: bool) -> list[str]:
    """Where the models stand against what needs no model; without a comparison also their own figures."""
    about, table = DESIDERATA[kind], lookup(metrics)
    metric = _lead(metrics, people, kind)
    records = {m: r for m in people.models if (r := table.get((kind, metric, task, m))) and r["value"] is not None}
    if not records:
        return []
    sentences = []
    if metric == "choice_loss":
        sentences.append(
            f"Losses are compared over the listed choices, since a model has less than {KNOWS_THE_FORMAT:.0%} of its "
            "probability on them and its plain loss would measure the format."
        )
    if alone:
        figures = listing([f"{number(r['value'], r['unit'])} for {m}" for m, r in records.items()])
        sentences.append(f"{define(kind, metric).label} {figures} ({about.amount}).")
    if kind == "steer":
        sentences += _against_marginal(table, people, task)
    floor = table.get((kind, metric, task, "human_split_half"))
    tasks = support(metrics, kind, metric, "mean:all", {})
    nearest = min(records, key=lambda m: records[m]["value"])
    if floor and floor["value"] is not None and tasks.get("human_split_half") == tasks.get(nearest):
        own, halves = (number(r["value"], r["unit"]) for r in (records[nearest], floor))
        sentences.append(f"{nearest} is {own} away from people; two halves of these people are {halves} apart.")
    return sentences


def _against_marginal(table: Mapping[tuple[str, str, str, str], Record], people: Cast, task: str) -> list[str]:
    """Who uses more than the frequencies of the answers seen so far, with the format counted and left out."""
    beaten = []
    for metric, where in (("gain_over_marginal", ""), ("choice_gain_over_marginal", "with the format left out, ")):
        gains = {m: table.get(("steer", metric, task, m)) for m in people.models}
        above = [m for m, record in gains.items() if clear(record) > 0]
        only = " alone" if len(above) == 1 < len(people.models) else ""
        if any(gains.values()):
            beaten.append(f"{where}by {listing(above) if above else 'no model'}{only}")
    return [f"The running marginal is clearly beaten {'; '.join(beaten)}."] if beaten else []


def _heldout(metrics: Sequence[Record], people: Cast, kinds: Sequence[str]) -> list[Finding]:
    """Whether tasks whose sources were kept from training tell the same story."""
    present, differing = [], []
    for kind in kinds:
        if not {*SCOPES} <= {m["task"] for m in metrics if m["kind"] == kind}:
            continue
        present.append(kind)
        lead = _lead(metrics, people, kind)
        everywhere, heldout = (set(wins(metrics, people, kind, lead, task)) for task in ("mean:all", "mean:heldout"))
        if everywhere != heldout and (found := _comparison(metrics, people, kind, "mean:heldout")):
            differing.append(f"{DESIDERATA[kind].title}: {found}")
    if not present or not people.pairs:
        return []
    told = f"differs. {'. '.join(differing)}." if differing else "is the same."
    return [Finding("", f"On the held-out tasks alone the picture {told}")]
