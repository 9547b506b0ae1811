"""Overton coverage: does one response lay out the reasonable views on a question?"""

from pluralign.measure.overton.judge import Judge, Judgement, WrittenJudge
from pluralign.measure.overton.looks import rows, union
from pluralign.measure.overton.questions import Question, Response, View, read_questions, read_responses
from pluralign.measure.overton.references import answers, elsewhere, references
from pluralign.measure.overton.table import Report, report
from pluralign.measure.overton.validation import Validation, halves, validate

__all__ = [
    "Judge",
    "Judgement",
    "Question",
    "Report",
    "Response",
    "Validation",
    "View",
    "WrittenJudge",
    "answers",
    "elsewhere",
    "halves",
    "read_questions",
    "read_responses",
    "references",
    "report",
    "rows",
    "union",
    "validate",
]
