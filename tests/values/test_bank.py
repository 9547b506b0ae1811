import json
from collections import Counter

import pytest

from pluralign.errors import DataError
from pluralign.values.bank import Entry, bank, joined, read, sources
from pluralign.values.consideration import core


def test_every_entry_says_what_it_means_what_it_speaks_for_and_where_it_comes_from():
    assert len(bank()) >= 300
    assert set(Counter(entry.kind for entry in bank())) == {"value", "right", "duty"}
    for entry in bank():
        assert entry.source.partition(":")[0] in sources(), entry.text
        assert 8 <= len(entry.gloss.split()) <= 20, entry.text
        assert len(entry.supports) == len(entry.opposes) == 4, entry.text
    names = Counter((entry.kind, core(entry.text)) for entry in bank())
    assert names.most_common(1)[0][1] == 1
    phrases = Counter(phrase for entry in bank() for phrase in (*entry.supports, *entry.opposes))
    assert phrases.most_common(1)[0][1] == 1
    assert all(source["citation"] for source in sources().values())


def test_the_articles_of_the_universal_declaration_are_covered():
    articles = {entry.source.partition(":")[2] for entry in bank() if entry.source.startswith("udhr:")}
    assert {str(number) for number in range(1, 30)} <= articles


def test_own_entries_join_the_bank_or_take_the_place_of_its_entries(tmp_path):
    path = tmp_path / "own.jsonl"
    rows = [
        {"kind": "Value", "text": "Quiet  mornings", "source": "study:responses.csv#3"},
        {"kind": "right", "text": "right to privacy", "source": "own", "gloss": "Ours."},
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    found = joined(read(path))
    assert len(found) == len(bank()) + 1
    assert found[-1] == Entry("value", "Quiet mornings", "study:responses.csv#3")
    assert [entry.gloss for entry in found if core(entry.text) == "privacy" and entry.kind == "right"] == ["Ours."]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json", "line 1"),
        ('["value"]', "not an object"),
        ('{"text": "Honesty", "source": "own"}', "no 'kind'"),
        ('{"kind": "value", "text": " ", "source": "own"}', "no 'text'"),
        ('{"kind": "virtue", "text": "Honesty", "source": "own"}', "no kind of consideration 'virtue'"),
        ('{"kind": "value", "text": "Honesty", "source": "own", "supports": "Telling"}', "not a list"),
        ('{"kind": "value", "text": "Honesty", "source": "own", "weight": 3}', "'weight'"),
        ('{"kind": "value", "text": "Honesty", "source": "own", "gloss": "' + "x" * 300 + '"}', "longer than"),
        ("", "the bank is empty"),
    ],
)
def test_a_corrupt_bank_is_named_with_the_place(tmp_path, line, said):
    path = tmp_path / "own.jsonl"
    path.write_text(line)
    with pytest.raises(DataError, match=said) as error:
        read(path)
    assert "own.jsonl" in str(error.value)


def test_an_absent_bank(tmp_path):
    with pytest.raises(DataError, match="no such bank"):
        read(tmp_path / "none.jsonl")
