import copy
import itertools
import json
import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from pluralign.encode import Encoded, Encoder, fit, pack
from pluralign.episode import Episode, Example
from pluralign.errors import ModelError
from pluralign.template import Segment, control_tokens, resolve
from tests.strategies import MARKERS, episodes, texts
from tests.tiny import FAMILIES, gemma_like, llama_like, qwen_like

ENCODERS = {family: Encoder(build()) for family, build in FAMILIES.items()}
WRITTEN = {
    (family, name): resolve(build(), name)
    for family, build in FAMILIES.items()
    for name in ("spectrum", "colon", "chat")
}
CASES = [pytest.param(*case, id="-".join(case)) for case in WRITTEN]


def same(one, other):
    fields = ("ids", "scored", "example")
    return all(np.array_equal(getattr(one, field), getattr(other, field)) for field in fields)


def control_ids(tokenizer):
    return set(control_tokens(tokenizer).values()) - {tokenizer.unk_token_id}


@pytest.mark.parametrize(("family", "name"), CASES)
@settings(max_examples=25)
@given(episode=episodes)
def test_control_tokens_come_from_control_segments_only(family, name, episode):
    tokenizer = FAMILIES[family]()
    segments = WRITTEN[family, name].episode(episode)
    (encoded,) = ENCODERS[family].encode([segments])
    control = tokenizer.convert_tokens_to_ids([s.text for s in segments if s.control])
    assert [i for i in encoded.ids.tolist() if i in control_ids(tokenizer)] == control


@pytest.mark.parametrize(("family", "name"), CASES)
@settings(max_examples=25)
@given(episode=episodes, choices=st.lists(texts, min_size=1, max_size=4))
def test_answers_to_prompts_are_encoded_as_if_each_stood_alone(family, name, episode, choices):
    template, encoder = WRITTEN[family, name], ENCODERS[family]
    prompts = [template.prompt(episode.prompt(index)) for index in range(len(episode.examples))]
    answers = [[template.answer(choice) for choice in choices[: 1 + index % 4]] for index in range(len(prompts))]
    found = encoder.answers(prompts, answers)
    for prompt, some, encoded in zip(prompts, answers, found, strict=True):
        alone = encoder.encode([prompt + answer for answer in some])
        assert all(same(one, other) for one, other in zip(encoded, alone, strict=True))


@pytest.mark.parametrize(("family", "name"), CASES)
@settings(max_examples=25)
@given(episode=episodes)
def test_tokens_decode_to_what_was_written(family, name, episode):
    segments = WRITTEN[family, name].episode(episode)
    (encoded,) = ENCODERS[family].encode([segments])
    decoded = FAMILIES[family]().decode(encoded.ids, skip_special_tokens=False)
    written = "".join(s.text for s in segments)
    if family == "gemma":
        written = written.replace("▁", " ")  # its sign for a space
    # Qwen's tokenizer composes characters; the text stays canonically equivalent.
    assert unicodedata.normalize("NFC", decoded) == unicodedata.normalize("NFC", written)


@pytest.mark.parametrize(("family", "name"), CASES)
@settings(max_examples=25)
@given(episode=episodes)
def test_scored_tokens_are_the_answers_and_end_marks(family, name, episode):
    tokenizer = FAMILIES[family]()
    template = WRITTEN[family, name]
    segments = template.episode(episode)
    (encoded,) = ENCODERS[family].encode([segments])
    for j, example in enumerate(episode.examples):
        ids = encoded.ids[encoded.scored & (encoded.example == j)]
        if j == 0 and episode.description is None:
            assert ids.size == 0
            continue
        decoded = unicodedata.normalize("NFC", tokenizer.decode(ids, skip_special_tokens=False))
        output = example.output.replace("▁", " ") if family == "gemma" else example.output
        if name == "colon":
            # The end mark may be one token with the newline after it, and with blanks before.
            answer = unicodedata.normalize("NFC", f" {output}\n")
            assert decoded in (answer, f"{answer}\n")
        else:
            header = tokenizer.decode(encoded.ids[~encoded.scored & (encoded.example == j)], skip_special_tokens=False)
            answer = unicodedata.normalize("NFC", output + template.stop.control[0])
            # A merge across the boundary takes newlines of the header along; it then ends without them.
            assert decoded.endswith(answer)
            assert set(decoded.removesuffix(answer)) <= {"\n"}, header
            assert ids[-1] == tokenizer.convert_tokens_to_ids(template.stop.control[0])


