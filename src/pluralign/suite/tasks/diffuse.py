"""Closed lists to draw from evenly: numbers, dates, countries, fruit, occupations, names, invented biographies."""

from collections.abc import Iterator

from pluralign.episode import Example, Process
from pluralign.errors import DataError
from pluralign.suite.data import DataRoot, read_json
from pluralign.suite.registry import Card, Fetch, task

FOLDER = "diffuse_distributions_prompts"
PERMUTATIONS = 10

DESCRIPTIONS = {
    "baby-names/train": "English first names in random order.",
    "continent-countries/africa": "Countries of Africa in random order.",
    "continent-countries/asia": "Countries of Asia in random order.",
    "continent-countries/europe": "Countries of Europe in random order.",
    "continent-countries/north-america": "Countries of North America in random order.",
    "continent-countries/oceania": "Countries of Oceania in random order.",
    "continent-countries/south-america": "Countries of South America in random order.",
    "day-date/day-0": "The days of the week in random order, each once.",
    "day-date/day-1": "Weekday names, shuffled.",
    "day-date/december-0": "The dates of December in random order, each once.",
    "day-date/december-1": "Days in December, shuffled.",
    "day-date/june-0": "The dates of June in random order, each once.",
    "day-date/june-1": "Days in June, shuffled.",
    "ficticious-people/ficticious-people-train": (
        "Invented people, each on four lines: name, gender, date of birth, and city and country of birth."
    ),
    "fruits/fruit-0": "Fruits in random order, each once.",
    "fruits/fruit-1": "Names of fruit, shuffled.",
    "numbers/even-0": "The even numbers up to 10 in random order, each once.",
    "numbers/even-1": "The even numbers up to 100 in random order, each once.",
    "numbers/odd-0": "The odd numbers below 10 in random order, each once.",
    "numbers/odd-1": "The odd numbers below 100 in random order, each once.",
    "numbers/prime-0": "The prime numbers below 50 in random order, each once.",
    "numbers/prime-1": "The prime numbers below 100 in random order, each once.",
    "numbers/rng-0": "The whole numbers from 1 to 10 in random order, each once.",
    "numbers/rng-1": "The whole numbers from 1 to 100 in random order, each once.",
    "occupations/occupations-0": "Occupations in random order.",
    "occupations/occupations-1": "Occupations that begin with the letter A, in random order.",
    "occupations/occupations-2": "Occupations that begin with the letter M, in random order.",
}


def _shares_evaluation(name: str) -> bool:
    """Whether nearly all items of a list are valid answers of a held-out coverage task."""
    return name.startswith(("numbers/", "day-date/day-"))


@task(
    Card(
        name="diffuse_distribution",
        kind="steer",
        summary="all items of a closed list, each once, in random order",
        source="Prompts and targets of Forcing Diffuse Distributions out of Language Models",
        access="https://github.com/y0mingzhang/diffuse-distributions (folder prompts)",
        licence="MIT",
        citation="Zhang, Schwarzschild, Carlini, Kolter, Ippolito. Forcing Diffuse Distributions out of Language "
        "Models. COLM 2024.",
        split="train",
        unit="order of a list",
        generated=("item",),
        files=(FOLDER,),
        ships=True,
        overlaps=(
            "prime_numbers",
            "small_prime_numbers",
            "rng_1_10",
            "rng_1_100",
            "weekdays_full",
            "weekdays_any_format",
        ),
        fetch=Fetch("git", "https://github.com/y0mingzhang/diffuse-distributions", FOLDER, ("prompts/*.json",)),
    )
)
def diffuse_distribution(root: DataRoot) -> Iterator[Process]:
    """Yield ten processes per list; metadata ``overlap`` is 1 where a coverage task shares its content."""
    for name, description in DESCRIPTIONS.items():
        path = root.file(f"{FOLDER}/{name}.json", f"{FOLDER}/prompts/{name}.json")
        document = read_json(path)
        targets = document.get("targets") if isinstance(document, dict) else None
        if not targets or not all(isinstance(target, str) for target in targets):
            raise DataError("a list of texts named targets is required", where=path, fix="Fetch it again.")
        examples = tuple(Example(_without_braces(target)) for target in targets)
        for order in range(PERMUTATIONS):
            yield Process(
                id=f"{name}/{order}",
                examples=examples,
                descriptions=(description,),
                metadata={"overlap": int(_shares_evaluation(name))},
            )


def _without_braces(target: str) -> str:
    """The item without the braces around each of its lines; the line breaks separate the fields of a biography."""
    return "\n".join(line.strip().removeprefix("{").removesuffix("}") for line in target.strip().splitlines())
