"""Export to the LM Evaluation Harness: a folder with the task's settings, its data and its scores.

The harness writes no chat template unless told to, so questions are written in the template ``colon``, and a choice
ends with that template's end mark: its log-likelihoods are then those of :mod:`pluralign.measure` for that template.
"""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from pluralign.bridges._files import export_name, write_program, write_rows
from pluralign.bridges.questions import Question
from pluralign.measure.per_question import DISTANCES
from pluralign.suite import Task
from pluralign.template import Segment, colon


def write(task: Task, questions: Sequence[Question], folder: Path) -> str:
    """Write the folder.

    Returns:
        the command that runs the task.

    Raises:
        RunError: a file cannot be written.
    """
    name, template = export_name(task), colon()
    rows = [
        {
            "id": one.prompt.id,
            "process": one.process,
            "prompt": _text(template.prompt(one.prompt)),
            "choices": [_text([s for s in template.answer(choice) if s.scored]) for choice in one.choices],
            "answer": one.answer,
            "target": one.target and list(one.target.probabilities),
        }
        for one in questions
    ]
    align = task.card.kind == "align"
    ordered = all(one.target is not None and one.target.ordered for one in questions)
    distances = [name for name in DISTANCES if ordered or name != "wasserstein"]
    metrics = (
        dict.fromkeys([*distances, "mass_outside"], False)
        if align
        else {"acc": True, "choice_loss": False, "choice_mass": True}
    )
    write_rows(folder / f"{name}.jsonl", rows)
    write_program(folder / f"{name}.py", "lm_eval.py.j2", name=name, align=align, ordered=ordered)
    write_program(folder / f"{name}.yaml", "lm_eval.yaml.j2", name=name, align=align, metrics=metrics)
    command = f"lm_eval --model hf --model_args pretrained=MODEL --tasks {name} --include_path "
    write_program(
        folder / f"{name}.md", "readme.md.j2", card=task.card, command=command + ".", tool="LM Evaluation Harness"
    )
    return command + quote(str(folder))


def _text(segments: Sequence[Segment]) -> str:
    return "".join(segment.text for segment in segments)
