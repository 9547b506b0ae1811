"""Passages, words and sentences of books."""

import polars as pl

from pluralign.suite import DataRoot
from pluralign.suite.books import passages, sentences, vocabulary


def test_words_and_sentences_come_from_the_text():
    passage = (
        "It was late, very late. The old clock in the hall struck nine times. Nobody spoke, and nobody moved at all, "
    )
    assert vocabulary([passage], 20)[0] == "late"
    assert sentences([passage]) == ["The old clock in the hall struck nine times."]


def test_passages_come_from_the_books_and_do_not_cut_words(tmp_path):
    (tmp_path / "corpora").mkdir()
    texts = [" ".join(f"{letter}{i:05d}" for i in range(3000)) for letter in "ab"]
    pl.DataFrame({"text": texts}).write_parquet(tmp_path / "corpora" / "classic_books.parquet")
    found = passages(DataRoot(tmp_path), 40_000)
    assert len(found) == 10
    assert found == passages(DataRoot(tmp_path), 40_000)
    assert found != passages(DataRoot(tmp_path), 40_000, seed=1)
    assert all(word in texts[0] or word in texts[1] for text in found for word in text.split())
    assert all(len(word) == 6 for text in found for word in text.split())


def test_the_repository_of_the_books_is_read_as_it_is(tmp_path):
    folder = tmp_path / "git" / "mlschmitt" / "classic-books-markdown" / "somebody"
    folder.mkdir(parents=True)
    (folder / "english.md").write_text("It was the best of the days, and he had to be in the town. " * 200)
    (folder / "foreign.md").write_text("Longtemps je me suis couché de bonne heure et puis voilà. " * 200)
    (folder / "README.md").write_text("A list of the books that are in the folder. " * 200)
    found = passages(DataRoot(tmp_path), 12_000)
    assert len(found) == 3
    assert all("town" in text and "Longtemps" not in text and "list" not in text for text in found)
