"""Run by ``torchrun``: one optimiser step of a model sharded by torch's own ``fully_shard``, beside a whole one.

Both see the same rows with the loss of the trainer. What was found is written to the file named as the only argument.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.functional import cross_entropy

from pluralign.encode import Encoded, Packed, pack
from pluralign.tune.recipe import Recipe
from pluralign.tune.sft import plan, trainer
from tests.tiny import llama_like
from tests.tune.tiny_models import tiny_model


def rows() -> Packed:
    """Two rows of three or four sequences, with different numbers of scored tokens."""
    rng = np.random.default_rng(0)
    sequences = []
    for length in (30, 17, 9, 25, 21, 12, 8):
        ids = rng.integers(0, 400, length).astype(np.int32)
        scored = rng.random(length) < 0.4
        scored[0] = False
        sequences.append(Encoded(ids, scored, np.zeros(length, np.int32)))
    return pack(sequences, 64)


def apart(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    return max((one[name] - other[name]).abs().max().item() for name in other)


def main(out: Path) -> None:
    packed = rows()
    whole, sharded = tiny_model("llama"), tiny_model("llama")
    recipe = Recipe("sharded", batch_sequences=8, precision="float32", learning_rate=1e-2)
    with tempfile.TemporaryDirectory() as folder:
        place = plan(recipe, len(packed.ids), 7, devices=2)
        made = trainer(recipe, tiny_model("llama"), llama_like(), packed, place, Path(folder))
    rank, world = dist.get_rank(), dist.get_world_size()

    mesh = init_device_mesh("cpu", (world,))
    for layer in sharded.model.layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(sharded, mesh=mesh)
    parts = [p for p in sharded.parameters() if isinstance(p, DTensor)]
    # Not AdamW, whose first step is the same whatever the gradients are multiplied by.
    optimisers = [torch.optim.SGD(model.parameters(), lr=1.0) for model in (whole, sharded)]

    labels = torch.tensor(packed.labels)
    scored = int((labels != -100).sum())
    expected = torch.zeros(())
    for row in range(len(packed.ids)):
        logits = whole(
            input_ids=torch.tensor(packed.ids[row : row + 1]),
            position_ids=torch.tensor(packed.position_ids[row : row + 1]),
            use_cache=False,
        ).logits
        expected = (
            expected + cross_entropy(logits[0, :-1], labels[row, 1:], ignore_index=-100, reduction="sum") / scored
        )
    expected.backward()

    mine = {
        "input_ids": torch.tensor(packed.ids[rank : rank + 1]),
        "labels": labels[rank : rank + 1],
        "position_ids": torch.tensor(packed.position_ids[rank : rank + 1]),
    }
    loss = made.compute_loss(sharded, mine, num_items_in_batch=torch.tensor(scored))
    loss.backward()
    mean = loss.detach().clone()
    dist.all_reduce(mean)
    for optimiser in optimisers:
        optimiser.step()
    gathered = get_model_state_dict(sharded, options=StateDictOptions(full_state_dict=True))
    local = sum(p.to_local().numel() for p in parts)
    if rank == 0:
        found = {
            "world": world,
            "rows": len(packed.ids),
            "sharded": len(parts),
            "parameters": len(list(whole.parameters())),
            "share": local / sum(p.numel() for p in whole.parameters()),
            "losses": [mean.item() / world, expected.item()],
            "names": [sorted(gathered), sorted(whole.state_dict())],
            "difference": apart(gathered, whole.state_dict()),
            "moved": apart(gathered, tiny_model("llama").state_dict()),
        }
        out.write_text(json.dumps(found))
    dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
