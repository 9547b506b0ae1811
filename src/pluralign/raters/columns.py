"""Which column of a table is what, from the names that are usual."""

from collections.abc import Sequence

from pluralign.errors import DataError

USUAL = {
    "rater": "rater rater_id annotator annotator_id worker worker_id user user_id participant participant_id"
    " respondent respondent_id judge judge_id voter voter_id coder coder_id reviewer reviewer_id labeler labeler_id"
    " labeller labeller_id person person_id subject_id student_id reader_id prolific_id prolific_pid id_rater"
    " id_annotator raterid annotatorid workerid userid participantid respondentid",
    "item": "item item_id itemid instance_id example_id text_id comment_id statement_id post_id tweet_id sentence_id"
    " question_id prompt_id document_id doc_id stimulus_id stimulus book_id article_id image_id id_item",
    "text": "text comment comment_text statement sentence post tweet message content body item_text document utterance"
    " stimulus_text prompt question question_text",
    "label": "label rating vote score answer annotation judgement judgment choice value class",
    "reason": "reason reasons rationale explanation justification",
}
"""The names of each role, the surest first; in lower case, with underscores for what is neither letter nor digit."""


def guess(role: str, columns: Sequence[str]) -> str | None:
    """The column that most likely has a role, or None."""
    plain = {"_".join("".join(c if c.isalnum() else " " for c in name.casefold()).split()): name for name in columns}
    return next((plain[name] for name in USUAL[role].split() if name in plain), None)


def require(role: str, name: str | None, columns: Sequence[str], where: object) -> str:
    """The column that was asked for, or the one that most likely has the role.

    Raises:
        DataError: there is none; lists the columns.
    """
    found = guess(role, columns) if name is None else name
    shown = ", ".join(map(repr, columns[:30])) + (", …" if len(columns) > 30 else "")
    if found is None:
        fix = f"Say which it is; there are {shown}."
        raise DataError(f"no column looks like the {role} of a rating", where=where, fix=fix)
    if found not in columns:
        raise DataError(f"there is no column {found!r}", where=where, fix=f"There are {shown}.")
    if f"{found}_duplicated_0" in columns:
        raise DataError(f"two columns are named {found!r}", where=where, fix="Rename one.")
    return found
