"""Toxicity ratings of comments by people of whom much is known (Kumar et al. 2021), with the ids of workers.

``classified_data_final_w_worker_hash.json`` has one comment per line: ``comment_id``, ``comment`` and ``ratings``, a
list of records with ``toxic_score`` (0 to 4), further judgements, and facts about the rater. The public version
(``toxicity_ratings.json``) has the same fields without the hash of the worker. Field names as used in public code on
that version. Some workers appear with different facts: as in the code released with Spectrum Tuning
(tsor13/spectrum), a rater is one combination of hash and facts.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from pluralign.episode import Example, GeometricPoisson, Process
from pluralign.errors import DataError
from pluralign.suite.data import DataRoot, read_jsonl
from pluralign.suite.registry import Card, task
from pluralign.suite.sample import subset

FILE = "manual/hatespeech/classified_data_final_w_worker_hash.json"
SCORE = "toxic_score"
JUDGEMENTS = {
    SCORE,
    "is_profane",
    "is_threat",
    "is_identity_attack",
    "is_insult",
    "is_sexual_harassment",
    "fine_to_see_online",
    "remove_from_online",
}
# The name of the political field is misspelt in the source.
FACTS = {
    "gender": "gender",
    "race": "race",
    "age_range": "age",
    "education": "education",
    "political_affilation": "politics",
    "religion_important": "importance of religion",
}
CHOICES = ("0", "1", "2", "3", "4")
MOST_RATERS = 1000
FEWEST_RATINGS = 4

CARD = Card(
    name="hatespeech_individual",
    kind="steer",
    summary="Given a comment from social media, predict how toxic one rater finds it, from 0 to 4.",
    source="Toxicity perspectives (Kumar et al. 2021), version with worker hashes",
    access="on request from the authors: https://data.esrg.stanford.edu/study/toxicity-perspectives",
    licence="none stated",
    citation="""@inproceedings{kumar2021designing,
  title = {Designing Toxic Content Classification for a Diversity of Perspectives},
  author = {Kumar, Deepak and Kelley, Patrick Gage and Consolvo, Sunny and Mason, Joshua and Bursztein, Elie and
    Durumeric, Zakir and Thomas, Kurt and Bailey, Michael},
  booktitle = {Seventeenth Symposium on Usable Privacy and Security},
  year = {2021}
}""",
    split="train",
    unit="rater",
    given=("comment",),
    generated=(SCORE,),
    files=(FILE,),
    warning="Many comments are toxic: hate, harassment, threats, profanity.",
    steps="Write to the authors named on https://data.esrg.stanford.edu/study/toxicity-perspectives and say what the"
    " data will be used for.\n"
    "Ask for the version with worker hashes; the file behind the link lacks them.\n"
    f"Put the file at {FILE} under the data root.",
)


@task(CARD, law=GeometricPoisson(128))
def hatespeech_individual(root: DataRoot) -> Iterator[Process]:
    """At most 1,000 raters with at least 4 ratings, drawn at random, in order of first appearance."""
    path = root.file(FILE)
    counts = Counter(rater for _, _, rater, _ in _ratings(path))
    frequent = [rater for rater, count in counts.items() if count >= FEWEST_RATINGS]
    chosen = dict.fromkeys(subset(frequent, MOST_RATERS, key=CARD.name))
    examples: dict[str, list[Example]] = defaultdict(list)
    facts: dict[str, dict[str, str]] = {}
    for comment, score, rater, rating in _ratings(path):
        if rater in chosen:
            examples[rater].append(Example(score, comment))
            facts[rater] = {name: rating[field] for field, name in FACTS.items() if _told(rating.get(field))}
    for rater in chosen:
        yield Process(
            rater,
            examples=tuple(examples[rater]),
            descriptions=_descriptions(facts[rater]),
            choices=CHOICES,
            metadata=facts[rater],
        )


def _descriptions(facts: dict[str, str]) -> tuple[str, ...]:
    generic = (
        "How toxic is the comment? One rater answers from 0 (not at all) to 4 (extremely).",
        "Toxicity of comments on a scale from 0 to 4, higher being more toxic, rated by the same person throughout.",
    )
    if not facts:
        return generic
    about = "; ".join(f"{name}: {value}" for name, value in facts.items())
    return (*generic, f"How toxic one person finds comments, from 0 to 4. The person: {about}.")


def _told(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and not value.lower().startswith("prefer not")


def _ratings(path: Path) -> Iterator[tuple[str, str, str, dict]]:
    """Comment, score, id of the rater and the whole rating."""
    for number, row in enumerate(read_jsonl(path), 1):
        place = f"{path}, row {number}"
        try:
            comment = row["comment"].strip()
            for rating in row["ratings"]:
                score = str(rating[SCORE]).removesuffix(".0")
                if score not in CHOICES:
                    raise DataError(f"{SCORE} {score!r} is not 0 to 4", where=place, fix="Ask for the file again.")
                if comment:
                    yield comment, score, _rater(rating), rating
        except (KeyError, TypeError, AttributeError) as error:
            reason = f"a field is absent or of the wrong type: {error}"
            raise DataError(reason, where=place, fix="Ask for the file again.") from None


def _rater(rating: dict) -> str:
    """A digest of all that is not a judgement, the same in every run and on every machine."""
    facts = {name: value for name, value in rating.items() if name not in JUDGEMENTS}
    return hashlib.blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=8).hexdigest()
