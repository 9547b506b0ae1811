import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluralign.episode import Episode, Example
from pluralign.errors import ModelError, UsageError
from pluralign.template import Segment, control_tokens, resolve
from tests.strategies import episodes
from tests.tiny import FAMILIES, gemma_like, llama_like, qwen_like

EPISODE = Episode(
    id="p#0",
    process="p",
    examples=(Example("Agree", "More lanes."), Example("Pass"), Example("", "Fewer cars.")),
    description="One person's votes.",
)


def text(segments):
    return "".join(segment.text for segment in segments)


def marked(segments):
    """The written text with scored segments in double brackets."""
    return "".join(f"[[{s.text}]]" if s.scored else s.text for s in segments).replace("]][[", "")


def bare(episode):
    return Episode(episode.id, episode.process, episode.examples)


def with_template(tokenizer, chat_template):
    changed = copy.deepcopy(tokenizer)
    changed.chat_template = chat_template
    return changed


GEMMA = (
    "<bos><start_of_turn>description\nOne person's votes.<end_of_turn>\n"
    "<start_of_turn>input\nMore lanes.<end_of_turn>\n<start_of_turn>output\n[[Agree<end_of_turn>]]\n"
    "<start_of_turn>output\n[[Pass<end_of_turn>]]\n"
    "<start_of_turn>input\nFewer cars.<end_of_turn>\n<start_of_turn>output\n[[<end_of_turn>]]\n"
)
QWEN = (
    "<|im_start|>description\nOne person's votes.<|im_end|>\n"
    "<|im_start|>input\nMore lanes.<|im_end|>\n<|im_start|>output\n[[Agree<|im_end|>]]\n"
    "<|im_start|>output\n[[Pass<|im_end|>]]\n"
    "<|im_start|>input\nFewer cars.<|im_end|>\n<|im_start|>output\n[[<|im_end|>]]\n"
)
LLAMA = (
    "<|begin_of_text|><|start_header_id|>description<|end_header_id|>\n\nOne person's votes.<|eot_id|>"
    "<|start_header_id|>input<|end_header_id|>\n\nMore lanes.<|eot_id|>"
    "<|start_header_id|>output<|end_header_id|>\n\n[[Agree<|eot_id|>]]"
    "<|start_header_id|>output<|end_header_id|>\n\n[[Pass<|eot_id|>]]"
    "<|start_header_id|>input<|end_header_id|>\n\nFewer cars.<|eot_id|>"
    "<|start_header_id|>output<|end_header_id|>\n\n[[<|eot_id|>]]"
)
SPECTRUM = [(gemma_like, GEMMA), (qwen_like, QWEN), (llama_like, LLAMA)]


@pytest.mark.parametrize(("family", "expected"), SPECTRUM)
def test_spectrum_is_the_published_format(family, expected):
    assert marked(resolve(family(), "spectrum").episode(EPISODE)) == expected


@pytest.mark.parametrize(("family", "expected"), SPECTRUM)
def test_spectrum_needs_no_chat_template_where_the_markers_are_known(family, expected):
    base = with_template(family(), None)
    assert resolve(base).name == "colon"
    assert marked(resolve(base, "spectrum").episode(EPISODE)) == expected


def test_a_token_for_each_role_stands_right_before_the_content():
    tokenizer = with_template(qwen_like(), None)
    spec = tokenizer.backend_tokenizer.to_str().replace("<|im_start|>", "<|output|>").replace("<|im_end|>", "<|end|>")
    tokenizer._tokenizer = tokenizer.backend_tokenizer.from_str(spec)
    tokenizer.add_tokens(["<|description|>", "<|input|>"], special_tokens=True)
    segments = resolve(tokenizer, "spectrum").episode(EPISODE)
    assert marked(segments) == (
        "<|description|>One person's votes.<|end|><|input|>More lanes.<|end|><|output|>[[Agree<|end|>]]"
        "<|output|>[[Pass<|end|>]]<|input|>Fewer cars.<|end|><|output|>[[<|end|>]]"
    )
    assert {s.text for s in segments if s.control} == {"<|description|>", "<|input|>", "<|output|>", "<|end|>"}


@pytest.mark.parametrize(
    ("family", "stop"),
    [
        (gemma_like, ("<end_of_turn>", "<eos>")),
        (qwen_like, ("<|im_end|>",)),
        (llama_like, ("<|eot_id|>",)),
    ],
)
def test_an_answer_stops_at_its_end_mark_or_the_end_of_the_sequence(family, stop):
    for name in ("spectrum", "chat"):
        assert resolve(family(), name).stop.control == stop
        assert resolve(family(), name).stop.text is None
    assert resolve(family(), "colon").stop.control == stop[-1:]
    assert resolve(family(), "colon").stop.text == "\n"


@pytest.mark.parametrize(
    ("family", "bos"), [(gemma_like, "<bos>"), (qwen_like, ""), (llama_like, "<|begin_of_text|>")]
)
def test_colon(family, bos):
    segments = resolve(family(), "colon").episode(EPISODE)
    assert marked(segments) == bos + (
        "Description: One person's votes.\n\n"
        "Input: More lanes.\n\nOutput:[[ Agree\n]]\n"
        "Output:[[ Pass\n]]\n"
        "Input: Fewer cars.\n\nOutput:[[ \n]]\n"
        "Output:"
    )
    assert [s.text for s in segments if s.control] == ([bos] if bos else [])


