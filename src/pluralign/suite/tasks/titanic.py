"""Titanic: passengers and who survived.

Schema from the data card and viewer of ``mstz/titanic``: ``titanic.csv`` with ``passenger_class``, ``is_male``,
``age`` (-1 where unknown), ``sibsp``, ``parch``, ``fare``, ``embarked`` (first letter of the port) and
``has_survived`` (0 or 1). Only the columns that the file has are used and named.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from pluralign.episode import Example, GeometricPoisson, Process
from pluralign.errors import DataError
from pluralign.suite.chunks import chunks
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, Fetch, task
from pluralign.suite.render import render
from pluralign.suite.tables import read_texts

FILE = "hub/mstz/titanic/titanic.csv"
SURVIVED = "has_survived"
FLAGS = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True, "no": False, "yes": True}
PORTS = {"C": "Cherbourg", "Q": "Queenstown", "S": "Southampton"}


def _number(cell: str) -> int | float | None:
    """A non-negative number, whole where it is whole; the source writes -1 for what is unknown."""
    value = float(cell)
    if value < 0:
        return None
    return int(value) if value.is_integer() else value


def _port(cell: str) -> str | None:
    """The port behind a letter; the source writes two apostrophes for what is unknown."""
    letter = cell.strip("'")
    return PORTS[letter] if letter else None


COLUMNS: dict[str, tuple[Callable[[str], object], str]] = {
    "passenger_class": (_number, "class of the ticket, 1 to 3"),
    "is_male": (lambda cell: FLAGS[cell.lower()], "true for men and boys"),
    "age": (_number, "in years"),
    "sibsp": (_number, "brothers, sisters and spouses on board"),
    "parch": (_number, "parents and children on board"),
    "fare": (_number, "price of the ticket in pounds"),
    "embarked": (_port, "port of embarkation"),
}

ALL_CARD = Card(
    name="titanic_all_variables",
    kind="steer",
    summary="Predict further passengers of the Titanic: class, sex, age, family, fare, port and survival.",
    source="Titanic passengers (mstz/titanic)",
    access="https://huggingface.co/datasets/mstz/titanic",
    licence="CC, variant not stated",
    citation="""@misc{mstz2023titanic,
  title = {Titanic},
  author = {{mstz}},
  howpublished = {Hugging Face data set mstz/titanic},
  year = {2023}
}""",
    split="train",
    unit="part of the passengers",
    generated=(SURVIVED, *COLUMNS),
    files=(FILE,),
    overlaps=("titanic_survival_prediction",),
    fetch=Fetch("hub", "mstz/titanic", "hub/mstz/titanic", ("titanic.csv",)),
)
SURVIVAL_CARD = replace(
    ALL_CARD,
    name="titanic_survival_prediction",
    summary="Given a passenger of the Titanic, predict whether they survived: yes or no.",
    given=tuple(COLUMNS),
    generated=(SURVIVED,),
    overlaps=("titanic_all_variables",),
)


@task(ALL_CARD)
def titanic_all_variables(root: DataRoot) -> Iterator[Process]:
    """Every passenger once, in parts of about 64; null stands for what is not known."""
    columns, passengers = _passengers(root)
    descriptions = (
        "Passengers of the Titanic, as JSON objects.",
        f"Passenger records of the Titanic as JSON objects with {SURVIVED} (yes or no), {_legend(columns)}.",
    )
    examples = [Example(render({SURVIVED: survived} | facts)) for survived, facts in passengers]
    for number, part in chunks(examples, GeometricPoisson(64), key=ALL_CARD.name):
        yield Process(str(number), examples=tuple(part), descriptions=descriptions)


@task(SURVIVAL_CARD)
def titanic_survival_prediction(root: DataRoot) -> Iterator[Process]:
    """Every passenger once, in parts of about 64."""
    columns, passengers = _passengers(root)
    descriptions = (
        "Did the passenger survive the sinking of the Titanic? yes or no.",
        f"Survival on the Titanic, yes or no. Given are {_legend(columns)}.",
    )
    examples = [Example(survived, render(facts)) for survived, facts in passengers]
    for number, part in chunks(examples, GeometricPoisson(64), key=SURVIVAL_CARD.name):
        yield Process(str(number), examples=tuple(part), descriptions=descriptions, choices=("no", "yes"))


def _legend(columns: list[str]) -> str:
    return ", ".join(f"{name} ({COLUMNS[name][1]})" for name in columns)


def _passengers(root: DataRoot) -> tuple[list[str], list[tuple[str, dict[str, object]]]]:
    """The columns that the file has beside survival, and for each passenger survival and those columns."""
    path = root.file(FILE)
    table = read_texts(path, (SURVIVED,), optional=tuple(COLUMNS))
    columns = table.columns[2:]
    if len(columns) < 2:
        raise DataError(f"fewer than two of the columns {', '.join(COLUMNS)}", where=path, fix="Fetch it again.")
    passengers = []
    for row, survived, *cells in table.iter_rows():
        name, cell = SURVIVED, survived
        try:
            answer = "yes" if FLAGS[survived.lower()] else "no"
            facts = {}
            for name, cell in zip(columns, cells, strict=True):
                facts[name] = None if cell is None else COLUMNS[name][0](cell)
        except (KeyError, ValueError, AttributeError):
            reason = f"{cell!r} is no value of column {name!r}"
            raise DataError(reason, where=f"{path}, row {row}", fix="Fetch the file again.") from None
        passengers.append((answer, facts))
    return columns, passengers
