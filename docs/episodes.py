"""Write docs/episodes.md: the beginning of one drawn episode of ten tasks, by ``python docs/episodes.py``.

Only tasks whose content is generated or in the public domain are shown: the repository holds no data of others.
"""

import json
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).with_name("episodes.md")
TASKS = (
    "coinflip",
    "normal",
    "cards",
    "multinomial",
    "flight",
    "babynames",
    "anes96_individual",
    "anes96",
    "urn",
    "weekdays_any_format",
)
OUTPUTS = 4
INTRODUCTION = """# Ten episodes

The beginning of one drawn episode each, as `pluralign suite show TASK` prints it for `nano-spectrum`; scored spans
stand in double brackets. Written by `python docs/episodes.py`.
"""


def shown(task: str) -> str:
    """The section of one task, cut after a few examples."""
    command = [sys.executable, "-m", "pluralign", "suite", "show", task, "--json"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    text, marked = "", False
    for segment in found["segments"]:
        if (segment["example"] or 0) >= OUTPUTS:
            text += "…"
            break
        if segment["scored"] != marked:
            text += "[[" if segment["scored"] else "]]\n"
            marked = segment["scored"]
        text += segment["text"].removeprefix("\n") if text.endswith("\n") else segment["text"]
    answer = "; ".join(f"{option} {share}" for option, share in found["answer"].items())
    card = found["card"]
    lines = [
        f"## {task}",
        "",
        f"{card['kind']}, {card['split']}: {card['summary']}",
        "",
        "```text",
        text.rstrip(),
        "```",
    ]
    return "\n".join([*lines, "", f"Answer: {answer}."] if answer else lines)


if __name__ == "__main__":
    PAGE.write_text("\n".join([INTRODUCTION, *(shown(task) + "\n" for task in TASKS)]), encoding="utf-8")