def test_chat_of_gemma_opens_the_first_user_turn_with_the_setting():
    segments = resolve(gemma_like(), "chat").episode(EPISODE)
    setting = next(s.text for s in segments if "imitate a process" in s.text)
    assert marked(segments) == (
        f"<bos><start_of_turn>user\n{setting}\n\nDescription: One person's votes.\n\nMore lanes.<end_of_turn>\n"
        "<start_of_turn>model\n[[Agree<end_of_turn>]]\n"
        "<start_of_turn>user\nGenerate the next output.<end_of_turn>\n<start_of_turn>model\n[[Pass<end_of_turn>]]\n"
        "<start_of_turn>user\nFewer cars.<end_of_turn>\n<start_of_turn>model\n[[<end_of_turn>]]"
    )


def test_chat_of_qwen_has_an_empty_think_block_before_every_answer():
    segments = resolve(qwen_like(), "chat").episode(EPISODE)
    setting = next(s.text for s in segments if "imitate a process" in s.text)
    think = "<think>\n\n</think>\n\n"
    assert marked(segments) == (
        f"<|im_start|>system\n{setting}\n\nDescription: One person's votes.<|im_end|>\n"
        f"<|im_start|>user\nMore lanes.<|im_end|>\n<|im_start|>assistant\n{think}[[Agree<|im_end|>]]\n"
        f"<|im_start|>user\nGenerate the next output.<|im_end|>\n<|im_start|>assistant\n{think}[[Pass<|im_end|>]]\n"
        f"<|im_start|>user\nFewer cars.<|im_end|>\n<|im_start|>assistant\n{think}[[<|im_end|>]]"
    )
    assert [s.text for s in segments if s.control].count("<think>") == 3


def test_chat_of_llama_keeps_the_system_header_and_a_fixed_date():
    dated = llama_like().chat_template.replace("'26 Jul 2024'", "strftime_now('%d %b %Y')")
    for tokenizer in (llama_like(), with_template(llama_like(), dated)):
        segments = resolve(tokenizer, "chat").episode(bare(EPISODE))
        setting = next(s.text for s in segments if "imitate a process" in s.text)
        assert marked(segments).startswith(
            "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n"
            f"Knowledge until: December 2023\nToday: 26 Jul 2024\n\n{setting}<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nMore lanes.<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\nAgree<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nGenerate the next output.<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n[[Pass<|eot_id|>]]"
        )


@pytest.mark.parametrize("family", FAMILIES)
def test_chat_is_what_the_chat_template_itself_renders(family):
    """One question without examples is the generation prompt of the tokenizer, as its maker meant it."""
    tokenizer = FAMILIES[family]()
    template = resolve(tokenizer, "chat")
    written = text(template.prompt(bare(EPISODE).prompt(0)))
    setting = next(s.text for s in template.opening if "imitate a process" in s.text)
    messages = [{"role": "system", "content": setting}, {"role": "user", "content": "More lanes."}]
    assert written == tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
    )


TEMPLATES = [
    pytest.param(family, name, id=f"{family}-{name}") for family in FAMILIES for name in ("spectrum", "colon", "chat")
]


@pytest.mark.parametrize(("family", "name"), TEMPLATES)
@settings(max_examples=25)
@given(episode=episodes, data=st.data())
def test_a_prompt_and_its_answer_are_a_prefix_of_the_episode(family, name, episode, data):
    template = resolve(FAMILIES[family](), name)
    j = data.draw(st.integers(0, len(episode.examples) - 1))
    prompt, answer = template.prompt(episode.prompt(j)), template.answer(episode.examples[j].output)
    whole = template.episode(episode)
    alone = [(s.text, s.control) for s in prompt + answer[: len(answer) - len(template.after)]]
    assert [(s.text, s.control) for s in whole[: len(alone)]] == alone
    assert not any(s.scored for s in prompt)
    scored = [s.text for s in answer if s.scored]
    assert len(scored) == 2
    assert scored[0].strip(" ") == episode.examples[j].output.strip(" ")
    if j or episode.description is not None:
        assert [s.text for s in whole if s.scored and s.example == j] == scored


@pytest.mark.parametrize(("family", "name"), TEMPLATES)
@settings(max_examples=25)
@given(episode=episodes)
def test_scored_segments_are_outputs_and_one_end_mark_each(family, name, episode):
    template = resolve(FAMILIES[family](), name)
    segments = template.episode(episode)
    skipped = episode.description is None
    lead, end = (" ", "\n") if name == "colon" else ("", template.stop.control[0])
    expected = [part for e in episode.examples[skipped:] for part in (lead + e.output, end)]
    assert [s.text for s in segments if s.scored] == expected
    assert {s.example for s in segments if s.example is not None} == set(range(len(episode.examples)))
    order = [-1 if s.example is None else s.example for s in segments[: len(segments) - len(template.after)]]
    assert order == sorted(order)


