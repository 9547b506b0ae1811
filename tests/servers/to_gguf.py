"""Convert an embedded model for a llama.cpp server, with and without a mark of the beginning before every text.

    python tests/servers/to_gguf.py nano-base OUT

needs the library gguf and writes ``OUT/plain.gguf``, ``OUT/marked.gguf`` and ``OUT/marked``, the transformers folder
that belongs to the latter. llama-cpp-python 0.3 gives right log-probabilities of what is sent for marked models only:

    python -m llama_cpp.server --model OUT/marked.gguf --logits_all true --n_ctx 1024 --type_k 0 --type_v 0

(0 is float32; with the default cache of 16 bits log-probabilities are off by up to 0.004 per token).
"""

import json
import shutil
import sys
from pathlib import Path

import gguf
import numpy as np
from safetensors import safe_open

from pluralign.lm.nano import folder

PARTS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
WHOLE = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}


def write_gguf(source: Path, target: Path, marked: bool) -> None:
    """Write a model of Llama's shape with a byte-level tokenizer that splits digits, in float32."""
    config, spec = (json.loads((source / name).read_text("utf-8")) for name in ("config.json", "tokenizer.json"))
    heads, size = config["num_attention_heads"], config["head_dim"]
    writer = gguf.GGUFWriter(target, "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(size)
    writer.add_value_length(size)
    writer.add_rope_dimension_count(size)
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)

    control = {token["content"]: token["id"] for token in spec["added_tokens"]}
    names = sorted(known := spec["model"]["vocab"] | control, key=known.__getitem__)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")  # single digits, then the pattern of GPT-2, as in the embedded models
    writer.add_token_list(names)
    kinds = gguf.TokenType
    writer.add_token_types([kinds.CONTROL if name in control else kinds.NORMAL for name in names])
    writer.add_token_merges(
        [merge if isinstance(merge, str) else " ".join(merge) for merge in spec["model"]["merges"]]
    )
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    # Where none is named llama.cpp takes an ordinary token for the mark.
    writer.add_bos_token_id(config["eos_token_id"] if marked else config["pad_token_id"])
    writer.add_add_bos_token(marked)

    with safe_open(source / "model.safetensors", "pt") as tensors:
        for key in tensors.keys():  # noqa: SIM118 (not a dictionary)
            values = tensors.get_tensor(key).float().numpy()
            if key in WHOLE:
                name = WHOLE[key]
            else:
                _, _, layer, rest = key.split(".", 3)
                part, kind = rest.rsplit(".", 1)
                name = f"blk.{layer}.{PARTS[part]}.{kind}"
                if part in ("self_attn.q_proj", "self_attn.k_proj"):
                    # llama.cpp rotates neighbouring pairs, transformers the two halves of a head.
                    halves = values.reshape(heads, 2, size // 2, *values.shape[1:])
                    values = halves.swapaxes(1, 2).reshape(values.shape)
            writer.add_tensor(name, np.ascontiguousarray(values))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_marked(source: Path, target: Path) -> None:
    """Copy a model with a tokenizer that puts its end-of-text token before every text."""
    shutil.copytree(source, target)
    settings = json.loads((target / "tokenizer_config.json").read_text("utf-8"))
    mark = settings["bos_token"] = settings["eos_token"]
    (target / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    spec = json.loads((target / "tokenizer.json").read_text("utf-8"))
    (number,) = [token["id"] for token in spec["added_tokens"] if token["content"] == mark]
    first, text = {"SpecialToken": {"id": mark, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}
    spec["post_processor"] |= {
        "single": [first, text],
        "special_tokens": {mark: {"id": mark, "ids": [number], "tokens": [mark]}},
    }
    (target / "tokenizer.json").write_text(json.dumps(spec), "utf-8")


if __name__ == "__main__":
    model, out = folder(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True)
    write_gguf(model, out / "plain.gguf", marked=False)
    write_gguf(model, out / "marked.gguf", marked=True)
    write_marked(model, out / "marked")
