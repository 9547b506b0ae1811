"""Whose values: who agrees with the considerations that were listed for situations, and whose view is missing.

People are the units. Each has a rate (of considerations agreed with, of situations where their view is missing), the
rate of a group is the mean over its people, and groups are compared through the rates of their people: the answers of
one person may be as alike as they like. People who answered about the same situations share what is special about
these, so that it cannot make groups differ, and the results are about these situations; where people answered about
different ones, that adds noise and, if groups saw different situations, a gap of its own, which is reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import polars as pl

from pluralign.report.text import clean
from pluralign.values.permutation import difference
from pluralign.values.power import Spread, detectable, spread
from pluralign.values.responses import Responses
from pluralign.values.study_findings import LEVEL, TESTED, Attribute, Comparison, Gap, Group, Outcome, Rate, Study
from pluralign.values.study_views import views

SMALL = 10
"""People in a group below which it is shown but not compared."""

UNEQUAL = 0.02
"""A gap made by different situations from which a warning is given."""


def study(responses: Responses) -> Study:
    """Rates of agreement and of missing views, overall and by group, and whether groups differ.

    Groups of fewer than ``SMALL`` people are shown and not compared. The p-values of all attributes and outcomes are
    one family, corrected by Holm's method (1979, "A simple sequentially rejective multiple test procedure",
    Scandinavian Journal of Statistics 6), so that the probability of any false finding stays below ``LEVEL``.
    """
    from statsmodels.stats.multitest import multipletests

    own, same = _people(responses)
    spreads = {name: spread(own[name].rate, own[name].answers) for name in TESTED}
    attributes, warnings = [], []
    for name in responses.people.columns:
        found, said = _attribute(name, responses.people[name], own, spreads)
        attributes.append(found)
        warnings += said
    done = list(chain.from_iterable(attribute.comparisons for attribute in attributes))
    corrected = iter(multipletests([one.p for one in done], method="holm")[1].tolist() if done else [])
    for place, attribute in enumerate(attributes):
        tested = [_judged(one, next(corrected)) for one in attribute.comparisons]
        powered = [_powered(one, attribute, spreads, LEVEL / len(done)) for one in tested]
        attributes[place] = replace(attribute, comparisons=powered)
    notes = list(responses.notes)
    if not same:
        notes.append(
            "people did not all answer about the same situations and considerations: differences between these add "
            "noise to the rates of people"
        )
    return Study(
        responses.name,
        responses.count,
        pl.concat([responses.agreed["situation"], responses.missed["situation"]]).n_unique(),
        same,
        {name: _rate(people, spreads.get(name)) for name, people in own.items()},
        spreads,
        attributes,
        len(done),
        views(responses.views),
        notes,
        warnings,
    )


@dataclass(frozen=True)
class _People:
    """People who answered: arrays of shape (people,).

    Attributes:
        number: of the person.
        rate: of yes among their answers.
        answers: that they gave.
        expected: the rate to expect from what they answered about, if all people answered alike.
    """

    number: np.ndarray
    rate: np.ndarray
    answers: np.ndarray
    expected: np.ndarray

    def __len__(self) -> int:
        return len(self.number)

    def some(self, which: np.ndarray) -> "_People":
        return _People(self.number[which], self.rate[which], self.answers[which], self.expected[which])


def _people(responses: Responses) -> tuple[dict[Outcome, _People], bool]:
    """Who answered, by outcome, and whether all of them answered about the same."""
    found: dict[Outcome, _People] = {}
    same = True
    for name, rows, key in (
        ("agreement", responses.agreed, ("situation", "kind", "text")),
        ("missing", responses.missed, ("situation",)),
    ):
        about = rows.with_columns(mean=pl.col("value").mean().over(key))
        each = about.group_by("person").agg(
            pl.col("value").mean(), answers=pl.len().cast(pl.Float64), expected=pl.col("mean").mean()
        )
        found[name] = _People(*(column.to_numpy() for column in each.sort("person").iter_columns()))
        same &= rows.select(key).n_unique() * each.height == rows.height
    missed = found["missing"]
    found["missing_ever"] = replace(missed, rate=(missed.rate > 0).astype(float))
    return found, same


def _rate(people: _People, pooled: Spread | None) -> Rate:
    """The mean of people's rates, with the score interval of as many independent answers as they are worth.

    For few people who rarely say yes it covers the truth as often as it should; one from the variance of their rates
    alone does so far too seldom.

    Args:
        people: whose rate it is.
        pooled: how all people differ; None takes a person as one independent answer.
    """
    from statsmodels.stats.proportion import proportion_confint

    if not len(people):
        return Rate(None, None, None, 0, 0)
    value, size = float(people.rate.mean()), _independent(people, pooled)
    low, high = proportion_confint(value * size, size, method="wilson")
    return Rate(value, float(low), float(high), len(people), int(people.answers.sum()))


def _independent(people: _People, pooled: Spread | None) -> float:
    """How many independent answers these people are worth: by how they differ or all do, whatever gives less."""
    if pooled is None:
        return float(len(people))
    alone = spread(people.rate, people.answers)
    return len(people) * min(one.independent_per_person for one in (alone, pooled) if one)


def _attribute(
    name: str, group: pl.Series, own: Mapping[Outcome, _People], spreads: Mapping[Outcome, Spread | None]
) -> tuple[Attribute, list[str]]:
    codes = group.to_physical().fill_null(-1).cast(pl.Int64).to_numpy()
    names = group.dtype.categories.to_list()  # ty: ignore[missing-attribute]
    sizes = [int((codes == code).sum()) for code in range(len(names))]
    groups = {
        outcome: [people.some(codes[people.number] == code) for code in range(len(names))]
        for outcome, people in own.items()
    }
    shown = [
        Group(
            one, size, size < SMALL, {outcome: _rate(by[code], spreads.get(outcome)) for outcome, by in groups.items()}
        )
        for code, (one, size) in enumerate(zip(names, sizes, strict=True))
    ]
    comparisons, warnings = [], []
    if small := [f"{clean(group.name, 40)} ({group.people})" for group in shown if group.small]:
        warnings.append(f"{clean(name, 60)}: fewer than {SMALL} people in {', '.join(small)}: shown, not compared.")
    for outcome in TESTED:
        # Who is in a group may still not have answered.
        large = {one: people for one, people in zip(names, groups[outcome], strict=True) if len(people) >= SMALL}
        pooled = spreads[outcome]
        if len(large) < 2 or pooled is None:
            continue
        p = difference([people.rate for people in large.values()])
        if p is None:
            continue
        everybody = own[outcome].some(np.isin(codes[own[outcome].number], [names.index(one) for one in large]))
        gaps = [
            _gap(one, people, everybody.some(~np.isin(everybody.number, people.number)), pooled)
            for one, people in large.items()
        ]
        gaps.sort(key=lambda gap: -abs(gap.difference))
        comparisons.append(Comparison(outcome, p, p, False, gaps))
        unequal = max(gaps, key=lambda gap: abs(gap.by_situations))
        if abs(unequal.by_situations) >= UNEQUAL:
            warnings.append(_unequal(name, outcome, unequal))
    return Attribute(name, group.null_count(), shown, comparisons), warnings


def _gap(name: str, people: _People, others: _People, pooled: Spread) -> Gap:
    from statsmodels.stats.proportion import confint_proportions_2indep, proportion_effectsize

    here, there = float(people.rate.mean()), float(others.rate.mean())
    sizes = [_independent(side, pooled) for side in (people, others)]
    low, high = confint_proportions_2indep(
        here * sizes[0], sizes[0], there * sizes[1], sizes[1], method="newcomb", compare="diff"
    )
    h = float(proportion_effectsize(here, there))
    # Rounded, so that the same situations give 0.
    by_situations = round(float(people.expected.mean() - others.expected.mean()), 12) + 0.0
    return Gap(name, here - there, float(low), float(high), h, by_situations, None)


def _unequal(name: str, outcome: str, gap: Gap) -> str:
    points = f"{100 * gap.by_situations:+.0f}"
    return (
        f"{clean(name, 60)}, {outcome}: the situations that “{clean(gap.group, 40)}” saw would make a gap of {points} "
        "points by themselves, if all people answered alike; the groups' difference may be one of situations."
    )


def _judged(one: Comparison, corrected: float) -> Comparison:
    return replace(one, p_corrected=corrected, differs=corrected < LEVEL)


def _powered(
    one: Comparison, attribute: Attribute, spreads: Mapping[Outcome, Spread | None], level: float
) -> Comparison:
    """With what each group could have shown; the level is that of the first, strictest step of the correction."""
    spread_ = spreads[one.outcome]
    compared = {gap.group for gap in one.gaps}
    rates = {group.name: group.rates[one.outcome] for group in attribute.groups if group.name in compared}
    total = sum(rate.people for rate in rates.values())
    gaps = []
    for gap in one.gaps:
        own = rates[gap.group]
        if spread_ is not None and own.value is not None:
            others = total - own.people
            args = (own.people, others, len(compared), own.value - gap.difference, spread_.independent_per_person)
            gap = replace(gap, detectable=detectable(*args, level))
        gaps.append(gap)
    return replace(one, gaps=gaps)