@given(batch=st.lists(st.tuples(st.sampled_from(("spectrum", "colon", "chat")), episodes), max_size=4))
@pytest.mark.parametrize("family", FAMILIES)
def test_a_sequence_does_not_depend_on_its_batch(family, batch):
    written = [WRITTEN[family, name].episode(episode) for name, episode in batch]
    together = ENCODERS[family].encode(written)
    alone = [ENCODERS[family].encode([segments])[0] for segments in written]
    assert len(together) == len(written)
    assert all(map(same, together, alone))


@settings(max_examples=25)
@given(drawn=st.lists(episodes, max_size=4), again=st.lists(st.integers(0, 30), max_size=9))
@pytest.mark.parametrize(("family", "name"), CASES)
def test_episodes_are_tokenised_as_they_are_written(family, name, drawn, again):
    # Examples that come again, as the same objects, in this episode and in others.
    pool = [example for episode in drawn for example in episode.examples]
    longer = [
        replace(episode, examples=episode.examples + tuple(pool[i % len(pool)] for i in again)) for episode in drawn
    ]
    template, encoder = WRITTEN[family, name], ENCODERS[family]
    together = encoder.episodes(template, longer)
    assert len(together) == len(longer)
    assert all(map(same, together, encoder.encode([template.episode(episode) for episode in longer])))
    assert [one.example.dtype for one in together] == [np.dtype(np.int32)] * len(longer)


@pytest.mark.parametrize(("family", "name"), CASES)
def test_an_answer_after_a_prompt_is_tokenised_as_in_the_episode(family, name):
    examples = (Example("Agree", "More lanes."), Example("Disagree"), Example("10", "東京"), Example("a b  c"))
    episode = Episode("p#0", "p", examples, "One person.")
    template, encoder = WRITTEN[family, name], ENCODERS[family]
    (whole,) = encoder.encode([template.episode(episode)])
    for j, example in enumerate(examples):
        (part,) = encoder.encode([template.prompt(episode.prompt(j)) + template.answer(example.output)])
        end = np.flatnonzero(part.scored)[-1] + 1
        assert np.array_equal(part.ids[:end], whole.ids[:end])
        assert np.array_equal(part.ids[part.scored], whole.ids[whole.scored & (whole.example == j)])


