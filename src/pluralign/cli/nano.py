"""``pluralign nano``: rebuild the embedded models."""

from pathlib import Path

from cyclopts import App

from pluralign.cli.common import messages, print_json
from pluralign.errors import UsageError

app = App(name="nano", help="The embedded models: rebuild one of their three states.")


@app.command
def build(state: str, *, data_root: Path | None = None, cache: Path = Path(".cache/nano")) -> None:
    """Train one state of the embedded model into the package: some three hours for base on one core.

    Needs the extra `train`. A run that was killed goes on from its last checkpoint.

    Parameters
    ----------
    state
        base, then instruct or spectrum.
    data_root
        Folder of source data; default $PLURALIGN_DATA, then ../shared/data beside the checkout.
    cache
        Folder of checkpoints.
    """
    import time
    from importlib.resources import files

    from pluralign.suite import DataRoot, find_root
    from pluralign.tune import nano

    if state not in (states := ("base", *nano.RECIPES)):
        raise UsageError(f"unknown state {state!r}", fix=f"Choose {', '.join(states)}.")
    began = time.monotonic()
    out = Path(str(files("pluralign.lm"))) / "nano"
    facts = nano.build(state, nano.Build(DataRoot(find_root(data_root)), cache, out))
    messages.print(f"built in {(time.monotonic() - began) / 60:.1f} minutes")
    print_json({"state": state} | facts)
