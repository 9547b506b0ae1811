import gzip
import json

import pytest

from pluralign.errors import DataError
from pluralign.suite import DataRoot, find_root, get

OPTIONS = ["1: Very unlikely", "2: Somewhat unlikely", "3: Somewhat likely", "4: Very likely"]
BOOK = {
    "MC_options": OPTIONS,
    "genre": "Fiction",
    "summary": "A summary that is not to be shown.",
    "Democrat": {OPTIONS[0]: 9, OPTIONS[1]: 6, OPTIONS[2]: 3, OPTIONS[3]: 2},
    "Republican": {OPTIONS[0]: 1, OPTIONS[2]: 3},
    "Male": {OPTIONS[3]: 5},
    "Female": {OPTIONS[1]: 1, OPTIONS[2]: 1},
}


def original(root, books):
    folder = root / "git/nicolemeister/benchmarking-distributional-alignment/nytimes"
    folder.mkdir(parents=True)
    (folder / "data.json").write_text(json.dumps(books))
    return DataRoot(root)


def compact(root, books):
    folder = root / "_no_licence_stated" / "nyt_book_opinions"
    folder.mkdir(parents=True)
    with gzip.open(folder / "group_distributions.jsonl.gz", "wt") as file:
        for book, entry in books.items():
            file.write(json.dumps({"book": book} | {k: v for k, v in entry.items() if k != "summary"}) + "\n")
    return DataRoot(root)


@pytest.mark.parametrize("layout", [original, compact])
def test_groups_by_hand(tmp_path, layout):
    groups = {p.id: p for p in get("nytimes").processes(layout(tmp_path, {"A Book By An Author": BOOK}))}
    assert list(groups) == [f"{g}/A Book By An Author" for g in ("Democrat", "Republican", "Male", "Female")]
    democrat, republican = list(groups.values())[:2]
    assert democrat.target.probabilities == (0.45, 0.3, 0.15, 0.1)
    assert (democrat.target.respondents, democrat.target.ordered) == (20, True)
    assert republican.target.probabilities == (0.25, 0.0, 0.75, 0.0)
    assert republican.choices == ("1", "2", "3", "4")
    assert all(line in democrat.question.splitlines() for line in [*OPTIONS, "Genre: Fiction"])
    assert "A Book By An Author" in democrat.question and "summary" not in democrat.question
    assert "a Democrat" in democrat.descriptions[0] and "a Republican" in republican.descriptions[0]


def test_both_layouts_give_the_same(tmp_path):
    task = get("nytimes")
    assert task.processes(original(tmp_path / "a", {"B": BOOK})) == task.processes(
        compact(tmp_path / "b", {"B": BOOK})
    )


@pytest.mark.parametrize("change", [{"Male": {}}, {"Male": None}, {"MC_options": None}])
def test_a_broken_book_is_named(tmp_path, change):
    with pytest.raises(DataError, match="Broken Book"):
        get("nytimes").processes(original(tmp_path, {"Broken Book": BOOK | change}))


def test_real_counts():
    root = DataRoot(find_root())
    if get("nytimes").present(root):
        respondents = [p.target.respondents for p in get("nytimes").processes(root)]
        assert (len(respondents), min(respondents), max(respondents)) == (940, 6, 31)
        assert round(sum(respondents) / 940, 1) == 18.7
