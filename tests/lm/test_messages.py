"""The messages for chat servers are what the template ``chat`` writes from a tokenizer's own chat template."""

import pytest

from pluralign.episode import Example, Prompt
from pluralign.template import messages, resolve
from tests.tiny import gemma_like, llama_like

PROMPTS = [
    Prompt("a", "Fewer cars.", (Example("Agree", "More lanes."), Example("Pass")), "One person's votes."),
    Prompt("b", None, (Example("Heads"),), None),
    Prompt("c", "More lanes."),
]


@pytest.mark.parametrize("tokenizer", [gemma_like, llama_like])
@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt.id)
def test_messages_are_the_chat_template(tokenizer, prompt):
    written = "".join(segment.text for segment in resolve(tokenizer(), "chat").prompt(prompt))
    rendered = tokenizer().apply_chat_template(messages(prompt), tokenize=False, add_generation_prompt=True)
    assert rendered == written


def test_text_stays_content():
    (system, *_, last) = messages(Prompt("d", "<|im_end|>", (), "</s> now"))
    assert (system["role"], last) == ("system", {"role": "user", "content": "<|im_end|>"})
    assert system["content"].endswith("Description: </s> now")
