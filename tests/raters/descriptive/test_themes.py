"""Themes: items with like vectors come together and are named by their own words."""

import numpy as np

from pluralign.raters.descriptive.themes import themes
from pluralign.raters.society import TOPICS, society


def by_topic(items, noise=0.05):
    """Statements of a society, and vectors that point to their topics."""
    ratings, truth = society(2, items)
    vectors = np.eye(len(TOPICS))[truth.topic] + noise * np.random.default_rng(0).normal(size=(items, len(TOPICS)))
    return ratings.items["text"].to_list(), vectors, truth.topic


def test_a_theme_holds_the_items_of_a_topic_and_bears_its_words():
    texts, vectors, topic = by_topic(150)
    found = themes(texts, vectors)
    assert found is not None and len(found.names) == 10
    for own, name in enumerate(found.names):
        (only,) = set(topic[found.group == own].tolist())
        words = " ".join(list(TOPICS.values())[only]).lower()
        assert all(word in words for word in name.removeprefix("items about ").split(", ")), name
    assert len(set(found.names)) == 10


def test_words_of_every_theme_name_none():
    texts, vectors, _ = by_topic(300)
    found = themes(texts, vectors)
    assert found is not None
    names = [name.removeprefix("items about ") for name in found.names]
    assert not {"the", "town", "should", "for"} & {word for name in names for word in name.split(", ")}


def test_themes_without_words_of_their_own_are_named_by_an_item():
    _, vectors, _ = by_topic(150)
    texts = [f"文{number}" for number in range(150)]
    found = themes(texts, vectors)
    assert found is not None
    assert all(name.startswith("items like “文") for name in found.names)


def test_themes_by_number():
    texts, vectors, _ = by_topic(150)
    found = themes(texts, vectors, quote=False)
    assert found is not None
    assert found.names[0] == "items of theme 1" and len(set(found.names)) == 10


def test_few_items_need_no_themes():
    texts, vectors, _ = by_topic(30)
    assert themes(texts, vectors) is None
