import pytest

from pluralign.errors import DataError
from pluralign.suite import all_tasks
from pluralign.suite.lewidi import about, explained, metadata, read_raters

META = """{
    "0": {"Age": 34.0, "Gender": "Male", "Ethnicity simplified": "DATA_EXPIRED",
          "Country of birth": "India", "Student status": "No",
          "Employment status": "Not in paid work (e.g. homemaker', 'retired or disabled)"},
    "Ann1": {"Gender": "Female", "Age": "30", "Nationality": "Chinese", "Education": "master student",},
    "Ann2": {"Gender": "Prefer not to say", "Age": "CONSENT_REVOKED",}
}"""


@pytest.fixture
def raters(tmp_path):
    (tmp_path / "meta.json").write_text(META)
    return read_raters(tmp_path / "meta.json")


def test_facts_are_read_in_spite_of_trailing_commas(raters):
    assert list(raters) == ["Ann0", "Ann1", "Ann2"]
    assert raters["Ann1"] == {
        "gender": "Female",
        "age": "30",
        "nationality": "Chinese",
        "education": "master student",
    }
    assert raters["Ann0"]["age"] == "34" and "ethnicity simplified" not in raters["Ann0"]
    assert metadata(raters["Ann1"])["age"] == 30


def test_a_rater_is_described_by_what_is_known(raters):
    assert about(raters["Ann1"]) == " The rater: gender female, age 30, nationality Chinese, education master student."
    assert about(raters["Ann0"]) == (
        " The rater: gender male, age 34, country of birth India, student no, employment not in paid work"
        " (e.g. homemaker, retired or disabled)."
    )
    assert about(raters["Ann2"]) == ""


def test_a_file_of_another_form_is_named(tmp_path):
    path = tmp_path / "meta.json"
    for text, what in (("{", "not readable JSON"), ("[]", "not an object keyed by rater")):
        path.write_text(text)
        with pytest.raises(DataError, match=rf"{what}.*meta\.json"):
            read_raters(path)


def test_explanations_go_to_their_raters():
    item = {
        "annotators": "Ann1,Ann2,Ann2",
        "annotations": {"Ann1": "a", "Ann2": "b,c"},
        "other_info": {"explanations": ["one ", "two", "three"]},
    }
    assert list(explained(item)) == [("Ann1", "a", "one"), ("Ann2", "b,c", "two\nthree")]
    with pytest.raises(DataError, match="3 explanations for 2 annotators"):
        list(explained(item | {"annotators": "Ann1,Ann2"}))


def test_what_the_repository_lacks_is_got_by_hand():
    cards = {name: task.card for name, task in all_tasks().items() if name.startswith("lewidi_")}
    fetched = {name: card.fetch for name, card in cards.items() if card.fetch}
    assert all("par_" in name or "varierrnli" in name for name in fetched) and len(fetched) == 4
    assert len({(fetch.address, fetch.folder) for fetch in fetched.values()}) == 1
    assert all("codabench" in card.steps for card in cards.values()) and len(cards) == 6
