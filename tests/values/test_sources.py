import polars as pl
import pytest

from pluralign.errors import DataError, UsageError
from pluralign.suite.data import DataRoot, find_root
from pluralign.values.sources import JUDGED, VARIED, load
from tests.values.example import write_sources


def counts(frame, *columns):
    return dict(
        ((tuple(row[:-1]) if len(columns) > 1 else row[0]), row[-1])
        for row in frame.group_by(columns).len().iter_rows()
    )


def test_norms_of_moral_stories_are_known_by_which_action_keeps_them(tmp_path):
    frame = load("moral_stories", DataRoot(write_sources(tmp_path)))
    assert counts(frame, "form", "valence") == {
        ("original", "supports"): 6,
        ("original", "opposes"): 6,
        ("contrast", "supports"): 6,
        ("contrast", "opposes"): 6,
        ("permission", None): 12,
    }
    assert set(frame.filter(form="permission")["kind"]) == {"right"}
    changed = frame.filter(form="contrast", valence="supports")
    assert all("sleeps" in text for text in changed["situation"])


def test_rules_of_thumb_support_what_is_done_and_oppose_what_is_left_undone(tmp_path):
    frame = load("social_chem", DataRoot(write_sources(tmp_path)))
    duties = counts(frame.filter(form="obligatory"), "valence")
    assert duties == {"supports": 3, "opposes": 3, None: 6}
    rights = frame.filter(form="optional")
    assert counts(rights, "valence") == {"supports": 3, "either": 3, None: 6} and set(rights["kind"]) == {"right"}


def test_the_whole_release_of_social_chemistry(tmp_path):
    pl.DataFrame(
        {
            "situation": ["keeping quiet", "keeping quiet", "lying"],
            "situation-short-id": ["a", "a", "b"],
            "rot": ["It's rude to speak.", "It's okay to rest.", "It's wrong to lie."],
            "action-moral-judgment": [-1.0, 0.0, -2.0],
            "action-hypothetical": ["explicit-no", "explicit", "explicit"],
        }
    ).write_csv(tmp_path / "social-chem-101.v1.0.tsv", separator="\t")
    frame = load("social_chem", DataRoot(tmp_path))
    assert frame.select("form", "valence").rows() == [
        ("obligatory", "supports"),
        ("optional", "supports"),
        ("obligatory", "opposes"),
    ]


def scenarios(folder, level, broken):
    rules = (
        "death",
        "pain",
        "disable",
        "freedom",
        "pleasure",
        "deceive",
        "cheat",
        "break_promise",
        "break_law",
        "duty",
    )
    columns = {f"a{n}_{rule}": ["No Agreement"] for n in (1, 2) for rule in rules} | {
        k: [v] for k, v in broken.items()
    }
    fixed = {
        "scenario_id": [level[0].upper()],
        "ambiguity": [level],
        "context": ["You find a note."],
        "action1": ["I read it."],
        "action2": ["I leave it."],
    }
    pl.DataFrame(fixed | columns).write_csv(folder / f"moralchoice_{level}_ambiguity.csv")


def test_rules_of_moral_choice_where_the_annotators_agree(tmp_path):
    folder = tmp_path / "moralchoice/data/scenarios"
    folder.mkdir(parents=True)
    scenarios(folder, "high", {"a1_deceive": "Yes", "a2_deceive": "No"})
    scenarios(folder, "low", {"a2_break_promise": "Yes"})
    frame = load("moralchoice_rules", DataRoot(tmp_path))
    assert frame.select("group", "situation", "text", "relevant", "valence").rows() == [
        ("H", "You find a note. I read it.", "Duty not to deceive", True, "opposes"),
        ("H", "You find a note. I leave it.", "Duty not to deceive", False, None),
        ("L", "You find a note. I leave it.", "Duty to keep promises", True, "opposes"),
    ]
    varied = load("moralchoice", DataRoot(tmp_path))
    assert varied["disagreement"].to_list() == [1, 0]
    assert varied["options"].to_list() == [["I read it.", "I leave it."]] * 2


def test_traits_of_the_virtue_part_of_ethics(tmp_path):
    path = tmp_path / "ethics/virtue/virtue_test.csv"
    path.parent.mkdir(parents=True)
    path.write_text("label,scenario\n1,She waits an hour. [SEP] patient\n0,She waits an hour. [SEP] hasty\n")
    rows = load("ethics_virtue", DataRoot(tmp_path)).select("group", "text", "relevant", "valence").rows()
    assert rows == [
        ("She waits an hour.", "Patient", True, "supports"),
        ("She waits an hour.", "Hasty", None, None),
    ]
    path.write_text("label,scenario\n1,She waits an hour.\n")
    with pytest.raises(DataError, match="row 1"):
        load("ethics_virtue", DataRoot(tmp_path))


def test_words_on_foundations_and_votes_and_dilemmas(tmp_path):
    folder = tmp_path / "moralstrength_raw"
    folder.mkdir()
    for name in ("care", "fairness", "loyalty", "authority", "purity"):
        words = {
            "WORD": ["kind", "kind", "cruel", "table"],
            "RELEVANCE": [1, 1, 1, 2],
            "EXPRESSED_MORAL": [9, 8, 1, 5],
        }
        pl.DataFrame(words).write_parquet(folder / f"raw_annotations_{name}.parquet")
    care = load("moralstrength", DataRoot(tmp_path)).filter(text="Care")
    assert care.select("situation", "relevant", "valence").rows() == [
        ("kind", True, "supports"),
        ("cruel", True, "opposes"),
        ("table", False, None),
    ]
    folder = tmp_path / "ccai_polis"
    folder.mkdir()
    votes = {
        "comment-id": [1, 2],
        "comment-body": ["It should ask.", "Few saw this."],
        "agrees": [30, 3],
        "disagrees": [10, 1],
    }
    pl.DataFrame(votes).write_csv(folder / "clean_comments.csv")
    assert load("ccai_polis", DataRoot(tmp_path)).select("situation", "disagreement").rows() == [
        ("It should ask.", 0.5)
    ]


@pytest.mark.parametrize("name", [*JUDGED, *VARIED])
def test_sources_that_are_here_or_absent(name, tmp_path):
    with pytest.raises(DataError, match="absent"):
        load(name, DataRoot(tmp_path))
    root = DataRoot(find_root())
    if root.path is not None:
        frame = load(name, root)
        assert frame.height > 200 and frame["situation"].null_count() == 0


def test_a_source_that_nobody_knows_and_a_column_that_is_absent(tmp_path):
    with pytest.raises(UsageError, match="no source 'psalms'"):
        load("psalms", DataRoot(tmp_path))
    folder = tmp_path / "scruples_dilemmas"
    folder.mkdir()
    pl.DataFrame({"text": ["a. b."]}).write_parquet(folder / "dilemmas_disagreement.parquet")
    with pytest.raises(DataError, match="no column 'disagreement_rate'"):
        load("scruples", DataRoot(tmp_path))
