import polars as pl
import pytest

from pluralign.report.evidence import MAX_CHOICES, answers, counts, curves, groups, items


def steer(model: str, losses: dict[tuple[str, int], float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "kind": "steer",
                "model": model,
                "task": "t",
                "process": process,
                "episode": f"{process}#0",
                "shot": shot,
                "loss": loss,
                "marginal_loss": 0.5,
            }
            for (process, shot), loss in losses.items()
        ],
        schema_overrides={"loss": pl.Float64, "shot": pl.Int32},
    )


def test_curves_average_over_rows_that_every_model_scored() -> None:
    a = steer("a", {("p", 0): 1.0, ("q", 0): 3.0, ("p", 1): 1.0, ("q", 1): 9.0})
    b = steer("b", {("p", 0): 2.0, ("q", 0): 2.0, ("p", 1): 4.0, ("q", 1): None})
    found = {(p["model"], p["label"]): p for p in curves(pl.concat([a, b]), ("a", "b"))["t"]}
    assert {key: p["mean"] for key, p in found.items()} == {
        ("a", "0"): 2.0,
        ("a", "1"): 1.0,
        ("b", "0"): 2.0,
        ("b", "1"): 4.0,
        ("running_marginal", "0"): 0.5,
        ("running_marginal", "1"): 0.5,
    }
    # Two processes with means 1 and 3: standard error 1, t quantile with one degree of freedom 12.706.
    assert found["a", "0"]["high"] == pytest.approx(2 + 12.706, abs=1e-3)
    assert (found["a", "1"]["low"], found["a", "1"]["high"]) == (None, None)


def test_many_shots_are_pooled_in_doubling_bins() -> None:
    rows = steer("a", {(p, shot): float(shot) for p in "pq" for shot in range(20)})
    points = [p for p in curves(rows, ("a",))["t"] if p["model"] == "a"]
    assert [p["label"] for p in points] == ["0", "1", "2", "3–4", "5–8", "9–16", "17–19"]
    assert [p["mean"] for p in points] == [0, 1, 2, 3.5, 6.5, 12.5, 18]


def test_curves_need_their_kind() -> None:
    assert curves(pl.DataFrame({"kind": ["cover"], "model": ["a"], "task": ["t"]}), ("a",)) == {}


def test_answers_are_counted_commonest_first_and_refused_ones_apart() -> None:
    texts = [("Ohio ", "ohio"), ("OHIO", "ohio"), ("Iowa", "iowa"), ("no", None), ("no", None), ("x", None)]
    rows = pl.DataFrame(
        [{"kind": "cover", "model": "a", "task": "t", "text": t, "canonical": c} for t, c in texts],
        schema_overrides={"canonical": pl.String},
    )
    [found] = answers(rows, ("a",))
    assert (found.samples, found.valid, found.invalid) == (6, (("ohio", 2), ("iowa", 1)), (("no", 2), ("x", 1)))


def align(process: int, model: str, js: float, size: int = 2) -> dict:
    return {
        "kind": "align",
        "model": model,
        "task": "t",
        "process": f"p{process}",
        "question": "q",
        "choices": [f"c{i}" for i in range(size)],
        "target": [1 / size] * size,
        "probabilities": [0.9] + [0.1 / (size - 1)] * (size - 1),
        "respondents": 10.0,
        "js_divergence_nats": js,
    }


def test_items_come_from_both_ends_and_the_middle() -> None:
    rows = pl.DataFrame([align(i, m, i / 100 + d) for i in range(21) for m, d in (("a", 0.0), ("b", 0.001))])
    found = items(rows, ("a", "b"))["t"]
    assert [(i.process, i.place) for i in found] == [
        ("p0", "closest"),
        ("p1", "closest"),
        ("p9", "middle"),
        ("p10", "middle"),
        ("p19", "farthest"),
        ("p20", "farthest"),
    ]
    assert found[0].models == {"a": (0.9, 0.1), "b": (0.9, 0.1)}
    assert found[0].divergence == {"a": 0.0, "b": 0.001}


def test_few_items_are_all_shown_once() -> None:
    for size in range(1, 7):
        rows = pl.DataFrame([align(i, "a", i / 100) for i in range(size)])
        assert [i.process for i in items(rows, ("a",))["t"]] == [f"p{i}" for i in range(size)]


def test_long_lists_of_options_keep_the_likeliest_in_order() -> None:
    [item] = items(pl.DataFrame([align(0, "a", 0.1, size=30)]), ("a",))["t"]
    assert (len(item.choices), item.hidden) == (MAX_CHOICES, 30 - MAX_CHOICES)
    assert item.choices[0] == "c0" and list(item.choices) == sorted(item.choices, key=lambda c: int(c[1:]))


def test_counts_are_by_kind_and_model() -> None:
    rows = pl.concat([steer(m, {("p", 0): 1.0, ("q", 0): 1.0, ("q", 1): 1.0}) for m in ("a", "b")])
    assert counts(rows) == [{"kind": "steer", "model": m, "tasks": 1, "processes": 2, "rows": 3} for m in "ab"]


def test_groups_stand_beside_the_even_answer_and_the_worst_served_comes_first() -> None:
    def asked(model: str, group: str, question: int, distance: float | None) -> dict:
        return {
            "kind": "align",
            "model": model,
            "task": "t",
            "process": f"{group}/{question}",
            "cluster": str(question),
            "readout": "logprob",
            "group": group,
            "target": [0.9, 0.1] if group == "north" else [0.5, 0.5],
            "total_variation": distance,
        }

    far = {"north": 0.4, "south": 0.1, "few": 0.9}
    rows = [
        asked(model, group, question, far[group] + (0.2 if model == "b" else 0))
        for model in "ab"
        for group in far
        for question in range(2 if group == "few" else 6)
    ]
    rows.append(asked("a", "south", 9, 1.0))  # the other model did not answer it
    rows.append(asked("b", "south", 9, None))
    found = groups(pl.DataFrame(rows), ("a", "b"))
    lines = [
        (group, questions, {name: mean.value for name, mean in means.items()})
        for group, questions, means in found["t"]
    ]
    assert [line[:2] for line in lines] == [("north", 6), ("south", 6)]
    assert lines[0][2] == pytest.approx({"a": 0.4, "b": 0.6, "uniform": 0.4})
    assert lines[1][2] == pytest.approx({"a": 0.1, "b": 0.3, "uniform": 0.0})
    alone = [row for row in rows if row["group"] == "north"]
    assert groups(pl.DataFrame(alone), ("a", "b")) == {}
