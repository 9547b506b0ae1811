"""A plausible finished run, made from invented rows with the measures' own summaries, and with awkward texts in it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from pluralign.measure import align, cover, distances, steer
from pluralign.measure.baselines import running_majority, running_marginal
from pluralign.measure.table import means_over_tasks
from pluralign.runs import Metric, Run

MODELS = ("nano-base", "nano-instruct", "nano-spectrum")
KINDS = ("steer", "cover", "align")
SCRIPT = "<script>alert(1)</script>"
AWKWARD = (
    SCRIPT,
    "</script><img src=http://example.org/x onerror=alert(2)>",
    '" onmouseover="alert(3)',
    "naïve café 投票 🗳️ \u202egnirts\u202c a\u2028b\u0000c",
    "a very long answer that goes on and on without saying anything new " * 6,
)
_SKILL = {"nano-base": 0.0, "nano-instruct": -0.5, "nano-spectrum": 0.6}
_SPLITS = ("train", "heldout")


def make_run(
    folder: Path, *, models: Sequence[str] = MODELS, kinds: Sequence[str] = KINDS, tasks: int = 3, seed: int = 0
) -> list[Metric]:
    """Write a finished run with ``tasks`` tasks of each kind; tasks alternate between the splits.

    Returns:
        its metrics.
    """
    rng = np.random.default_rng(seed)
    make = {"steer": _steer, "cover": _cover, "align": _align}
    summarise = {"steer": steer.metrics, "cover": cover.metrics, "align": align.metrics}
    parts, found, splits = [], [], {}
    for kind in kinds:
        for number in range(tasks):
            task = f"{kind}_{number}" if number else f"{kind} <b>first</b> & \u2028 only"
            splits[task] = _SPLITS[number % 2]
            rows = pl.concat([make[kind](model, task, number, rng) for model in models])
            parts.append(rows)
            found += summarise[kind](rows, list(models))
    metrics = found + means_over_tasks(found, splits)
    request = {"models": list(models), "tasks": [*splits, "asked_but_absent"], "seed": seed, "note": SCRIPT + "\u2028"}
    with Run.open(folder, request) as run:
        for index, rows in enumerate(parts):
            run.write(f"{index:03d}", rows)
        run.finish([m.as_dict() for m in metrics])
    return metrics


def _steer(model: str, task: str, number: int, rng: np.random.Generator) -> pl.DataFrame:
    shots, options = (24 if number else 5), ("yes", "no", "unsure")
    closed = number != 2
    records = []
    for process in range(9):
        outputs = list(np.random.default_rng([process, number]).choice(options, shots, p=(0.6, 0.3, 0.1)))
        marginal, majority = running_marginal(outputs, options), running_majority(outputs, options)
        for shot in range(shots):
            loss = max(0.05, marginal[shot] - _SKILL.get(model, 0) * shot / shots + rng.normal(0, 0.15))
            records.append(
                {
                    "model": model,
                    "task": task,
                    "kind": "steer",
                    "process": f"person {process}",
                    "episode": f"person {process}#0",
                    "shot": shot,
                    "loss": None if (process, shot) == (8, shots - 1) else loss + 0.2,
                    "tokens": 2,
                    "greedy": float(rng.random() < np.exp(-loss)),
                    "choice_loss": loss if closed else None,
                    "choice_correct": float(rng.random() < np.exp(-loss)) if closed else None,
                    "choice_mass": float(rng.uniform(0.8, 1)) if closed else None,
                    "marginal_loss": float(marginal[shot]),
                    "majority_correct": float(majority[shot]),
                }
            )
    return pl.DataFrame(records, schema=steer.SCHEMA)


def _cover(model: str, task: str, number: int, rng: np.random.Generator) -> pl.DataFrame:
    size = (12, 60, None)[number % 3]
    share = 1.5 - _SKILL.get(model, 0)
    records = []
    for style in cover.STYLES:
        for sample in range(40):
            answer = int(min(rng.geometric(min(0.9, share / 12)), size or 999))
            text = f"answer {answer}" if answer > 1 else AWKWARD[4]
            refused = rng.random() < 0.2
            records.append(
                {
                    "model": model,
                    "task": task,
                    "kind": "cover",
                    "process": task,
                    "style": style,
                    "sample": sample,
                    "text": AWKWARD[sample % len(AWKWARD)] if refused else text,
                    "canonical": None if refused else text,
                    "size": size,
                }
            )
    return pl.DataFrame(records, schema=cover.SCHEMA)


def _align(model: str, task: str, number: int, rng: np.random.Generator) -> pl.DataFrame:
    records = []
    for process in range(11):
        source = np.random.default_rng([process, number, 7])
        count = 15 if process == 5 else 2 + process % 4
        choices = [*AWKWARD[:2], *(f"option {i} that says a little more" for i in range(2, count))]
        target = source.dirichlet(np.ones(count))
        noise = source.dirichlet(np.ones(count))
        weight = np.clip(0.5 - 0.5 * _SKILL.get(model, 0) + rng.normal(0, 0.05), 0, 1)
        given = (1 - weight) * target + weight * noise
        p, q = target, given / given.sum()
        records.append(
            {
                "model": model,
                "task": task,
                "kind": "align",
                "readout": "logprob",
                "process": f"country {process}",
                "cluster": f"country {process}",
                "group": f"<b>{'even' if process % 2 == 0 else 'odd'}</b> people",
                "question": f"{AWKWARD[process % len(AWKWARD)]} Question {process}: what do you think of this?",
                "choices": choices,
                "refusals": [False] * count,
                "target": target.tolist(),
                "probabilities": q.tolist(),
                "respondents": None if number == 1 else 1000.0,
                "ordered": number == 2,
                "mass_outside": float(rng.uniform(0, 0.2)),
                "js_divergence_nats": float(distances.js_divergence_nats(p, q)),
                "js_distance_base2": float(distances.js_distance_base2(p, q)),
                "total_variation": float(distances.total_variation(p, q)),
                "wasserstein": float(distances.wasserstein(p, q)) if number == 2 else None,
                "kl_divergence_nats": float(distances.kl_nats(p, q)),
            }
        )
    return pl.DataFrame(records, schema=align.SCHEMA)
