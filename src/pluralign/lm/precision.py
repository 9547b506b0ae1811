"""In which precision this machine computes fast."""

import torch


def bfloat16_on_cpu() -> bool:
    """True where the processor has arithmetic in bfloat16; without it, such arithmetic is far slower than float32."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
