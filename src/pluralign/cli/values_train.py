"""``pluralign values mixture`` and ``train``: what models of considerations learn from, and how they are trained."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from pluralign.cli.common import bar, messages, print_json
from pluralign.cli.raters_source import reporting
from pluralign.errors import UsageError

_Flag = Annotated[bool, Parameter(negative=())]


def mixture(prism: Path, *, out: Path, seed: int = 0, json: _Flag = False) -> None:
    """Write the four tasks that a model of considerations learns: generate, relevance, valence and explanation.

    Parameters
    ----------
    prism
        A table in ValuePrism's schema, such as `pluralign values build` writes, or the folder of a download.
    out
        Folder for mixture.csv, which `train` reads, and for one table per task, which `pluralign suite add` takes.
    seed
        Of splits and negatives.
    json
        Print one JSON document.
    """
    from pluralign.values import mixture as mixture_
    from pluralign.values import prism as prism_

    read = prism_.read(prism)
    examples = mixture_.mixture(read, seed=seed)
    settings = mixture_.write(out, examples)
    counts = dict(examples.group_by("task", maintain_order=True).len().iter_rows())
    if json:
        print_json({"mixture": str(out / mixture_.FILE), "examples": counts, "tasks": list(map(str, settings))})
    else:
        messages.print(", ".join(f"{count:,} {name}" for name, count in counts.items()))
    messages.print(f"written: {out / mixture_.FILE}")
    for path in settings:
        messages.print(f"for causal models: pluralign suite add {path}")


def train(
    *,
    out: Path,
    model: str | None = None,
    mixture: Path | None = None,
    data_root: Path | None = None,
    epochs: float | None = None,
    learning_rate: float | None = None,
    batch: int | None = None,
    save_steps: int | None = None,
    most: int | None = None,
    seed: int | None = None,
    json: _Flag = False,
) -> None:
    """Train the embedded kaleidoscope again; or, with --model, an encoder-decoder model on a mixture.

    Parameters
    ----------
    out
        Folder for the embedded kaleidoscope; with --model of the run, whose model is in `model` there.
    model
        An encoder-decoder model to train: a folder or hf:OWNER/NAME. Needs the extra `train`.
    mixture
        With --model the folder that `pluralign values mixture` wrote.
    data_root
        Folder of source data, for the embedded kaleidoscope.
    epochs
        Passes over the data; default 3, with --model 1.
    learning_rate, batch, save_steps
        With --model the highest rate, lines per step, and steps between two checkpoints.
    most
        At most so many training pairs of the embedded kaleidoscope.
    seed
        Of all that is random.
    json
        Print one JSON document.
    """
    given = {"epochs": epochs, "learning_rate": learning_rate, "batch": batch, "save_steps": save_steps, "seed": seed}
    settings = {name: value for name, value in given.items() if value is not None}
    if model is not None:
        if mixture is None:
            raise UsageError("--model needs --mixture", fix="Write one with pluralign values mixture PRISM --out DIR.")
        found = _language_model(model, mixture, out, settings)
    else:
        if mixture is not None or {"learning_rate", "batch", "save_steps"} & settings.keys():
            raise UsageError("--mixture, --learning-rate, --batch and --save-steps go with --model")
        found = _embedded(out, data_root, most, settings)
    if json:
        print_json(found)
    messages.print(f"model: {found['model']}")


def _embedded(out: Path, data_root: Path | None, most: int | None, settings: dict[str, Any]) -> dict[str, Any]:
    from pluralign.suite import DataRoot, find_root
    from pluralign.values.training import train as train_

    if "epochs" in settings:
        settings["epochs"] = int(settings["epochs"])
    with reporting("training") as said:
        about = train_(DataRoot(find_root(data_root)), out, most=most, said=said, **settings)
    return {"model": str(out), "about": about}


def _language_model(model: str, mixture: Path, out: Path, settings: dict[str, Any]) -> dict[str, Any]:
    from pluralign.tune.encoder_decoder import Settings
    from pluralign.tune.encoder_decoder import train as train_
    from pluralign.values import mixture as mixture_
    from pluralign.values.kaleido import CONFIGURATION
    from pluralign.values.tuned import settle

    lines = mixture_.read(mixture)
    learned = lines.filter(lines["split"] == "train")
    with bar("training") as progress:
        (handle,) = progress.task_ids

        def told(step: int, total: int, loss: float) -> None:
            progress.update(handle, completed=step, total=total, description=f"loss {loss:.3f}")

        found = train_(model, learned, out, Settings(**settings), configuration=CONFIGURATION, on_step=told)
    held = lines.filter(lines["split"] == "val")
    return found | ({"development": settle(found["model"], held)} if held.height else {})
