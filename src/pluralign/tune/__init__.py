"""Training: the embedded models, and the recipes that make a model steerable and diverse."""

from pathlib import Path
from typing import Any

from pluralign.tune.recipe import Recipe


def tune(
    model: str,
    out: str | Path,
    recipe: str | Recipe = "spectrum",
    *,
    data_root: str | Path | None = None,
    max_minutes: float | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Train a model by a recipe; see :func:`pluralign.tune.job.tune`. Needs the extra ``train``.

    Args:
        model: name of a model: ``nano-base``, a local folder, or ``hf:OWNER/NAME``.
        out: folder of the job; the finished model is in ``model`` there.
        recipe: a recipe, its name, or the path of its file.
        changes: fields of the recipe to change, such as ``learning_rate=1e-5``.

    Raises:
        PluralignError: the recipe, the data, the model or the folder cannot be used.
    """
    from pluralign.tune import job
    from pluralign.tune.recipe import change, load

    chosen = change(load(recipe) if isinstance(recipe, str) else recipe, **changes)
    root = Path(data_root) if data_root else None
    return job.tune(model, chosen, Path(out), data_root=root, max_minutes=max_minutes)


def spectrum(model: str, out: str | Path, **options: Any) -> dict[str, Any]:
    """Spectrum Tuning with the recipe of that name; ``options`` are those of :func:`tune`."""
    return tune(model, out, "spectrum", **options)


__all__ = ["Recipe", "spectrum", "tune"]
