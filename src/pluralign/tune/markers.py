"""Ready a base checkpoint for the turn format: sensible rows for the tokens that mark turns, and an end of answers.

A base model has mostly never seen its turn markers, so their rows hold nothing. Those of the model's instruct sibling
lie in the same space (it was trained from this base) and are taken over; all other rows stay as they are.
"""

import json
from typing import Any

import torch
from safetensors import safe_open
from tokenizers import AddedToken
from transformers import PreTrainedModel
from transformers.utils.hub import cached_file

from pluralign.errors import ModelError
from pluralign.lm import load_tokenizer
from pluralign.lm._checkpoint import locate
from pluralign.template import Template, control_tokens, resolve

_NOISE = 1.0
"""Noise of initialised rows, in standard deviations of the weights: they are as far apart as other rows."""


def prepare(model: PreTrainedModel, tokenizer: Any, sibling: str | None) -> None:
    """Give the turn markers of a model rows to start from, in place, and let its generation stop at the end of a turn.

    With a sibling, its rows of the markers are copied (input rows, and output rows where the head is not tied); a
    tokenizer without turn markers gets those of the sibling, and one without a chat template gets the sibling's.
    Without one, the markers of a tokenizer that has no chat template, as base models have, start from the mean of all
    rows with noise; where there is a chat template the model has met its markers and nothing is changed. Call
    this before the tokenizer gets its final chat template (:func:`pluralign.tune.chat_template.with_roles`).

    Args:
        model: a causal language model, not yet wrapped for LoRA or for several devices.
        tokenizer: its fast tokenizer.
        sibling: name of the instruct model made from this base, in any form that ``pluralign measure`` takes; only
            its tokenizer and the file with its embeddings are read.

    Raises:
        ModelError: the tokenizer has no turn markers and no sibling can give them, or the sibling does not fit.
    """
    markers = _adopt(tokenizer, sibling) if sibling else _markers(_spectrum(tokenizer))
    ids = tokenizer.convert_tokens_to_ids(markers)
    if max(tokenizer.get_vocab().values()) >= model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    if sibling:
        _copy(model, ids, sibling, load_tokenizer(sibling).convert_tokens_to_ids(markers))
    elif not tokenizer.chat_template:
        _initialise(model, ids)
    ends = tokenizer.convert_tokens_to_ids(list(_spectrum(tokenizer).stop.control))
    known = model.generation_config.eos_token_id
    known = known if isinstance(known, list) else [known] if known is not None else []
    model.generation_config.eos_token_id = list(dict.fromkeys([*ends, *known]))


def _markers(template: Template) -> list[str]:
    """The control tokens that stand around descriptions, inputs and outputs."""
    frames = (*template.description, *template.input, *template.output)
    return list(dict.fromkeys(segment.text for side in frames for segment in side if segment.control))


def _spectrum(tokenizer: Any) -> Template:
    try:
        return resolve(tokenizer, "spectrum")
    except ModelError as error:
        raise ModelError(
            "this tokenizer has no turn markers with a role word",
            where=error.where,
            fix="Name the model's instruct sibling, whose markers are then taken over, or tune another model.",
        ) from error


def _adopt(tokenizer: Any, sibling: str) -> list[str]:
    """Take over from a sibling's tokenizer what this one lacks; the markers that both then have."""
    source = load_tokenizer(sibling)
    if not tokenizer.chat_template:
        tokenizer.chat_template = source.chat_template
    try:
        template = resolve(tokenizer, "spectrum")
    except ModelError:
        try:
            template = resolve(source, "spectrum")
        except ModelError as error:
            raise ModelError(
                "neither the tokenizer nor its sibling has turn markers with a role word",
                where=sibling,
                fix="Name a sibling that was tuned on turns with roles.",
            ) from error
        tokenizer.chat_template = source.chat_template
    markers = _markers(template)
    if absent := [marker for marker in markers if marker not in control_tokens(source)]:
        raise ModelError(
            f"the sibling lacks the turn marker {absent[0]!r}",
            where=sibling,
            fix="Name the instruct model that was made from this very base.",
        )
    missing = [marker for marker in markers if marker not in control_tokens(tokenizer)]
    tokenizer.add_tokens([AddedToken(m, normalized=False, special=True) for m in missing], special_tokens=True)
    return markers


def _initialise(model: PreTrainedModel, ids: list[int]) -> None:
    """Rows of tokens that no training has seen: the mean of all rows, told apart by noise."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(len(ids), model.get_input_embeddings().embedding_dim, generator=generator)
    for weight in _embeddings(model).values():
        rows = weight.data.float()
        weight.data[ids] = (rows.mean(0) + _NOISE * rows.std() * noise.to(rows.device)).to(weight.dtype)


def _copy(model: PreTrainedModel, ids: list[int], sibling: str, theirs: list[int]) -> None:
    """Copy rows ``theirs`` of a sibling's checkpoint to rows ``ids``."""
    weights = _embeddings(model)
    width = model.get_input_embeddings().embedding_dim
    rows = None
    for name, weight in weights.items():
        found = _rows(sibling, name, theirs, width)
        # A checkpoint without an output head is one whose head is tied to the input embeddings, which come first.
        rows = rows if found is None else found
        if rows is None:
            raise ModelError(
                f"the sibling's weights hold no embeddings of width {width}",
                where=sibling,
                fix="Name the instruct model that was made from this very base, with weights in safetensors.",
            )
        weight.data[ids] = rows.to(weight)


def _embeddings(model: PreTrainedModel) -> dict[str, torch.nn.Parameter]:
    """The input embeddings and, where it is not tied to them, the output head, by the end of their names."""
    names = {module: name.split(".")[-1] + ".weight" for name, module in model.named_modules()}
    found = {}
    for module in (model.get_input_embeddings(), model.get_output_embeddings()):
        if all(module.weight is not weight for weight in found.values()):
            found[names[module]] = module.weight
    return found


def _rows(source: str, name: str, ids: list[int], width: int) -> torch.Tensor | None:
    """Some rows of the one matrix of a checkpoint whose name ends in ``name``, or None if it has none."""
    for path in _files(source, name):
        with safe_open(path, framework="pt") as tensors:
            for key in tensors.keys():  # noqa: SIM118 (no dictionary)
                if key == name or key.endswith("." + name):
                    matrix = tensors.get_slice(key)
                    if matrix.get_shape()[1:] == [width] and matrix.get_shape()[0] > max(ids):
                        return torch.cat([matrix[i : i + 1] for i in ids])
    return None


def _files(source: str, name: str) -> list[str]:
    """The files of a checkpoint, local or on the hub, that may hold a tensor of this name; only these are fetched."""
    folder = locate(source)
    try:
        if index := cached_file(folder, "model.safetensors.index.json", _raise_exceptions_for_missing_entries=False):
            with open(index, encoding="utf-8") as file:
                places = json.load(file)["weight_map"]
            shards = dict.fromkeys(shard for key, shard in places.items() if key.endswith(name))
        else:
            shards = ["model.safetensors"]
        return [path for shard in shards if (path := cached_file(folder, shard)) is not None]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"the sibling's weights cannot be read: {str(error).strip().splitlines()[0].rstrip('.')}",
            where=source,
            fix="Check the name and the connection; weights must be in safetensors.",
        ) from error
