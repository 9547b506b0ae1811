"""Few-shot documents."""

import numpy as np

from pluralign.suite.tasks.simulated import process
from pluralign.tune.corpus import documents, few_shot

WORDS = [a + b + c for a in "bdfgk" for b in "aeiou" for c in ("lt", "rn", "st", "mp")]
TEXTS = [f"The {a} stood near the {c} gate." for a in WORDS for c in ("east", "west")]


def test_few_shot_documents_hold_every_example():
    made = process(0, 7, WORDS, TEXTS)
    text = few_shot(made, np.random.default_rng(0))
    assert all(example.output in text for example in made.examples)


def test_documents_have_the_share_of_processes_asked_for():
    passages = ["A passage. " * 100] * 30
    processes = (process(0, i, WORDS, TEXTS) for i in range(10_000))
    found = list(documents(passages, processes, share=0.6))
    written = sum(len(text) for text in found if text not in passages)
    assert abs(written / sum(map(len, found)) - 0.6) < 0.05
