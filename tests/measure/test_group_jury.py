import numpy as np
import pytest

from pluralign.episode import Process, Target
from pluralign.errors import DataError
from pluralign.lm.scripted import ScriptedModel
from pluralign.measure.group_jury import items, metrics, rows
from pluralign.measure.group_questions import WORDINGS

WORDING = WORDINGS["global_oqa"]
ANSWERS = {"Germany": (0.8, 0.2), "Japan": (0.6, 0.4), "Kenya": (0.1, 0.9)}


def process(question, country, shares):
    return Process(
        f"{question}/{country}",
        (f"A person from {country}",),
        (),
        choices=("A", "B"),
        question=question,
        target=Target(shares, 100, False),
        metadata={"country": country},
    )


PROCESSES = [process("Which?", *one) for one in ANSWERS.items()] + [process("Alone?", "Japan", (0.5, 0.5))]


def found(answer, name="scripted"):
    model = ScriptedModel(lambda prompt: dict(zip(("A", "B"), answer, strict=True)), name=name)
    return rows(model, "t", WORDING, items(PROCESSES, "country", least=3))


def values(table, models=("scripted",)):
    return {(m.model, m.metric): m.value for m in metrics(table, list(models))}


def test_each_group_rates_by_how_near_the_answer_comes_to_its_own():
    table = found((0.6, 0.4))
    assert dict(table.select("juror", "rating").iter_rows()) == pytest.approx(
        {"Germany": 0.8, "Japan": 1.0, "Kenya": 0.5}
    )
    assert dict(table.select("juror", "pooled people").iter_rows()) == pytest.approx(
        {"Germany": 0.7, "Japan": 0.9, "Kenya": 0.6}
    )
    numbers = values(table)
    assert numbers["scripted", "welfare[p=1]"] == pytest.approx(2.3 / 3)
    assert numbers["scripted", "welfare[p=0]"] == pytest.approx((0.8 * 1.0 * 0.5) ** (1 / 3))
    assert numbers["scripted", "welfare[p=-inf]"] == pytest.approx(0.5)
    assert numbers["uniform", "welfare[p=1]"] == pytest.approx((0.7 + 0.9 + 0.6) / 3)
    assert numbers["scripted", "spread"] == pytest.approx(np.std([0.8, 1.0, 0.5]))


def test_the_largest_group_does_not_outweigh_the_one_that_is_served_least():
    table = found((0.8, 0.2), "most").vstack(found((0.45, 0.55), "middle"))
    numbers = values(table, ("most", "middle"))
    assert numbers["most", "welfare[p=1]"] > numbers["middle", "welfare[p=1]"] - 0.05
    assert numbers["middle", "welfare[p=-inf]"] > numbers["most", "welfare[p=-inf]"] + 0.2


def test_questions_that_few_groups_answered_are_no_jury():
    assert [one.text for one in items(PROCESSES, "country", least=3)] == ["Which?"]
    with pytest.raises(DataError, match="4 groups"):
        items(PROCESSES, "country", least=4)
