"""From the name of a model to a model."""

from importlib.util import find_spec
from typing import Any

from pluralign.errors import ModelError, UsageError
from pluralign.lm.protocol import LanguageModel


def load(
    name: str,
    *,
    template: str = "auto",
    device: str = "auto",
    dtype: str = "auto",
    batch_tokens: int | None = None,
    max_length: int | None = None,
    tokenizer: str | None = None,
    first_token: bool = False,
) -> LanguageModel:
    """Load a model by name: ``nano-*``, a local folder, ``hf:OWNER/NAME``, ``vllm:OWNER/NAME`` or
    ``openai:MODEL@URL`` on a server.

    What a server computes with is its own matter: device, dtype and batches count for the other models only. vLLM
    chooses its devices and batches itself.

    Args:
        template: ``spectrum``, ``colon``, ``chat``, or ``auto`` for what the tokenizer calls for. For a server whose
            tokenizer is not named, ``chat`` leaves the chat template to the server, and ``auto`` is ``colon`` where it
            scores given answers and ``chat`` where not.
        device: ``cpu``, ``cuda``, ``cuda:1`` or ``auto``.
        dtype: ``float32``, ``bfloat16``, ``float16``, or ``auto`` (the checkpoint's own on a GPU, float32 on a CPU).
        batch_tokens: upper bound on padded tokens per forward pass; None chooses by device.
        max_length: longest sequence in tokens; None takes the model's own limit.
        tokenizer: for a model on a server, the name of a model with the same tokenizer: prompts are then sent as token
            ids, in which no text can pass for a control token.
        first_token: for a model on a server that scores no given answers, tell choices apart by the first token of the
            answer.

    Raises:
        UsageError: an argument for servers comes with another model.
        ModelError: the name leads to no model that can be loaded.
    """
    if name.startswith("openai:"):
        if find_spec("openai") is None:
            raise ModelError("models on servers need the library openai", fix="Run `pip install 'pluralign[api]'`.")
        from pluralign.lm.openai import OpenAIModel

        known = None if tokenizer is None else load_tokenizer(tokenizer)
        return OpenAIModel.connect(
            name, template=template, tokenizer=known, first_token=first_token, max_length=max_length
        )
    if tokenizer is not None or first_token:
        raise UsageError("a tokenizer and first_token are for models on servers", where=name)
    if name.startswith("vllm:"):
        from pluralign.lm.vllm import VllmModel

        return VllmModel.load(name, template=template, dtype=dtype, max_length=max_length)
    from pluralign.lm.transformers import TransformersModel

    return TransformersModel.load(
        name, template=template, device=device, dtype=dtype, batch_tokens=batch_tokens, max_length=max_length
    )


def load_tokenizer(name: str) -> Any:
    """The tokenizer of a model, without its weights.

    Raises:
        ModelError: the name leads to no tokenizer.
    """
    from pluralign.lm import _checkpoint

    return _checkpoint.load_tokenizer(_checkpoint.locate(name))
