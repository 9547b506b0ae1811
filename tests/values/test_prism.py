import polars as pl
import pytest

from pluralign.errors import DataError, UsageError
from pluralign.values import prism
from pluralign.values.consideration import Consideration, Pair

FULL = """situation,vrd,text,valence,explanation
Helping a stranger,Value,Kindness,Supports,"It is kind, and costs little."
Helping a stranger,Right,Right to be left alone,Either,Some want no help.
helping a stranger!,Duty,Duty to help,Supports,Who can help should.
Keeping a found purse,Value,Honesty,Opposes,"It belongs to somebody, ""else""."
Keeping a found purse,,Honesty,Opposes,No kind.
Keeping a found purse,Value,,Opposes,No text.
"""


@pytest.fixture
def download(tmp_path):
    """A download with all configurations, each as one of the ways in which their rows may be written."""
    files = {
        "full/full.csv": FULL,
        "valence/train.csv": "situation,text,valence\nHelping,Right to rest,Opposes\nHelping,Kindness,Supports\n",
        "valence/valence-test.csv": "situation,text,valence\nhelping.,Duty: Duty to help,Either\n",
        "relevance/val.csv": "situation,vrd,text,label\nHelping,Value,Kindness,Yes\nHelping,Right,Right to rest,No\n",
        "explanation/dev.csv": "situation,vrd,text,explanation\nHelping,Value,Kindness,It is kind.\n",
        "generative/train.csv": (
            "input,output\n"
            "[Generate]:\tSituation: Helping,Value: Care: for all\n"
            "[Generate]:\tAction: Helping,nonsense\n"
        ),
        "mixture/train.csv": (
            "input,output\n"
            "[Relevance]:\tSituation: Helping\tValue: Kindness,Yes\n"
            "[Relevance]:\tSituation: Helping\tValue: Thrift,No\n"
            "[Valence]:\tSituation: Helping\tValue: Kindness,Supports\n"
            "[Explanation]:\tSituation: Helping\tValue: Kindness,It is kind.\n"
        ),
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def test_full_is_read_with_what_is_left_out_counted(download):
    for path in (download, download / "full", download / "full" / "full.csv"):
        found = prism.read(path)
        assert (found.rows.height, found.dropped) == (4, 2)
        assert found.rows["row"].to_list() == [2, 3, 4, 5]
        assert set(found.rows["split"]) == {prism.WHOLE}
    assert found.by_situation()["Helping a stranger"] == (
        Consideration("value", "Kindness", "supports", "It is kind, and costs little."),
        Consideration("right", "Right to be left alone", "either", "Some want no help."),
    )
    pairs, valence = found.valence()
    assert pairs[-1] == Pair("Keeping a found purse", "value", "Honesty")
    assert valence.tolist() == [0, 2, 0, 1]


def test_splits_and_their_overlap_after_normalising(download):
    found = prism.read(download, "valence")
    assert found.rows["split"].to_list() == ["train", "train", "test"]
    assert found.rows["kind"].to_list() == ["right", "value", "duty"]
    assert found.rows["text"].to_list()[-1] == "Duty to help"
    assert found.overlaps.to_dicts() == [{"situation": "helping", "splits": ["test", "train"]}]
    only = prism.read(download, "valence", ["test"])
    assert (only.rows.height, only.overlaps.height) == (1, 0)
    assert prism.read(download, "explanation").rows["split"].to_list() == ["val"]


def test_relevance_has_labels(download):
    pairs, relevant = prism.read(download, "relevance").relevance()
    assert pairs == [Pair("Helping", "value", "Kindness"), Pair("Helping", "right", "Right to rest")]
    assert relevant.tolist() == [True, False]


def test_ready_made_inputs_and_outputs(download):
    generated = prism.read(download, "generative")
    assert generated.dropped == 1
    assert generated.by_situation() == {"Helping": (Consideration("value", "Care: for all"),)}
    mixture = prism.read(download, "mixture")
    assert mixture.rows["task"].to_list() == ["relevance", "relevance", "valence", "explanation"]
    assert mixture.by_situation() == {"Helping": (Consideration("value", "Kindness", "supports", "It is kind."),)}
    assert mixture.relevance()[1].tolist() == [True, False]


def test_parquet_as_the_hub_converts_it(download, tmp_path):
    folder = tmp_path / "converted" / "full"
    folder.mkdir(parents=True)
    pl.read_csv(download / "full" / "full.csv").write_parquet(folder / "train-00000-of-00001.parquet")
    found = prism.read(folder.parent)
    assert (found.rows.height, found.rows["split"][0], found.rows["row"][0]) == (4, "train", 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("situation,vrd,text\nA,Virtue,B\n", "row 2, column 'vrd'"),
        ("situation,vrd,text,valence\nA,Value,B,Supports\nA,Value,C,Maybe\n", "row 3, column 'valence'"),
        ("situation,vrd,text,label\nA,Value,B,Perhaps\n", "row 2, column 'label'"),
        ("input,output\nWhat is this?,Yes\n", "row 2, column 'input'"),
        ("input,output\n[Relevance]:\tSituation: A\tValue: B,Sometimes\n", "row 2, column 'output'"),
        ("situation,vrd\nA,Value\n", "column 'text' is absent"),
        ("a,b\n1,2\n", "column 'situation' is absent"),
    ],
)
def test_what_cannot_be_read_names_the_place(tmp_path, content, says):
    path = tmp_path / "odd.csv"
    path.write_text(content)
    with pytest.raises(DataError) as error:
        prism.read(path)
    assert says in str(error.value) and "odd.csv" in str(error.value)


def test_what_is_not_there_is_said(download, tmp_path):
    with pytest.raises(UsageError, match="no configuration 'generation'"):
        prism.read(download, "generation")
    with pytest.raises(UsageError, match="no split 'dev'"):
        prism.read(download, "valence", ["dev"])
    with pytest.raises(DataError, match="no CSV or Parquet file"):
        prism.read(download, "valence", ["val"])
    with pytest.raises(DataError, match="no such file"):
        prism.read(tmp_path / "nowhere")


def test_what_is_exported_is_read_again(tmp_path):
    rows = pl.DataFrame(
        {
            "situation": ['Saying "no", twice', "Über\nZeilen"],
            "kind": ["value", "duty"],
            "text": ["Candour", "Duty to listen, first"],
            "valence": ["supports", "either"],
            "explanation": ["It is open.", None],
            "model": ["m", "m"],
        }
    )
    prism.export(tmp_path / "prism.csv", rows)
    lines = (tmp_path / "prism.csv").read_text().splitlines()
    assert lines[0] == "situation,vrd,text,valence,explanation,model"
    assert lines[1].endswith("Value,Candour,Supports,It is open.,m")
    found = prism.read(tmp_path / "prism.csv").rows
    names = ["situation", "kind", "text", "valence", "explanation"]
    assert found.select(names).rows() == rows.select(names).rows()
