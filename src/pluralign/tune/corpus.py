"""Plain text for the embedded base model: passages of books between few-shot documents."""

from collections.abc import Iterator

import numpy as np

from pluralign.episode import Process, generator

_PAIRS = (("Input", "Output"), ("Q", "A"), ("Text", "Label"), ("Item", "Answer"), ("Given", "Result"))


def few_shot(process: Process, rng: np.random.Generator) -> str:
    """A process as a plain document, in one of several everyday layouts."""
    description = str(rng.choice(process.descriptions)) if process.descriptions and rng.random() < 0.7 else None
    order = rng.permutation(len(process.examples))
    given, said = _PAIRS[rng.integers(len(_PAIRS))]
    if rng.random() < 0.4:
        given, said = _PAIRS[0]
    labelled = process.examples[0].input is not None or rng.random() < 0.7
    gap = "\n" if rng.random() < 0.3 else "\n\n"
    inner = "\n" if gap == "\n" or rng.random() < 0.5 else "\n\n"
    lines = []
    for example in (process.examples[i] for i in order):
        if example.input is not None:
            lines.append(f"{given}: {example.input}{inner}{said}: {example.output}")
        else:
            lines.append(f"{said}: {example.output}" if labelled else example.output)
    body = (gap if labelled else "\n").join(lines)
    if description is None:
        return f"{body}\n"
    return f"Description: {description}\n\n{body}\n" if rng.random() < 0.7 else f"{description}\n\n{body}\n"


def documents(passages: list[str], processes: Iterator[Process], share: float, seed: int = 0) -> Iterator[str]:
    """Mix passages with few-shot documents: a share ``share`` of the characters comes from processes."""
    rng = generator("documents", seed)
    written = read = 0
    for passage in passages:
        yield passage
        read += len(passage)
        while written < share / (1 - share) * read:
            text = few_shot(next(processes), rng)
            written += len(text)
            yield text