@pytest.mark.parametrize(("family", "name"), TEMPLATES)
@settings(max_examples=25)
@given(episode=episodes)
def test_content_never_becomes_a_control_segment(family, name, episode):
    tokenizer = FAMILIES[family]()
    template = resolve(tokenizer, name)
    calm = Episode(
        "p#0",
        "p",
        tuple(Example("x", None if e.input is None else "x") for e in episode.examples),
        None if episode.description is None else "x",
    )
    found = [s.text for s in template.episode(episode) if s.control]
    assert found == [s.text for s in template.episode(calm) if s.control]
    assert set(found) <= set(control_tokens(tokenizer))


def test_auto_knows_the_roles_of_a_spectrum_tuned_tokenizer():
    tuned = with_template(
        qwen_like(),
        "{%- for m in messages -%}"
        "{%- if m.role not in ('description', 'input', 'output') -%}{{- raise_exception('role') -}}{%- endif -%}"
        "{{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' -}}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<|im_start|>output\\n' -}}{%- endif -%}",
    )
    assert resolve(tuned).name == "spectrum"
    assert marked(resolve(tuned).episode(EPISODE)) == QWEN
    with pytest.raises(ModelError, match="user and an assistant"):
        resolve(tuned, "chat")


def test_auto_does_not_take_a_template_that_prints_any_role_for_spectrum_tuned():
    generic = with_template(
        qwen_like(),
        "{%- for m in messages -%}{{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' -}}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}",
    )
    assert resolve(generic).name == "chat"
    assert marked(resolve(generic, "spectrum").episode(EPISODE)) == QWEN


@pytest.mark.parametrize("family", FAMILIES)
def test_auto_of_an_instruction_tuned_tokenizer_is_chat(family):
    assert resolve(FAMILIES[family]()).name == "chat"


def test_a_setting_that_the_template_would_move_or_refuse_opens_the_first_user_turn():
    turns = (
        "{%- for m in messages -%}{%- if m.role == 'user' -%}"
        "{{- '<start_of_turn>user\\n' + (system if loop.last else '') + m.content + '<end_of_turn>\\n' -}}"
        "{%- else -%}{{- '<start_of_turn>model\\n' + m.content + '<end_of_turn>\\n' -}}{%- endif -%}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<start_of_turn>model\\n' -}}{%- endif -%}"
    )
    moves = (
        "{%- set system = '' -%}{%- if messages[0].role == 'system' -%}"
        "{%- set system = messages[0].content -%}{%- set messages = messages[1:] -%}{%- endif -%}" + turns
    )
    refuses = (
        "{%- set system = '' -%}{%- if messages[0].role == 'system' -%}{{- raise_exception('no') -}}{%- endif -%}"
        + turns
    )
    written = [text(resolve(with_template(gemma_like(), t), "chat").episode(EPISODE)) for t in (moves, refuses)]
    assert written[0] == written[1]
    start, rest = written[0].split("\n\nDescription: One person's votes.\n\n")
    assert start.startswith("<start_of_turn>user\nYou imitate")
    assert rest.startswith("More lanes.<end_of_turn>\n<start_of_turn>model\nAgree<end_of_turn>\n<start_of_turn>user\n")


def test_turns_without_a_role_word_have_chat_but_no_spectrum():
    instructions = with_template(
        gemma_like(),
        "{{- bos_token -}}{%- for m in messages -%}"
        "{%- if m.role == 'system' -%}{{- raise_exception('no') -}}"
        "{%- elif m.role == 'user' -%}{{- '[INST] ' + m.content + ' [/INST]' -}}"
        "{%- else -%}{{- ' ' + m.content + ' ' + eos_token -}}{%- endif -%}{%- endfor -%}",
    )
    with pytest.raises(ModelError, match="colon"):
        resolve(instructions, "spectrum")
    chat = resolve(instructions)
    assert marked(chat.episode(EPISODE)).endswith(
        "[INST] Generate the next output. [/INST][[Pass<eos>]][INST] Fewer cars. [/INST][[<eos>]]"
    )
    assert Segment("<eos>", control=True, scored=True, example=1) in chat.episode(EPISODE)


def test_markers_that_are_no_control_tokens_are_no_turns():
    foreign = with_template(gemma_like(), qwen_like().chat_template)
    for name in ("spectrum", "chat"):
        with pytest.raises(ModelError, match="colon"):
            resolve(foreign, name)


def test_a_tokenizer_without_markers_has_colon_only():
    plain = copy.deepcopy(qwen_like())
    plain.chat_template = None
    plain._tokenizer = plain.backend_tokenizer.from_str(
        plain.backend_tokenizer.to_str().replace("<|im_start|>", "<|other|>")
    )
    assert resolve(plain).name == "colon"
    for name in ("spectrum", "chat"):
        with pytest.raises(ModelError, match="colon"):
            resolve(plain, name)


def test_an_unknown_template_is_refused():
    with pytest.raises(UsageError, match="colon"):
        resolve(qwen_like(), "alpaca")
