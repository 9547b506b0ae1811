"""Tiny random models shaped like Gemma 3, Qwen 3 and Llama 3.1, with the tokenizers of ``tests.tiny``."""

import copy

import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen3Config,
)

from tests.tiny import FAMILIES

_SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "max_position_embeddings": 512,
}


def tiny_model(family: str, *, seed: int = 0, **changes) -> PreTrainedModel:
    """A random model of a family: Gemma's head is tied to its embeddings, those of Qwen and Llama are their own."""
    tokenizer = FAMILIES[family]()
    configs = {
        "gemma": lambda **shape: Gemma3TextConfig(
            **shape, sliding_window=64, layer_types=["sliding_attention", "full_attention"]
        ),
        "qwen": lambda **shape: Qwen3Config(**shape),
        "llama": lambda **shape: LlamaConfig(**shape),
    }
    shape = {
        **_SHAPE,
        "vocab_size": len(tokenizer),
        "tie_word_embeddings": family == "gemma",
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        **changes,
    }
    torch.manual_seed(seed)
    return AutoModelForCausalLM.from_config(configs[family](**shape))


def base_tokenizer(family: str) -> PreTrainedTokenizerFast:
    """The tokenizer of a base model: it has the markers but no chat template."""
    tokenizer = copy.deepcopy(FAMILIES[family]())
    tokenizer.chat_template = None
    return tokenizer
