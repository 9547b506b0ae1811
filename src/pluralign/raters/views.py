"""Names of ways of telling about a rater, such as ``demographics:age+gender+profile`` or ``demonstrations-8``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pluralign.errors import UsageError
from pluralign.raters.attributes import checked
from pluralign.raters.ratings import Ratings

ALL = -1
"""As a number of ratings: all that may be told about the rater."""

SHOTS = (1, 2, 4, 8, 16, 32)
"""Numbers of demonstrations that are compared unless others are asked for."""

CLUSTERS = (2, 4, 8)
"""Numbers of clusters, likewise."""

_COUNTED = re.compile(r"(demonstrations|profile|cluster)-(all|[1-9][0-9]{0,5})")
_PLAIN = ("none", "demographics", "profile")
_FORMS = "none, demographics, demographics:FIELD, demonstrations-N or -all, profile, profile-N, cluster-K, joined by +"


@dataclass(frozen=True)
class Telling:
    """What is told about each rater.

    Attributes:
        name: as it is called.
        demographics: names of the attributes.
        demonstrations: how many of the rater's own ratings: 0 for none, ``ALL`` for all that may be told.
        profile: how many of these ratings a profile is written from: 0 for no profile, ``ALL`` for all.
        cluster: in how many clusters the raters are, whose profile is told; 0 for none.
    """

    name: str
    demographics: tuple[str, ...] = ()
    demonstrations: int = 0
    profile: int = 0
    cluster: int = 0


def parse(name: str, ratings: Ratings) -> Telling:
    """What a name stands for.

    Parts are joined by ``+``; after ``demographics:``, so are the names of attributes.

    Args:
        ratings: whose raters are told about.

    Raises:
        UsageError: the name is of no known form, names an attribute that raters do not have, tells one thing twice, or
            a profile and a cluster at once.
    """
    tokens = name.split("+")
    said: dict[str, int | tuple[str, ...]] = {}
    place = 0

    def say(what: str, value: int | tuple[str, ...]) -> None:
        if what in said:
            raise UsageError(f"the representation {name!r} tells {what} twice")
        said[what] = value

    while place < len(tokens):
        token = tokens[place]
        place += 1
        if counted := _COUNTED.fullmatch(token):
            what, size = counted.groups()
            if what == "cluster" and size == "all":
                raise UsageError(f"the representation {name!r} needs a number of clusters", fix="Say cluster-4.")
            say(what, ALL if size == "all" else int(size))
        elif token.startswith("demographics:"):
            fields, place = _fields([token.removeprefix("demographics:"), *tokens[place:]], place, ratings)
            say("demographics", fields)
        elif token == "demographics":
            say(token, ratings.attributes)
        elif token == "profile":
            say(token, ALL)
        elif token != "none" or len(tokens) > 1:
            raise UsageError(f"there is no representation {token!r}", where=name, fix=f"Use {_FORMS}.")
    if {"profile", "cluster"} <= set(said):
        raise UsageError(f"the representation {name!r} tells two profiles", fix="Take the profile or the cluster.")
    if said.get("demographics") == ():
        raise UsageError("nothing is known of the raters", where=ratings.name, fix=f"Leave out {name!r}.")
    return Telling(name, **said)  # ty: ignore[invalid-argument-type]


def usual(ratings: Ratings) -> list[str]:
    """The names of the published table, without what the data lacks."""
    fields = ratings.attributes
    named = ["none"]
    named += [f"demographics:{field}" for field in fields] if len(fields) > 1 else []
    named += ["demographics"] if fields else []
    named += [f"demonstrations-{shots}" for shots in SHOTS] + ["demonstrations-all"]
    named += [f"profile-{shots}" for shots in SHOTS[2:]] + ["profile"]
    named += ["demographics+profile"] if fields else []
    return named + [f"cluster-{count}" for count in CLUSTERS]


def matched(names: Sequence[str]) -> dict[str, str]:
    """For profiles and clusters, the demonstrations of the very ratings that they come from, where these are there."""
    pairs = {name: f"demonstrations-{name.partition('-')[2] or 'all'}" for name in names if name.startswith("profile")}
    pairs |= {name: "demonstrations-all" for name in names if name.startswith("cluster")}
    return {name: whole for name, whole in pairs.items() if "+" not in name and whole in names}


def _fields(tokens: list[str], place: int, ratings: Ratings) -> tuple[tuple[str, ...], int]:
    """The attributes at the front of ``tokens``, and where the next part begins.

    The name of an attribute may itself hold a plus sign: the longest one counts.
    """
    found: list[str] = []
    start = 0
    while start < len(tokens):
        if start and (tokens[start] in _PLAIN or _COUNTED.fullmatch(tokens[start])):
            break
        ends = range(len(tokens), start, -1)
        fits = ((end, "+".join(tokens[start:end])) for end in ends)
        end, field = next(((e, f) for e, f in fits if f in ratings.attributes), (start + 1, tokens[start]))
        found += checked(ratings, (field,))
        start = end
    if len(set(found)) < len(found):
        raise UsageError(f"an attribute is named twice: {'+'.join(found)}", where=ratings.name)
    return tuple(found), place - 1 + start
