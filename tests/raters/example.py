"""Findings for the page: shares counted in a simulated society, all other numbers invented."""

import json
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from pluralign.raters.findings import (
    FILE,
    Camp,
    Dividing,
    Estimate,
    Field,
    Findings,
    Foreseen,
    Matching,
    Person,
    Said,
    Told,
)
from pluralign.raters.scale import Scale
from pluralign.raters.society import POINTS, society

SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    SCRIPT,
    "</style></bdi><img src=http://example.org/x onerror=alert(2)>",
    '" onmouseover="alert(3)',
    "naïve 投票 🗳️ مرحبا בעולם \u202egnirts\u202c a\u2028b\u0000c",
    "a very long text that goes on and on without saying anything new " * 8,
)
NOTHING: Estimate = (None, None, None)


def around(value: float, width: float = 0.02) -> Estimate:
    """An estimate with an interval."""
    return value, value - width, value + width


def example(scale: Scale = POINTS, camps: int = 3, raters: int = 90) -> Findings:
    """Findings of a society with ``camps`` camps."""
    ratings, truth = society(raters, 40, camps, scale=scale, per_rater=24, seed=3)
    outcomes, camp = len(scale.labels), np.argsort(np.argsort(-np.bincount(truth.camp)))[truth.camp]
    counts = np.zeros((40, camps, outcomes))
    np.add.at(counts, (ratings.item, camp[ratings.rater], ratings.label), 1)
    texts, districts = ratings.items["text"].to_list(), ratings.raters["district"].to_list()
    answered = counts.sum((0, 1)) / len(ratings)
    shares = counts / np.maximum(counts.sum(2, keepdims=True), 1)
    widest = np.argsort(-shares.std(1).sum(1))[:6]
    said = Said(
        "Gives somewhat lower scores than most people.",
        {"ratings": 24.0, "rater": 2.6, "crowd": 3.1, "difference": -0.5, "certainty": 0.9712, "items": "3, 5, 8"},
    )
    groups = sorted({(name, districts.count(name)) for name in districts}, key=lambda group: -group[1])
    people = []
    for who in range(min(6, raters)):
        own = np.flatnonzero(ratings.rater == who)
        near = [(texts[ratings.item[row]], scale.labels[ratings.label[row]]) for row in own[6:9]]
        predicted = [
            (
                texts[ratings.item[row]],
                (shares[ratings.item[row], camp[who]] * 0.8 + 0.2 / outcomes).tolist(),
                scale.labels[ratings.label[row]] if place else None,
            )
            for place, row in enumerate(own[:6])
        ]
        facts = [("district", districts[who]), ("age", ratings.raters["age"][who])]
        profile = [said] * (who % 3)
        people.append(Person(f"rater {who + 1}", 24, "ABCDEFGH"[camp[who]], facts, profile, predicted, [near] * 6))
    told = [Told("none", around(0.43), around(1.41), (0.0, 0.0, 0.0), NOTHING)]
    for name, nats in (
        ("demographics:age+district", 0.03),
        *((f"demonstrations-{2**k}", 0.02 + 0.05 * k) for k in range(6)),
        ("profile", 0.21),
        ("demographics+profile", 0.22),
        ("cluster-3", 0.19),
    ):
        kept = around(0.78, 0.1) if name == "profile" else NOTHING
        told.append(Told(name, around(0.43 + nats / 2), around(1.41 - nats), around(nats), kept))
    return Findings(
        name="society",
        question=ratings.question,
        labels=list(scale.labels),
        kind=scale.kind,
        columns=[("rater", "who"), ("item text", "idea"), ("label", "liking"), ("attribute", "district")],
        notes=["rows without a label left out: 12", "ratings given twice by one rater: 3 (the last is kept)"],
        raters=raters,
        items=40,
        ratings=len(ratings),
        per_rater=(24, 24.0, 24),
        answers=answered.tolist(),
        agreement=around(0.387),
        chance_agreement=0.224,
        told=told,
        ceiling_note="With 32 ratings told, 19% of the loss is explained; more ratings would tell somewhat more.",
        camps=[
            Camp(
                "ABCDEFGH"[k],
                int((camp == k).sum()),
                [said] * k,
                [("district: North", 0.71, 0.12)] if k == 0 else [],
            )
            for k in range(camps)
        ],
        camps_note="Their number was chosen on raters that were not grouped.",
        curve=[
            (k, around(0.2 * (1 - 1 / k)), around(0.26 * (1 - 0.8 / k)) if k < 9 else NOTHING)
            for k in (1, 2, 3, 4, 6, 8, 16)
        ],
        dividing=[
            Dividing(texts[item], shares[item].tolist(), counts[item].sum(1).astype(int).tolist()) for item in widest
        ],
        fields=[
            Field("district", groups, around(0.081), around(0.194), (0.001, None, 0.006), ""),
            Field(
                "age",
                [("18-29", 21), ("30-44", 3)],
                around(0.004),
                around(0.201),
                (0.002, None, 0.009),
                "The group “30-44” has only 3 raters.",
            ),
        ],
        calibration=[(0.05 + 0.1 * k, 0.03 + 0.104 * k, 900 - 90 * k) for k in range(10)],
        calibration_error=("ece_classwise_equal_mass", (0.0213, 0.0174, 0.0291)),
        calibration_by_chance=0.0112,
        matching=[Matching("most divergent", 40, 3, (0.9, 0.77, 0.96)), Matching("random", 38, 9, (0.63, 0.47, 0.77))],
        foreseen=Foreseen(40, (0.52, 0.25, 0.71), 0.83, 0.78),
        people=people,
        warnings=["One group of “age” has fewer than 10 raters."],
    )


def bare(findings: Findings) -> Findings:
    """The same data with nothing found in it."""
    return replace(
        findings,
        question="",
        columns=[],
        notes=[],
        agreement=NOTHING,
        told=[],
        ceiling_note="",
        camps=[],
        camps_note="",
        curve=[],
        dividing=[],
        fields=[],
        calibration=[],
        calibration_error=("", NOTHING),
        calibration_by_chance=None,
        matching=[],
        foreseen=None,
        people=[],
        warnings=[],
    )


def hostile(findings: Findings) -> dict[str, Any]:
    """The JSON form of the findings with every text replaced by awkward ones; answers stay distinct."""
    labels = {label: f"{k} {HOSTILE[k % len(HOSTILE)]}" for k, label in enumerate(findings.labels)}
    place = count()

    def spoiled(value: Any, key: str) -> Any:
        if isinstance(value, dict):
            suffix = HOSTILE[1] if key == "evidence" else ""
            return {name + suffix: spoiled(part, name) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [spoiled(part, key) for part in value]
        if not isinstance(value, str) or key in ("kind", "representation"):
            return value
        return labels.get(value) or HOSTILE[next(place) % len(HOSTILE)]

    return spoiled(asdict(findings), "")


def store(findings: Findings | dict[str, Any], folder: Path) -> Path:
    """A run folder that holds the findings."""
    content = findings if isinstance(findings, dict) else asdict(findings)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(json.dumps(content), encoding="utf-8")
    return folder


def multilabel() -> Findings:
    """The same people, who may choose several of three labels at once: seven answers without an order."""
    found = example(Scale("ordinal", Scale("multilabel", ("joy", "fear", "anger")).outcomes))
    return replace(found, kind="multilabel")
