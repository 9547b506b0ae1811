import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluralign.errors import DataError, UsageError
from pluralign.suite import DataRoot, get
from pluralign.template import resolve
from pluralign.tune.mixture import Mixture, choose, mix
from pluralign.tune.recipe import Recipe
from tests.tiny import qwen_like
from tests.tune import own_tasks

ROOT = DataRoot(None)
BOTH = ("own_raters", "own_words")


@pytest.fixture(autouse=True)
def _own(monkeypatch):
    own_tasks.register(monkeypatch)


def recipe(**values) -> Recipe:
    return Recipe("test", **{"batch_tokens": 512, "tasks": BOTH, "max_length": 256} | values)


def mixed(**values) -> Mixture:
    return mix(recipe(**values), ROOT, qwen_like(), resolve(qwen_like(), "spectrum"), workers=1)


def texts(mixture: Mixture, what: str = "ids") -> list[str]:
    """Each episode as text, or only what carries loss, in the order of the rows."""
    found = []
    for ids, labels, positions in zip(mixture.rows.ids, mixture.rows.labels, mixture.rows.position_ids, strict=True):
        bounds = [*np.flatnonzero(positions == 0), len(ids)]
        for start, end in pairwise(bounds):
            one = slice(start, end)
            if (labels[one] != -100).any():
                shown = ids[one] if what == "ids" else ids[one][labels[one] != -100]
                found.append(qwen_like().decode(shown))
    return found


def shares(mixture: Mixture) -> dict[str, float]:
    return {share.task: share.tokens / mixture.tokens for share in mixture.shares}


def test_one_epoch_has_every_process_once_but_those_that_are_held_out():
    found = mixed()
    episodes = {share.task: share.episodes for share in found.shares}
    assert episodes == {"own_raters": own_tasks.RATERS, "own_words": own_tasks.WORDS // 2}
    assert len(texts(found)) == found.episodes
    lists = {re.search(r"ball (\d+)", text).group(1) for text in texts(found) if "ball" in text}
    assert lists == {str(n) for n in range(0, own_tasks.WORDS, 2)}
    assert found.scored == (found.rows.labels != -100).sum()


def test_a_flag_keeps_the_lists_that_are_held_out():
    found = mixed(overlap=True)
    assert {share.task: share.episodes for share in found.shares}["own_words"] == own_tasks.WORDS


def test_further_epochs_draw_anew():
    found = Counter(text.partition("<|im_start|>output")[2] for text in texts(mixed(epochs=3.0)) if "item" in text)
    assert sum(found.values()) == 3 * own_tasks.RATERS
    assert max(found.values()) < 3


@settings(max_examples=5)
@given(part=st.floats(0.1, 0.9), tokens=st.integers(4000, 20000))
def test_weights_are_shares_of_the_tokens(part, tokens):
    found = mixed(tasks=(), weights={"own_raters": part, "own_words": 1 - part}, tokens=tokens)
    # Whole episodes are taken, of at most 256 tokens.
    assert shares(found)["own_raters"] == pytest.approx(part, abs=2 * 256 / tokens)
    assert found.tokens == pytest.approx(tokens, abs=4 * 256)


def test_a_high_temperature_makes_shares_equal():
    natural = shares(mixed())["own_raters"]
    flat = shares(mixed(temperature=1000.0, tokens=20000))["own_raters"]
    assert abs(flat - 0.5) < 0.05 < abs(natural - 0.5)


def test_data_and_order_depend_on_the_seed_alone():
    one, again, other = mixed(epochs=2.0), mixed(epochs=2.0), mixed(epochs=2.0, seed=1)
    assert one.digest == again.digest != other.digest
    np.testing.assert_array_equal(one.rows.ids, again.rows.ids)
    assert Counter(texts(one)) != Counter(texts(other))


def test_each_loss_marks_its_tokens():
    found = {
        loss: texts(mixed(loss=loss, description_probability=1.0), "labels") for loss in ("first", "last", "outputs")
    }
    for loss, outputs in (("first", 1), ("last", 1), ("outputs", 6)):
        marked = [text for text in found[loss] if "ball" in text]
        assert {text.count("<|im_end|>") for text in marked} == {outputs}
    every = mixed(loss="all", description_probability=1.0)
    # Nothing in its own episode comes before the first token of an episode.
    assert every.scored == every.tokens - every.episodes
    assert sorted(texts(every)) == sorted(texts(mixed(description_probability=1.0)))


def test_without_a_description_the_first_output_carries_no_loss():
    for text in texts(mixed(tasks=("own_words",), description_probability=0.0), "labels"):
        assert text.count("ball") == own_tasks.PER_LIST - 1


def test_instruct_gives_every_input_the_majority_answer():
    answers = {}
    for text in texts(mixed(method="instruct", tasks=("own_raters",), epochs=2.0)):
        for item, answer in re.findall(r"(item \d+)<\|im_end\|>\n<\|im_start\|>output\n(\w+)<", text):
            answers.setdefault(item, set()).add(answer)
    assert answers == {f"item {n}": {"no" if n else "yes"} for n in range(own_tasks.ITEMS)}


def test_individual_shows_all_of_one_rater_and_who_it_is():
    found = texts(mixed(method="individual", tasks=("own_raters",), description_probability=1.0, max_length=512))
    assert len(found) == own_tasks.RATERS
    assert {text.count("<|im_start|>output") for text in found} == {own_tasks.ITEMS}
    assert len({re.search(r"aged (\d+)", text).group(1) for text in found}) == own_tasks.RATERS


def test_individual_is_about_one_data_set():
    for tasks in ((), BOTH):
        with pytest.raises(UsageError, match="one data set"):
            choose(recipe(method="individual", tasks=tasks), ROOT)


def test_episodes_that_do_not_fit_are_counted():
    short = mixed(tasks=("own_raters",), max_length=40, description_probability=0.5)
    (share,) = short.shares
    assert share.left_out > 0
    assert share.episodes + share.left_out == own_tasks.RATERS


def test_an_empty_mixture_is_refused():
    with pytest.raises(DataError, match="mixture is empty"):
        choose(recipe(tasks=("bare_gsm8k",), capability=False), ROOT)


def test_without_names_all_present_tasks_for_training_are_taken(tmp_path):
    found = {task.card.name for task in choose(recipe(tasks=()), DataRoot(tmp_path))}
    assert {"coinflip", "own_words"} <= found
    assert not found & {"polis_vote", "flight"}


def test_capability_tasks_are_in_or_out(tmp_path):
    for name in ("arc", "bare_gsm8k"):
        for entry in get(name).card.files:
            path = tmp_path / entry.split("|")[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    root = DataRoot(tmp_path)
    by_flag = {
        flag: {task.card.name for task in choose(recipe(tasks=(), capability=flag), root)}
        for flag in (None, True, False)
    }
    assert by_flag[True] == by_flag[None] | {"arc"}
    assert by_flag[False] == by_flag[None] - {"bare_gsm8k"}
    assert "bare_gsm8k" in by_flag[None]


def test_a_task_without_data_is_named(tmp_path):
    with pytest.raises(DataError, match=r"polis_vote.*pull polis_vote"):
        choose(recipe(tasks=("coinflip", "polis_vote")), DataRoot(tmp_path))


def test_what_is_held_out_is_not_trained_on():
    with pytest.raises(UsageError, match="own_words is both"):
        choose(recipe(heldout=("own_words",)), ROOT)


def test_a_task_with_nothing_to_train_on_is_named():
    with pytest.raises(DataError, match=r"own_raters.*Raise max_length"):
        mixed(max_length=8)
