"""Answers of simulated people, with a planted gap between groups or with none."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from scipy.special import expit, logit

from pluralign.values.responses import Responses

ICC = 0.3
REGIONS = {"north": 70, "south": 30, "east": 20}
WORK = {"day": 85, "night": 35}


def simulate(
    seed: int,
    *,
    gaps: Mapping[str, tuple[float, float]] | None = None,
    groups: Mapping[str, Mapping[str, int]] | None = None,
    situations: int = 8,
    shown: int = 8,
    considerations: int = 5,
    agreement: float = 0.8,
    missing: float = 0.15,
) -> pl.DataFrame:
    """A table with a row per person, situation and consideration.

    Each person has a tendency of their own, which makes up a share ``ICC`` of the variance of answers with the same
    expectation; situations and considerations shift it on the scale of log-odds.

    Args:
        gaps: what is added to the probabilities of agreeing and of a missing view in a group of the first attribute.
        groups: sizes of the groups by attribute; people of different attributes are matched at random.
        situations: how many there are.
        shown: how many of them each person sees, drawn at random.
        considerations: per situation.
        agreement: probability of agreeing.
        missing: probability that a person's view of a situation is missing.
    """
    draw = np.random.default_rng(seed)
    groups = groups or {"region": REGIONS, "work": WORK}
    columns = {name: draw.permutation(np.repeat([*sizes], [*sizes.values()])) for name, sizes in groups.items()}
    first = next(iter(columns.values()))
    people = len(first)
    own = np.array([(gaps or {}).get(group, (0.0, 0.0)) for group in first])
    tendencies = {
        name: tendency(draw, probability + own[:, place])
        for place, (name, probability) in enumerate((("agree", agreement), ("missing", missing)))
    }
    seen = draw.random((people, situations)).argsort(axis=1)[:, :shown]
    hard = draw.normal(0, 0.4, (situations, considerations + 1))
    chance = expit(logit(tendencies["agree"])[:, None, None] + hard[seen, :-1])
    lacking = expit(logit(tendencies["missing"])[:, None] + hard[seen, -1])
    agree = draw.random(chance.shape) < chance
    lacks = draw.random(lacking.shape) < lacking
    who, which, what = (axis.ravel() for axis in np.indices(agree.shape))
    spoken = np.array(["no", "yes"])
    return pl.DataFrame(
        {
            "person": [f"p{n}" for n in who],
            "situation": [f"Situation {n}" for n in seen[who, which]],
            "kind": np.array(["value", "right", "duty"])[what % 3],
            "text": [f"Consideration {n}" for n in what],
            "agree": spoken[agree.ravel().astype(int)],
            "missing": spoken[np.repeat(lacks.ravel().astype(int), considerations)],
            **{name: values[who] for name, values in columns.items()},
        }
    )


def tendency(draw: np.random.Generator, expected: np.ndarray) -> np.ndarray:
    """Probabilities of yes of people, around what is expected of each."""
    strength = (1 - ICC) / ICC
    drawn = draw.beta(expected * strength, (1 - expected) * strength)
    return np.clip(drawn, 1e-6, 1 - 1e-6)


def responses(table: pl.DataFrame) -> Responses:
    """What :func:`pluralign.values.responses.read` makes of such a table when it is a file."""
    table = table.with_columns(person=pl.col("person").str.slice(1).cast(pl.Int64))
    people = table.select(pl.exclude("situation", "kind", "text", "agree", "missing")).unique().sort("person")
    agreed = table.select("person", "situation", "kind", "text", value=(pl.col("agree") == "yes").cast(pl.Float64))
    missed = table.select("person", "situation", value=(pl.col("missing") == "yes").cast(pl.Float64)).unique()
    groups = people.drop("person")
    groups = groups.with_columns(column.cast(pl.Enum(column.unique().sort())) for column in groups.iter_columns())
    views = pl.DataFrame(schema={"person": pl.Int64, "situation": pl.String, "text": pl.String, "row": pl.Int64})
    return Responses("simulated", people.height, agreed, missed, groups, views, ())
