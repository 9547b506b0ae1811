"""Draw the training losses of the embedded models into docs/curves.svg: ``python docs/curves.py``."""

import json
from importlib.resources import files
from pathlib import Path

import altair as alt
import polars as pl

PICTURE = Path(__file__).with_name("curves.svg")
STATES = ("base", "instruct", "spectrum")
WINDOW = 40


def curve(state: str) -> pl.DataFrame:
    """Mean loss of windows of steps, in nats per scored token."""
    record = json.loads((files("pluralign.lm") / "nano" / state / "training.json").read_text())
    each = 1 if "losses" in record else 20
    losses = pl.DataFrame({"loss": record["losses"] if each == 1 else record["loss_per_20_steps"]}).with_row_index()
    window = WINDOW // each
    means = losses.group_by(pl.col("index") // window, maintain_order=True).agg(pl.col("loss").mean())
    return means.select(
        tokens=(pl.col("index") + 0.5) * WINDOW * record["tokens"] / record["steps"] / 1e6,
        loss="loss",
        model=pl.lit(f"nano-{state}"),
    )


if __name__ == "__main__":
    chart = (
        alt.Chart(pl.concat(map(curve, STATES)), width=520, height=260)
        .mark_line(strokeWidth=1.5)
        .encode(
            alt.X("tokens", title="million tokens"),
            alt.Y("loss", title=f"nats per scored token, mean of {WINDOW} steps", scale=alt.Scale(zero=True)),
            alt.Color("model", title=None, sort=None),
        )
    )
    chart.save(PICTURE)
