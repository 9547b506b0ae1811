"""From the name of a model to the model itself: resolving, loading, and the facts that a run records."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel
from transformers.utils import logging

from pluralign.errors import ModelError, UsageError
from pluralign.lm import nano

LONGEST = 8192
"""Tokens of the longest sequence unless the user asks for more: memory grows with it, and few models use more well."""

_HASHED = 200_000_000
"""Bytes of weights up to which a folder's digest is taken: beyond it would take longer than many a run."""

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def locate(name: str) -> str:
    """The folder or hub name that a model name stands for.

    Raises:
        ModelError: the name has none of the known forms, or its folder holds no model.
    """
    if name.startswith("hf:"):
        return name.removeprefix("hf:")
    if Path(name).is_dir():
        if not (Path(name) / "config.json").is_file():
            raise ModelError(
                "this folder holds no model",
                where=name,
                fix="A model folder has config.json, tokenizer files and weights in safetensors.",
            )
        return str(Path(name).resolve())
    if name.startswith("nano-"):
        return str(nano.folder(name))
    raise ModelError(
        f"no model is called {name!r}", fix=f"Name one of {', '.join(nano.NAMES)}, a local folder, or hf:OWNER/NAME."
    )


def load(
    source: str, *, device: str, dtype: str, architecture: Any = AutoModelForCausalLM
) -> tuple[PreTrainedModel, Any]:
    """The model, in evaluation mode on its device, and its tokenizer.

    Args:
        source: a folder or hub name, as :func:`locate` gives it.
        device: ``cpu``, ``cuda``, ``cuda:1`` or ``auto``.
        dtype: ``float32``, ``bfloat16``, ``float16``, or ``auto`` (the checkpoint's own on a GPU, float32 on a CPU).
        architecture: the automatic class of transformers for the kind of model that is wanted.

    Raises:
        UsageError: there is no such dtype.
        ModelError: the device is absent, the model cannot be loaded whole, or its tokenizer does not fit.
    """
    place = _device(device)
    if dtype not in ("auto", *_DTYPES):
        raise UsageError(f"there is no dtype {dtype!r}", fix=f"Use auto, {', '.join(_DTYPES)}.")
    number: Any = _DTYPES.get(dtype, torch.float32 if place.type == "cpu" else "auto")
    tokenizer = load_tokenizer(source)
    with explained(source):
        model, info = architecture.from_pretrained(
            source, dtype=number, trust_remote_code=False, use_safetensors=True, output_loading_info=True
        )
    if missing := info["missing_keys"]:
        raise ModelError(
            f"the weights lack {len(missing)} tensors of the model, such as {min(missing)}",
            where=source,
            fix="Take a checkpoint of the whole model, with its output head.",
        )
    if max(tokenizer.get_vocab().values()) >= model.get_input_embeddings().num_embeddings:
        raise ModelError(
            "the tokenizer has more tokens than the model",
            where=source,
            fix="Put the model's own tokenizer beside it.",
        )
    return model.eval().requires_grad_(False).to(place), tokenizer


def load_tokenizer(source: str) -> Any:
    """The tokenizer of a checkpoint.

    Raises:
        ModelError: it cannot be loaded, or is of the slow kind.
    """
    with explained(source):
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    if not tokenizer.is_fast:
        raise ModelError(
            "the tokenizer is not of the fast kind, which tells where each token lies in the text",
            where=source,
            fix="Save the model with its tokenizer.json.",
        )
    return tokenizer


@contextmanager
def explained(source: str) -> Generator[None]:
    """Load in silence; whatever fails becomes one message: a broken checkpoint may fail in any part of the library."""
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    except Exception as error:
        fix = (
            "Look for a damaged or missing file in this folder."
            if Path(source).is_dir()
            else "Check the name and the connection; for a gated model accept its terms and run `hf auth login`."
        )
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(f"the model cannot be loaded: {reason[0].rstrip('.')}", where=source, fix=fix) from error
    finally:
        if bars:
            logging.enable_progress_bar()


def positions(config: Any) -> int | None:
    """The longest sequence that a model was made for, in tokens, where its configuration tells."""
    return getattr(config.get_text_config(decoder=True), "max_position_embeddings", None)


def facts(source: str, model: PreTrainedModel) -> dict:
    """What a run records about a loaded model."""
    return {
        "path": source,
        "sha256": digest(Path(source)),
        "revision": getattr(model.config, "_commit_hash", None),
        "parameters": sum(p.numel() for p in model.parameters()),
        "dtype": str(model.dtype).removeprefix("torch."),
        "device": str(model.device),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(f"the device {name!r} cannot be used here", fix="Use cpu or auto.") from error
    return device


def digest(folder: Path) -> str | None:
    """SHA-256 of the weights of a local folder, if they are small."""
    weights = sorted(folder.glob("*.safetensors")) if folder.is_dir() else []
    if not weights or sum(path.stat().st_size for path in weights) > _HASHED:
        return None
    digest = hashlib.sha256()
    for path in weights:
        digest.update(path.read_bytes())
    return digest.hexdigest()
