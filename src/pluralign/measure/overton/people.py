"""Real questions and real labels, from surveys in the data root: what people said, and whether a text speaks for them.

The labels are of three kinds. In the surveys on generative social choice (Fish et al. 2023, arXiv 2309.01291) a person
wrote down a position, then said how well each of some statements captures it: is this person represented? In the
Global Dialogues a person wrote an opinion and voted on those of others: would someone with this view agree? That is
further from what a judge of coverage is asked. ChaosNLI (Nie et al. 2020, EMNLP) tells whether one sentence follows
from another, by 100 people each: it is not about opinions, but for and against are told apart.
"""

import html
import re

import polars as pl

from pluralign.episode import generator
from pluralign.errors import DataError
from pluralign.measure.overton.labels import Label
from pluralign.measure.overton.questions import Question, View
from pluralign.suite.data import DataRoot, read_jsonl, read_parquet

_SURVEYS = {
    "abortion": (
        (8,),
        6.0,
        "How should society deal with abortions, and why?",
        r"(?s)<blockquote>\s*(.*?)\s*</blockquote>",
    ),
    "chatbot_personalization": (
        (9, 10),
        4.0,
        "Which rules should all companies follow when chatbots are personalised to their users?",
        r'(?s)following statement:\s*"(.*?)"\s*To what extent',
    ),
}
"""Per survey: steps at which people wrote their position, highest rating, the question, where a statement stands."""


def survey_labels(root: DataRoot, survey: str) -> list[Label]:
    """How well people said that statements capture their view; one question, clustered by person.

    Args:
        survey: ``abortion`` or ``chatbot_personalization``.

    Raises:
        DataError: the data is absent, or not in the known form.
    """
    table, statements, (steps, top, _, _) = _survey(root, survey)
    positions = (
        table.filter(pl.col("step").is_in(steps), pl.col("sample_type") == "generation", pl.col("text").is_not_null())
        .sort("user_id", "step")
        .group_by("user_id", maintain_order=True)
        .agg(view=pl.col("text").str.join(" "))
    )
    rated = (
        statements.filter(pl.col("sample_type") == "generation").join(positions, on="user_id").sort("user_id", "step")
    )
    return [
        Label.rated(survey, row["statement"], row["view"], row["choice_numeric"] / top, row["user_id"])
        for row in rated.to_dicts()
    ]


def survey_question(root: DataRoot, survey: str) -> Question:
    """The question of a survey with the statements of its validation round as views.

    The weight of a view is the number of people whom it captures best; people with several best statements are shared
    between them, and a statement that is nobody's best is left out.

    Raises:
        DataError: the data is absent, or not in the known form.
    """
    _, statements, (_, _, text, _) = _survey(root, survey)
    best = (
        statements.filter(pl.col("sample_type") == "validation")
        .filter(pl.col("choice_numeric") == pl.col("choice_numeric").max().over("user_id"))
        .with_columns(weight=1 / pl.len().over("user_id"))
        .group_by("statement")
        .agg(pl.col("weight").sum())
        .sort("weight", "statement", descending=[True, False])
    )
    return Question(survey, text, tuple(View(statement, weight) for statement, weight in best.iter_rows()))


def dialogue_labels(root: DataRoot, round: str = "GD6", limit: int = 1000) -> list[Label]:
    """Whether people agree with the opinions of others, next to the opinion that they wrote; clustered by person.

    Args:
        round: ``GD6`` or ``GD6UK``.
        limit: at most this many labels per question, a fixed random subset.

    Raises:
        DataError: the data is absent.
    """
    folder = "_no_licence_stated/global_dialogues"
    said = read_parquet(
        root.file(f"{folder}/{round}_verbatim_map.parquet", f"global_dialogues/{round}_verbatim_map.parquet")
    )
    votes = read_parquet(root.file(f"{folder}/{round}_binary.parquet", f"global_dialogues/{round}_binary.parquet"))
    own = said.select("Question ID", "Participant ID", view="Thought Text").unique(
        ["Question ID", "Participant ID"], keep="first", maintain_order=True
    )
    joined = (
        votes.filter(pl.col("Vote").is_in(["Agree", "Disagree"]))
        .join(own, on=["Question ID", "Participant ID"])
        .join(said.select("Thought ID", response="Thought Text").unique("Thought ID", keep="first"), on="Thought ID")
        .filter(pl.col("view") != pl.col("response"))
        .unique(["Question ID", "Participant ID", "Thought ID"], keep="last")
        .sort("Question ID", "Participant ID", "Thought ID")
    )
    found = []
    for (question,), group in joined.group_by("Question ID", maintain_order=True):
        keep = generator("dialogue-labels", round, question).permutation(group.height)[:limit]
        for row in group[sorted(keep.tolist())].to_dicts():
            agrees = row["Vote"] == "Agree"
            found.append(Label(str(question), row["response"], row["view"], agrees, None, row["Participant ID"]))
    return found


def entailment_labels(root: DataRoot) -> list[Label]:
    """Whether people find that a sentence follows from another; clustered by the latter.

    The rating is the share of 100 people who chose entailment; a label is yes where most of them did.

    Raises:
        DataError: the data is absent, or not in the known form.
    """
    found = []
    for part in ("snli", "mnli_m"):
        path = root.file(f"chaosnli/chaosNLI_{part}.jsonl.gz", f"chaosnli/chaosNLI_{part}.jsonl")
        for number, row in enumerate(read_jsonl(path), 1):
            try:
                premise, hypothesis = row["example"]["premise"], row["example"]["hypothesis"]
                counts = row["label_counter"]
                share = counts.get("e", 0) / sum(counts.values())
            except (KeyError, TypeError, AttributeError, ZeroDivisionError):
                raise DataError(
                    "not an item of ChaosNLI", where=f"{path}, row {number}", fix="Fetch it again."
                ) from None
            found.append(Label(part, premise, hypothesis, share > 0.5, share, premise))
    return found


def _survey(root: DataRoot, survey: str) -> tuple[pl.DataFrame, pl.DataFrame, tuple]:
    if survey not in _SURVEYS:
        raise DataError(f"there is no survey {survey!r}", fix=f"Name one of {', '.join(_SURVEYS)}.")
    name = f"generative_social_choice/{survey}_survey.parquet"
    path = root.file(f"_no_licence_stated/{name}", name)
    table = read_parquet(path)
    pattern = re.compile(_SURVEYS[survey][3])
    rated = table.filter(pl.col("question_type") == "multiple choice + text", pl.col("choice_numeric").is_not_null())
    texts = []
    for asked in rated["question_text"]:
        match = pattern.search(asked)
        if match is None:
            raise DataError("a rated statement is not where it should be", where=path, fix="Fetch the file again.")
        bare = html.unescape(re.sub(r"<[^>]+>", "", match[1]))
        texts.append(" ".join(bare.split()).strip('“”"'))
    return table, rated.with_columns(statement=pl.Series(texts, dtype=pl.String)), _SURVEYS[survey]
