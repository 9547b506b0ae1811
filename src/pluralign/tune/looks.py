"""Looks at the model while it is trained: the held-out tasks of a recipe, measured on the model in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from pluralign.lm.transformers import TransformersModel
from pluralign.measure import Request, audit
from pluralign.tune.recipe import Recipe
from pluralign.tune.sft import plain

SAMPLES = 20
"""Draws per coverage prompt in a look."""

_SHOWN = {
    "steer": ("loss", "accuracy"),
    "cover": ("yield", "valid"),
    "align": ("js_divergence_nats", "mass_outside"),
}
"""Metrics that a tracker gets."""


class Looks(TrainerCallback):
    """Measures the held-out tasks every so many steps, each time as a run of its own that can be reported.

    Not for weights that are spread over devices (FSDP, ZeRO-3), of which none could score alone.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        data: Path | None,
        tokenizer: Any,
        log: Callable[[dict[str, float]], None],
    ):
        """Prepare the looks of a training.

        Args:
            folder: gets one run folder for each look.
            data: the data root.
            tokenizer: of the model, with the chat template that is to be saved.
            log: takes what a tracker is to show.
        """
        self.recipe, self.folder, self.data = recipe, folder, data
        self.tokenizer, self.log = tokenizer, log

    def on_step_end(self, args, state, control, model=None, **kwargs):
        due = self.recipe.evaluate_steps and state.global_step % self.recipe.evaluate_steps == 0
        if not due or not self.recipe.heldout or not state.is_world_process_zero:
            return
        name = f"step {state.global_step}"
        request = Request(
            models=(name,),
            tasks=self.recipe.heldout,
            limit=self.recipe.heldout_limit,
            samples=SAMPLES,
            max_length=self.recipe.max_length,
            data=str(self.data) if self.data else None,
        )
        model = plain(model)
        model.eval()
        try:
            seen = TransformersModel.of(
                name,
                {"parameters": model.num_parameters(), "dtype": str(model.dtype), "device": str(model.device)},
                model,
                self.tokenizer,
                max_length=self.recipe.max_length,
            )
            metrics = audit(request, self.folder / f"step-{state.global_step}", lambda name: seen)
        finally:
            model.train()
        due = control.should_log
        self.log(
            {
                f"heldout/{m['task']}/{m['metric']}": m["value"]
                for m in metrics
                if m["model"] == name and m["metric"] in _SHOWN[m["kind"]] and m["value"] is not None
            }
        )
        # A log of any kind takes the step's own for done.
        control.should_log = due
