"""First weights that can copy: the two attention layers by which larger models repeat what stands in their context.

Large models learn such a pair of layers, an induction head, from billions of tokens (Olsson et al. 2022, "In-context
Learning and Induction Heads", arXiv 2209.11895): one layer writes at each place which token stood before it, a later
one compares that with the current token and copies what followed. A model of a few million parameters that sees a few
million tokens does not get there, so the embedded models start from it, as mimetic initialisation does for other
attention patterns (Trockman and Kolter 2023, arXiv 2305.09828). All weights are trained on from there.
"""

import math

import torch
from transformers import PreTrainedModel

PREVIOUS, LOOKUP = 0, 1
"""The layers that hold the circuit."""

_FAST, _SLOW = 0.15, 2e-3
"""Rotations per token, in radians: above the first a pair tells neighbours apart; below the second it hardly turns."""

_SHARPNESS_PREVIOUS, _SHARPNESS_LOOKUP = 60.0, 30.0
_SIZE_PREVIOUS, _SIZE_COPY, _TEMPERATURE = 3.0, 32.0, 4.0


@torch.no_grad()
def copying_circuit(model: PreTrainedModel) -> None:
    """Set the attention of the first two layers so that the model repeats sequences of any tokens from the start.

    Measured on random tokens in ``tests/tune/test_circuit.py``.

    Args:
        model: freshly initialised, Llama-shaped with biases in the attention, as many key-value heads as heads, and a
            rotary base so large (1e8) that many pairs of coordinates hardly rotate within the context.
    """
    config = model.config
    width, heads = config.hidden_size, config.num_attention_heads
    size = width // heads
    half = size // 2
    speed = config.rope_parameters["rope_theta"] ** (-torch.arange(half) / half)
    norm = model.get_input_embeddings().weight.norm(dim=1).mean()
    generator = torch.Generator().manual_seed(0)
    basis = torch.linalg.qr(torch.randn(width, width, generator=generator))[0]
    # Tokens are compared by their part in one half of the space; the token before is written into the other.
    here, before = basis[:, : width // 2], basis[:, width // 2 :]

    attention = model.base_model.layers[PREVIOUS].self_attn
    fast = speed > _FAST
    strength = torch.where(fast, math.sqrt(_SHARPNESS_PREVIOUS * math.sqrt(size) / int(fast.sum())), 0.0)
    for head in range(heads // 2):
        rows = slice(head * size, (head + 1) * size)
        # Queries stand one token behind keys on every fast pair, whatever the content.
        attention.q_proj.bias[rows] = torch.cat([strength * torch.cos(speed), -strength * torch.sin(speed)])
        attention.k_proj.bias[rows] = torch.cat([strength, torch.zeros(half)])
        attention.q_proj.weight[rows] *= 0.1
        attention.k_proj.weight[rows] *= 0.1
        attention.v_proj.weight[rows] = here[:, rows].T
        attention.o_proj.weight[:, rows] = before[:, rows] * (_SIZE_PREVIOUS * norm / math.sqrt(width))

    attention = model.base_model.layers[LOOKUP].self_attn
    slow = torch.where(speed < _SLOW)[0]
    slow = torch.cat([slow, slow + half])
    token = width / (1 + _SIZE_PREVIOUS**2 / 2)  # squared norm of the token's own part after normalisation
    scale = math.sqrt(_SHARPNESS_LOOKUP * math.sqrt(size) / (token * len(slow) / width * _SIZE_PREVIOUS))
    for head in range(heads):
        rows = slice(head * size, (head + 1) * size)
        compared = torch.randperm(width // 2, generator=generator)[: len(slow)]
        for projection, space in ((attention.q_proj, here), (attention.k_proj, before)):
            projection.weight[rows] = 0.0
            projection.weight[rows.start + slow] = space[:, compared].T * scale
        attention.v_proj.weight[rows] = torch.eye(width)[rows]
        attention.o_proj.weight[:, rows] = torch.eye(width)[:, rows] * (_SIZE_COPY * norm / math.sqrt(width))
    model.base_model.norm.weight.fill_(_TEMPERATURE)
