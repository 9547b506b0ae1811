"""Real questions and real labels, from surveys in the data root: what people said, and whether a text speaks for them.

The labels are of two kinds. In the surveys on generative social choice (Fish et al. 2023, arXiv 2309.01291) a person
wrote down a position, then said how well each of some statements captures it: is this person represented? In the
Global Dialogues, and in Polis conversations, a person wrote a statement and voted on those of others: would someone
with this view agree? The second is further from what a judge of coverage is asked. A third comes from ChaosNLI (Nie et
al. 2020, EMNLP): does one sentence follow from another, by 100 people each? It is not about opinions, but it is about
expressing the same, with for and against told apart.
"""

import html
import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pluralign.episode import generator
from pluralign.errors import DataError
from pluralign.measure.overton.labels import Label
from pluralign.measure.overton.questions import Question, View
from pluralign.suite.data import DataRoot, read_csv, read_jsonl, read_parquet
from pluralign.suite.votes import read_comments

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

_LEAST_VOTES = 30
_REJECTED = 0.2
"""A statement that at most this share of its voters agrees with counts as unreasonable."""


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


def polis_labels(folders: Sequence[Path], limit: int = 300) -> list[Label]:
    """Whether authors of statements agree with other statements of their conversation; clustered by conversation.

    Each author with a single statement has it as view; votes to pass are left out.

    Args:
        folders: exports of Polis conversations, as CSV or Parquet.
        limit: at most this many labels per conversation, a fixed random subset.

    Raises:
        DataError: a file is absent or unreadable.
    """
    found = []
    for folder in folders:
        texts, votes, authors = _polis(folder)
        single = authors.filter(pl.len().over("participant") == 1)
        rows = (
            votes.join(single, on="participant")
            .filter(pl.col("comment") != pl.col("own"), pl.col("vote") != 0)
            .join(texts, on="comment")
            .join(texts.select(own="comment", view="text"), on="own")
            .filter(pl.col("text") != pl.col("view"))
            .sort("participant", "comment")
        )
        keep = generator("polis-labels", folder.name).permutation(rows.height)[:limit]
        for row in rows[sorted(keep.tolist())].to_dicts():
            found.append(Label(folder.name, row["text"], row["view"], row["vote"] == 1, None, folder.name))
    return found


def polis_question(folder: Path, each: int = 3, unreasonable: int = 3) -> Question:
    """The topic of a Polis conversation; its views are the statements that speak most for each opinion group.

    A statement speaks for a group by the share of the group that agrees with it times the ratio of this share to that
    of the others, each with one vote more on either side (the representativeness of Small et al. 2021, "Polis: scaling
    deliberation by mapping high dimensional opinion spaces"). Weights add up to the sizes of the groups.

    Args:
        folder: the export of a conversation, as CSV or Parquet, with ``summary.csv``.
        each: number of views per group.
        unreasonable: most statements that hardly anybody agrees with.

    Raises:
        DataError: a file is absent or unreadable, or no group has votes enough.
    """
    texts, votes, _ = _polis(folder)
    topic = next(value for name, value in _summary(folder) if name == "topic")
    known = votes.join(texts, on="comment").with_columns(agrees=(pl.col("vote") == 1).cast(pl.Float64))
    enough = known.filter(pl.len().over("comment") >= _LEAST_VOTES)
    views: dict[str, View] = {}
    for (group,), part in enough.drop_nulls("group").sort("group").group_by("group", maintain_order=True):
        inside = part.group_by("text").agg(a=pl.col("agrees").sum(), n=pl.len())
        outside = (
            enough.filter(pl.col("group").is_not_null(), pl.col("group") != group)
            .group_by("text")
            .agg(other=(pl.col("agrees").sum() + 1) / (pl.len() + 2))
        )
        spoken = (
            inside.filter(pl.col("n") >= 5)
            .join(outside, on="text")
            .with_columns(share=(pl.col("a") + 1) / (pl.col("n") + 2))
            .filter(pl.col("share") >= 0.5, ~pl.col("text").is_in(list(views)))
            .with_columns(speaks=pl.col("share") ** 2 / pl.col("other"))
            .sort("speaks", "text", descending=[True, False])
            .head(each)
        )
        for text in spoken["text"]:
            views[text] = View(text, part["participant"].n_unique() / spoken.height, f"group {group}")
    if not views:
        raise DataError("no opinion group with votes enough", where=folder, fix="Take a larger conversation.")
    rejected = (
        enough.group_by("text")
        .agg(share=pl.col("agrees").mean())
        .filter(pl.col("share") <= _REJECTED, ~pl.col("text").is_in(list(views)))
        .sort("share", "text")
        .head(unreasonable)
    )
    return Question(folder.name, f"What should be done about: {topic}", tuple(views.values()), tuple(rejected["text"]))


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


def _polis(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Statements (comment, text), votes (participant, group, comment, vote) and authors (participant, own)."""
    comments = _file(folder, "comments")
    texts = read_comments(comments)
    matrix = _table(_file(folder, "participants_votes", "participants-votes"))
    numbers = [name for name in matrix.columns if name.isdigit()]
    votes = (
        matrix.select("participant", "group-id", *numbers)
        .cast(pl.String)
        .rename({"group-id": "group"})
        .unpivot(index=["participant", "group"], variable_name="comment", value_name="vote")
        .filter(pl.col("vote").is_not_null(), pl.col("vote") != "")
        .with_columns(pl.col("comment", "participant").cast(pl.Int64), pl.col("vote").cast(pl.Float64))
        .with_columns(group=pl.when(pl.col("group") != "").then(pl.col("group")))
    )
    authors = _table(comments).select(
        participant=pl.col("author-id").cast(pl.Int64), own=pl.col("comment-id").cast(pl.Int64)
    )
    return texts, votes, authors.join(texts.select(own="comment"), on="own")


def _summary(folder: Path) -> list[tuple[str, str]]:
    table = read_csv(folder / "summary.csv", has_header=False, infer_schema=False, new_columns=["name", "value"])
    return list(table.select("name", "value").iter_rows())


def _table(path: Path) -> pl.DataFrame:
    return read_parquet(path) if path.suffix == ".parquet" else read_csv(path, infer_schema=False)


def _file(folder: Path, *names: str) -> Path:
    options = [folder / f"{name}{ending}" for name in names for ending in (".parquet", ".csv")]
    found = next((path for path in options if path.is_file()), None)
    if found is None:
        raise DataError(f"no {options[-1].name}", where=folder, fix="Give the export of a Polis conversation.")
    return found
