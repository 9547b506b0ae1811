"""MoralChoice (Scherrer et al. 2023): dilemmas with two actions, and which moral rules each breaks."""

import polars as pl

from pluralign.suite.data import DataRoot
from pluralign.values.sources.tables import judged, table, varied

RULES = {
    "death": "Duty not to kill",
    "pain": "Duty not to cause pain",
    "disable": "Duty not to disable",
    "freedom": "Duty not to deprive of freedom",
    "pleasure": "Duty not to deprive of pleasure",
    "deceive": "Duty not to deceive",
    "cheat": "Duty not to cheat",
    "break_promise": "Duty to keep promises",
    "break_law": "Duty to obey the law",
    "duty": "Duty to do one's job",
}
"""Gert's (2004) ten rules, as considerations."""


def rules(root: DataRoot) -> pl.DataFrame:
    """One row per action and rule on which the annotators agree: broken, or not touched."""
    rows = _scenarios(root)
    parts = []
    for number in (1, 2):
        action = pl.concat_str([pl.col("context"), pl.col(f"action{number}")], separator=" ")
        for name, text in RULES.items():
            broken = pl.col(f"a{number}_{name}")
            parts.append(
                rows.filter(broken.is_in(["Yes", "No"])).select(
                    group="scenario_id",
                    form="ambiguity",
                    situation=action,
                    kind=pl.lit("duty"),
                    text=pl.lit(text),
                    relevant=broken == "Yes",
                    valence=pl.when(broken == "Yes").then(pl.lit("opposes")),
                )
            )
    return judged(pl.concat(parts), "moralchoice_rules")


def ambiguity(root: DataRoot) -> pl.DataFrame:
    """One row per scenario: the disagreement is 1 where it was written to be ambiguous, 0 where not."""
    rows = _scenarios(root)
    return varied(
        rows.select(
            group="scenario_id",
            situation="context",
            options=pl.concat_list("action1", "action2"),
            disagreement=(pl.col("ambiguity") == "high").cast(pl.Float64),
        ),
        "moralchoice",
    )


def _scenarios(root: DataRoot) -> pl.DataFrame:
    broken = [f"a{number}_{name}" for number in (1, 2) for name in RULES]
    columns = ["scenario_id", "ambiguity", "context", "action1", "action2", *broken]
    parts = []
    for level in ("high", "low"):
        name = f"moralchoice_{level}_ambiguity"
        path = root.file(f"moralchoice/{name}.parquet", f"moralchoice/data/scenarios/{name}.csv")
        parts.append(table(path, *columns).select(pl.col(columns).cast(pl.String)))
    return pl.concat(parts).with_columns(pl.col("ambiguity").str.to_lowercase())
