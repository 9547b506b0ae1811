import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.exceptions import TemplateError

from pluralign.encode import Encoder
from pluralign.episode import Episode
from pluralign.errors import ModelError
from pluralign.template import control_tokens, resolve
from pluralign.tune.chat_template import with_roles
from tests.strategies import episodes, texts
from tests.tiny import FAMILIES, gemma_like, qwen_like
from tests.tune.tiny_models import base_tokenizer

CHATS = [
    [{"role": "user", "content": "Hello {{ there }}\n"}],
    [{"role": "system", "content": " Be brief.\n"}, {"role": "user", "content": "Hello"}],
    [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "<think>\nWell.\n</think>\n\nGood day"},
        {"role": "user", "content": "And now? {% endif %}"},
    ],
]


def given_roles(tokenizer):
    changed = copy.deepcopy(tokenizer)
    changed.chat_template = with_roles(tokenizer)
    return changed


TOKENIZERS = {
    **{family: make() for family, make in FAMILIES.items()},
    **{f"{family} base": base_tokenizer(family) for family in FAMILIES},
}
EXTENDED = {name: given_roles(tokenizer) for name, tokenizer in TOKENIZERS.items()}


def messages(episode: Episode):
    written = [] if episode.description is None else [{"role": "description", "content": episode.description}]
    for example in episode.examples:
        if example.input is not None:
            written.append({"role": "input", "content": example.input})
        written.append({"role": "output", "content": example.output})
    return written


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(max_examples=40)
@given(episode=episodes)
def test_the_chat_template_writes_episodes_as_the_spectrum_template_does(name, episode):
    tokenizer = EXTENDED[name]
    spectrum = resolve(TOKENIZERS[name], "spectrum")
    segments = spectrum.episode(episode)
    expected = "".join(segment.text for segment in segments)
    assert tokenizer.apply_chat_template(messages(episode), tokenize=False) == expected
    prompt = spectrum.prompt(episode.prompt(len(episode.examples) - 1))
    asked = messages(episode)[:-1]
    if asked:
        rendered = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
        assert rendered == "".join(segment.text for segment in prompt)
    # The ordinary way reads markers inside of texts, which ours never does: tokens are compared where there are none.
    contents = "".join(segment.text for segment in segments if not segment.control)
    if not any(token in contents for token in control_tokens(tokenizer)):
        (encoded,) = Encoder(tokenizer).encode([segments])
        ids = tokenizer.apply_chat_template(messages(episode), return_dict=True)["input_ids"]
        assert ids == encoded.ids.tolist()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("ask", [False, True])
def test_plain_chats_are_rendered_as_before(family, ask):
    for chat in CHATS:
        try:
            expected = TOKENIZERS[family].apply_chat_template(chat, tokenize=False, add_generation_prompt=ask)
        except TemplateError:
            with pytest.raises(TemplateError):
                EXTENDED[family].apply_chat_template(chat, tokenize=False, add_generation_prompt=ask)
            continue
        assert EXTENDED[family].apply_chat_template(chat, tokenize=False, add_generation_prompt=ask) == expected


@settings(max_examples=60)
@given(
    lead=st.sampled_from(["", " ", "\n", "\n\n  ", "\t"]),
    tail=st.sampled_from(["", " ", "\n", "\n\n", "  \n  "]),
    text=texts,
)
def test_blanks_at_the_edges_of_the_wrapped_template_survive(lead, tail, text):
    plain = copy.copy(gemma_like())
    plain.chat_template = lead + gemma_like().chat_template.strip() + tail
    wrapped = copy.copy(plain)
    wrapped.chat_template = with_roles(plain)
    chat = [{"role": "user", "content": text}]
    assert wrapped.apply_chat_template(chat, tokenize=False) == plain.apply_chat_template(chat, tokenize=False)


def test_macros_and_variables_of_the_wrapped_template_still_work():
    plain = copy.copy(qwen_like())
    plain.chat_template = (
        "{%- set mark = '<|im_end|>\\n' %}\n"
        "{%- macro turn(m) %}\n{{- '<|im_start|>' + m.role + '\\n' + m.content + mark }}\n{%- endmacro %}\n"
        "{%- for m in messages %}\n    {{- turn(m) }}\n{%- endfor %}\n"
        "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}\n"
    )
    extended = given_roles(plain)
    for ask in (False, True):
        chat = CHATS[2]
        assert extended.apply_chat_template(
            chat, tokenize=False, add_generation_prompt=ask
        ) == plain.apply_chat_template(chat, tokenize=False, add_generation_prompt=ask)
    coin = [{"role": "description", "content": "A coin."}]
    assert extended.apply_chat_template(coin, tokenize=False, add_generation_prompt=True) == (
        "<|im_start|>description\nA coin.<|im_end|>\n<|im_start|>output\n"
    )


@pytest.mark.parametrize("name", TOKENIZERS)
def test_the_extended_tokenizer_resolves_to_the_same_template_and_is_final(name, tmp_path):
    assert resolve(EXTENDED[name]) == resolve(TOKENIZERS[name], "spectrum")
    assert with_roles(EXTENDED[name]) == EXTENDED[name].chat_template
    EXTENDED[name].save_pretrained(tmp_path)
    reloaded = type(EXTENDED[name]).from_pretrained(tmp_path)
    for chat in (CHATS[0], messages(Episode("e#0", "e", (), "A coin."))):
        assert reloaded.apply_chat_template(chat, tokenize=False) == EXTENDED[name].apply_chat_template(
            chat, tokenize=False
        )


def test_a_base_model_gets_turns_for_system_user_and_assistant():
    rendered = EXTENDED["llama base"].apply_chat_template(CHATS[1], tokenize=False, add_generation_prompt=True)
    assert rendered == (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n Be brief.\n<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )


def test_roles_of_both_kinds_cannot_be_mixed():
    mixed = [{"role": "description", "content": "A coin."}, {"role": "user", "content": "Flip it."}]
    with pytest.raises(TemplateError, match="cannot be mixed"):
        EXTENDED["qwen"].apply_chat_template(mixed, tokenize=False)


def test_turns_without_role_words_are_refused():
    plain = copy.copy(gemma_like())
    plain.chat_template = "{%- for m in messages -%}{{- '[INST] ' + m.content + ' [/INST]' -}}{%- endfor -%}"
    with pytest.raises(ModelError, match="no turn markers"):
        with_roles(plain)
