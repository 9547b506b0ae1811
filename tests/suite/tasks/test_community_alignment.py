import json

import polars as pl
import pytest

from pluralign.errors import DataError
from pluralign.suite import DataRoot, get
from pluralign.suite.check import self_check

PROMPT, RESPONSE, REPLY, PREFERENCE = (
    f"community_alignment_{name}"
    for name in ("initial_prompt", "response", "individual_reply", "individual_preferences")
)
FOLDER = "hub/facebook/community-alignment-dataset"


def row(annotator, prompt, preferred="response_b", language="en", feedback=None, reply="Go on", **more):
    return {
        "conversation_id": f"{annotator} {prompt}",
        "assigned_lang": language,
        "annotator_id": annotator,
        "first_turn_feedback": feedback,
        "first_turn_preferred_response": preferred,
        "first_turn_prompt": prompt,
        **{f"first_turn_response_{c}": f"{prompt} {c}é<|end_of_text|>" for c in "abcd"},
        "second_turn_prompt": reply,
        "annotator_age": "25-34",
        "annotator_gender": "Female",
        "annotator_education_level": None,
        "annotator_political": "Moderate",
        "annotator_ethnicity": None,
        "annotator_country": "Italy",
    } | more


def write(root, rows, name="data/filtered_community_alignment.csv"):
    path = root / FOLDER / name
    path.parent.mkdir(parents=True)
    pl.DataFrame(rows, infer_schema_length=None).write_csv(path)
    return DataRoot(root)


FOUR = [
    row("7", "First", feedback="Shorter,\nand „clear“"),
    row("7", "Second", "response_d", reply=None),
    row("7", "Third"),
    row("7", "Fourth"),
    row("8", "First", "response_a"),
    row("7", "No preference", None),
    row("9", "Perché?", language="it"),
]


def test_preferences_by_hand(tmp_path):
    (process,) = get(PREFERENCE).processes(write(tmp_path, FOUR))
    told = {json.loads(e.input)["prompt"]: e for e in process.examples}
    assert set(told) == {"First", "Second", "Third", "Fourth"}
    assert told["First"].output == '{"preferred_response": "b", "justification": "Shorter,\\nand „clear“"}'
    assert told["Second"].output == '{"preferred_response": "d", "justification": null}'
    assert json.loads(told["Third"].input) == {"prompt": "Third"} | {f"response_{c}": f"Third {c}é" for c in "abcd"}
    generic, about = process.descriptions
    assert about == f"{generic} The person: age: 25-34; gender: Female; politics: Moderate; country: Italy."


def test_replies_follow_the_preferred_response(tmp_path):
    root = write(tmp_path, [*FOUR, row("7", "Fifth", "response_c", reply="Why?")])
    (process,) = get(REPLY).processes(root)
    told = {json.loads(e.input)["model_response"]: e.output for e in process.examples}
    assert told == {"First bé": "Go on", "Third bé": "Go on", "Fourth bé": "Go on", "Fifth cé": "Why?"}


def test_prompts_are_distinct_and_apart_by_language(tmp_path):
    root = write(tmp_path, FOUR)
    shown = {p.id: sorted(e.output for e in p.examples) for p in get(PROMPT).processes(root)}
    assert shown == {"en/0": ["First", "Fourth", "Second", "Third"], "it/0": ["Perché?"]}
    italian = next(p for p in get(RESPONSE).processes(root) if p.id == "it/0")
    (example,) = italian.examples
    assert sorted(json.loads(example.output)) == [f"Perché? {c}é" for c in "abcd"]
    assert "end_of_text" not in example.output


def test_many(tmp_path):
    rows = [row(str(i // 4), f"Prompt {i % 800}") for i in range(1100 * 4)]
    root = write(tmp_path, rows, "community_alignment.csv")
    people = get(PREFERENCE).processes(root)
    annotators = [int(p.id.split("/")[0]) for p in people]
    assert len(set(annotators)) == 1000 and max(annotators) > 1000  # not the first in file order
    responses = get(RESPONSE).processes(root)
    assert len(responses) == 160 and all(len(p.examples) == 5 for p in responses)
    orders = {json.loads(e.output)[0][-2] for p in responses[:20] for e in p.examples}
    assert orders == set("abcd")
    prompts = [e.output for p in get(PROMPT).processes(root) for e in p.examples]
    assert len(prompts) == len(set(prompts)) == 800
    for name in (PROMPT, RESPONSE, REPLY, PREFERENCE):
        assert self_check(get(name), root) == []


def test_an_unknown_preference_names_its_row(tmp_path):
    with pytest.raises(DataError, match=r"'response_e' is none of .*alignment\.csv, row 3"):
        get(PREFERENCE).processes(write(tmp_path, [FOUR[0], row("7", "Odd", "response_e")]))
