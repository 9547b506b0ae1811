"""The copying circuit: it copies from the first step, and survives training at the gentle rate."""

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from pluralign.tune.circuit import copying_circuit


def fresh():
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(
        LlamaConfig(
            vocab_size=4096,
            hidden_size=256,
            intermediate_size=512,
            num_hidden_layers=5,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=1024,
            attention_bias=True,
            rope_parameters={"rope_type": "default", "rope_theta": 1e8},
            tie_word_embeddings=True,
        )
    )


@torch.no_grad()
def repeats(model, length: int) -> tuple[float, float]:
    """How often the next token is the likeliest in the first and in the third of three equal random sequences."""
    ids = torch.randint(0, 4096, (4, length), generator=torch.Generator().manual_seed(5)).repeat(1, 3)
    right = (model(ids, use_cache=False).logits[:, :-1].argmax(-1) == ids[:, 1:]).float()
    return right[:, : length - 1].mean().item(), right[:, 2 * length :].mean().item()


@pytest.mark.parametrize("length", [40, 200])
def test_random_tokens_are_repeated(length):
    model = fresh()
    assert repeats(model, length)[1] < 0.01
    copying_circuit(model)
    first, third = repeats(model, length)
    assert first < 0.05
    assert third > 0.7