def test_the_colon_end_mark_is_one_token_wherever_it_stands():
    """GPT-2's splitting makes two newlines one token at the end of a text and two tokens before a word."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    trainer = trainers.BpeTrainer(vocab_size=300, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    backend.train_from_iterator(["Output: Heads\n\nOutput: Tails\n\n"] * 20 + ["\n\n"] * 20, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend)
    newline = backend.token_to_id("Ċ")
    assert backend.token_to_id("ĊĊ") is not None
    template, encoder = resolve(tokenizer, "colon"), Encoder(tokenizer)
    episode = Episode("p#0", "p", (Example("Heads"), Example("Tails"), Example("Heads")), "A coin.")
    (whole,) = encoder.encode([template.episode(episode)])
    for j, example in enumerate(episode.examples):
        (part,) = encoder.encode([template.prompt(episode.prompt(j)) + template.answer(example.output)])
        assert part.ids[part.scored].tolist() == whole.ids[whole.scored & (whole.example == j)].tolist()
        assert part.ids[part.scored][-1] == newline


@pytest.mark.parametrize("family", FAMILIES)
def test_plain_text_is_tokenised_as_by_the_tokenizer_itself(family):
    tokenizer = FAMILIES[family]()
    text = "Description: each output is\n\none  person 🙂 in 東京,\n    1234 times."
    (encoded,) = ENCODERS[family].encode([[Segment(text)]])
    assert encoded.ids.tolist() == tokenizer(text, add_special_tokens=False).input_ids
    assert not encoded.scored.any()
    assert (encoded.example == -1).all()


def test_offsets_with_a_token_that_joins_an_answer_and_what_follows():
    (encoded,) = ENCODERS["llama"].encode(
        [
            [
                Segment("Output:", example=0),
                Segment(" Agree", False, True, 0),
                Segment("\n", False, True, 0),
                Segment("\n"),
            ]
        ]
    )
    tokens = llama_like().convert_ids_to_tokens(encoded.ids)
    assert tokens == ["Output", ":", "ĠAgree", "ĊĊ"]
    assert encoded.scored.tolist() == [False, False, True, True]
    assert encoded.example.tolist() == [0, 0, 0, 0]


def test_a_joined_token_belongs_to_the_example_that_it_is_scored_for():
    segments = [Segment("Out", example=0), Segment("put", scored=True, example=1)]
    (encoded,) = ENCODERS["qwen"].encode([segments])
    assert encoded.scored.tolist() == [True]
    assert encoded.example.tolist() == [1]


def test_all_bytes_of_a_character_are_scored():
    (encoded,) = ENCODERS["qwen"].encode([[Segment("x"), Segment("\U000f0000", scored=True, example=0), Segment("x")]])
    assert encoded.scored.tolist() == [False, True, True, True, True, False]
    assert encoded.example.tolist() == [-1, 0, 0, 0, 0, -1]


def test_nothing_written_gives_no_tokens():
    for encoded in ENCODERS["gemma"].encode([[], [Segment("")], [Segment("", scored=True, example=0)]]):
        assert encoded.ids.shape == encoded.scored.shape == encoded.example.shape == (0,)


def test_a_control_segment_must_be_a_control_token_of_the_tokenizer():
    for literal in ("<|im_end|>", "Agree", "\n\n"):
        with pytest.raises(ModelError, match="not a control token"):
            ENCODERS["gemma"].encode([[Segment(literal, control=True)]])


def reachable(spec):
    """A tokenizer whose model looks whole texts up in its vocabulary, where the markers are."""
    spec["model"]["ignore_merges"] = True
    return spec


def mergeable(spec):
    """A tokenizer whose merges build its end-of-turn token out of characters."""
    vocab, built = spec["model"]["vocab"], "<"
    vocab.setdefault(built, len(vocab))
    for character in "end_of_turn>":
        spec["model"]["merges"].insert(0, [built, character])
        built += character
        vocab.setdefault(character, len(vocab))
        vocab.setdefault(built, len(vocab))
    return spec


@pytest.mark.parametrize("change", [reachable, mergeable])
def test_markers_in_the_vocabulary_of_the_model_are_out_of_reach(change):
    spec = change(json.loads(gemma_like().backend_tokenizer.to_str()))
    without = Tokenizer.from_str(json.dumps(spec | {"added_tokens": [], "post_processor": None}))
    marker = gemma_like().convert_tokens_to_ids("<end_of_turn>")
    assert without.encode("<end_of_turn>").ids == [marker]  # the danger is real

    tokenizer = copy.deepcopy(gemma_like())
    tokenizer._tokenizer = Tokenizer.from_str(json.dumps(spec))
    encoded = Encoder(tokenizer).encode([[Segment(literal)] for literal in MARKERS])
    for literal, one in zip(MARKERS, encoded, strict=True):
        assert not control_ids(tokenizer) & set(one.ids.tolist())
        assert tokenizer.decode(one.ids) == literal


@given(text=texts)
def test_a_unigram_vocabulary_keeps_its_markers_out_of_reach(text):
    tokenizer = unigram()
    (encoded,) = Encoder(tokenizer).encode([[Segment(text), Segment("</s>", control=True)]])
    assert [i for i in encoded.ids.tolist() if i in (tokenizer.eos_token_id, tokenizer.pad_token_id)] == [
        tokenizer.eos_token_id
    ]


def unigram():
    backend = Tokenizer(models.Unigram())
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    trainer = trainers.UnigramTrainer(
        vocab_size=60, special_tokens=["<unk>", "</s>", "<pad>"], unk_token="<unk>", show_progress=False
    )
    backend.train_from_iterator(["one of the red balls and two of the blue balls </s> <pad>"] * 4, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>", eos_token="</s>", pad_token="<pad>")


def test_a_space_is_not_put_before_text_in_the_middle_of_a_sequence():
    tokenizer = unigram()
    (encoded,) = Encoder(tokenizer).encode([[Segment("</s>", control=True), Segment("red balls")]])
    assert tokenizer.convert_ids_to_tokens(encoded.ids)[1].startswith("r")


def test_the_fingerprint_names_the_tokenizer_and_its_chat_template():
    used = copy.deepcopy(qwen_like())
    used(["a", "a longer text"], padding=True, truncation=True, max_length=3)
    assert Encoder(used).fingerprint == ENCODERS["qwen"].fingerprint

    other = copy.deepcopy(qwen_like())
    other.chat_template += " "
    prints = [encoder.fingerprint for encoder in ENCODERS.values()] + [Encoder(other).fingerprint]
    assert len(set(prints)) == 4
    assert all(len(bytes.fromhex(p)) == 32 for p in prints)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_id_is_below_the_vocabulary_size(family):
    assert ENCODERS[family].vocab_size == len(FAMILIES[family]())


@pytest.mark.parametrize(("family", "name"), CASES)
@settings(max_examples=25)
@given(episode=episodes, max_length=st.integers(0, 400))
def test_fit_keeps_whole_examples_and_as_many_as_possible(family, name, episode, max_length):
    (encoded,) = ENCODERS[family].encode([WRITTEN[family, name].episode(episode)])
    cut = fit(encoded, max_length)
    assert len(cut.ids) <= max_length
    assert same(cut, Encoded(*(a[: len(cut.ids)] for a in (encoded.ids, encoded.scored, encoded.example))))
    through = [np.flatnonzero(encoded.example == j)[-1] + 1 for j in range(len(episode.examples))]
    whole = len(encoded.ids) if len(encoded.ids) <= max_length else 0
    assert len(cut.ids) == max((n for n in through if n <= max_length), default=0) or len(cut.ids) == whole


def test_fit_cuts_by_hand():
    encoded = Encoded(
        np.arange(7, dtype=np.int32),
        np.array([0, 0, 1, 0, 1, 0, 1], dtype=bool),
        np.array([-1, -1, 0, 1, 1, 2, 2], dtype=np.int32),
    )
    assert [len(fit(encoded, n).ids) for n in range(9)] == [0, 0, 0, 3, 3, 5, 5, 7, 7]


def numbered(start, length, scored_every):
    ids = np.arange(start, start + length, dtype=np.int32)
    return Encoded(ids, np.arange(length) % scored_every == scored_every - 1, np.zeros(length, dtype=np.int32))


@given(lengths=st.lists(st.integers(0, 24), max_size=30), scored_every=st.integers(1, 5), length=st.integers(1, 20))
def test_pack_keeps_every_sequence_whole_and_once(lengths, scored_every, length):
    encoded, start = [], 1
    for n in lengths:
        encoded.append(numbered(start, n, scored_every))
        start += n
    packed = pack(encoded, length)
    assert packed.ids.shape == packed.labels.shape == packed.position_ids.shape
    assert packed.ids.shape[1] == length
    assert {a.dtype for a in (packed.ids, packed.labels, packed.position_ids)} == {np.dtype(np.int64)}

    kept = [one for one in encoded if len(one.ids) <= length and one.scored.any()]
    assert packed.left_out == len(encoded) - len(kept)
    assert sorted(packed.labels[packed.labels >= 0]) == sorted(i for one in kept for i in one.ids[one.scored])

    found = []
    for ids, labels, positions in zip(packed.ids, packed.labels, packed.position_ids, strict=True):
        starts = [*np.flatnonzero(positions == 0), length]
        for begin, end in itertools.pairwise(starts):
            assert positions[begin:end].tolist() == list(range(end - begin))
            if ids[begin]:
                found.append((ids[begin:end].tolist(), labels[begin:end].tolist()))
            else:
                assert end == length
                assert not ids[begin:end].any()
                assert (labels[begin:end] == -100).all()
    assert sorted(found) == sorted((one.ids.tolist(), np.where(one.scored, one.ids, -100).tolist()) for one in kept)


def test_pack_fills_the_tightest_row():
    packed = pack([numbered(1, n, 1) for n in (3, 6, 4, 7)], 10)
    assert [(row > 0).sum() for row in packed.ids] == [10, 10]
    assert packed.left_out == 0
