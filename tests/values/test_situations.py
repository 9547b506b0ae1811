import pytest

from pluralign.errors import PluralignError
from pluralign.values.situations import Situations, read_situations

EXPECTED = Situations(("Helping a stranger", "Größe zeigen, again"), 1, 1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "\ufeffHelping a\tstranger\n\nGröße zeigen, again\r\nhelping a stranger\n"),
        ("a.csv", 'id,Situation\n1,Helping a stranger\n2,\n3,"Größe zeigen,\nagain"\n4,HELPING a stranger\n'),
        (
            "a.jsonl",
            '{"situation": "Helping a stranger"}\n{"situation": null}\n\n'
            '{"situation": "Größe zeigen, again"}\n{"situation": "helping a  stranger"}\n',
        ),
    ],
)
def test_every_kind_of_file_gives_the_same(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content.encode())
    assert read_situations(path) == EXPECTED


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", b"Good\n\xff\n", "line 2"),
        ("a.txt", b"\n \n", "no situation"),
        ("a.txt", b"Good\n...\n", "line 2"),
        ("a.txt", b"word " * 10_000, "10,000 words"),
        ("a.csv", b"text\nHelping\n", "column 'situation' is absent"),
        ("a.csv", b'situation\n"open\n', "not readable as CSV"),
        ("a.jsonl", b'{"situation": "A"}\n{"text": "B"}\n', "record 2"),
        ("a.jsonl", b'{"situation": 3}\n', "record 1"),
        ("a.jsonl", b"{\n", "line 1"),
        ("a.pdf", b"", "not a kind of file"),
    ],
)
def test_what_cannot_be_read_names_the_place(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(PluralignError) as error:
        read_situations(path)
    assert says in str(error.value) and name in str(error.value)


def test_an_absent_file_is_said(tmp_path):
    with pytest.raises(PluralignError, match="no such file"):
        read_situations(tmp_path / "a.txt")
