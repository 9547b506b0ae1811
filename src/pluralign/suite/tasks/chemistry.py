"""Measured properties of molecules and catalysts, from a work on Bayesian optimization with in-context learning.

The repository ``ur-whitelab/BO-ICL`` holds ``esol_iupac.csv`` (solubility of molecules, Delaney 2004) and, for the
oxidative coupling of methane (Nguyen et al. 2020), ``train_data_num_feats.csv``, in which the column ``prompt`` words
each of 1,016 experiments. The folder ``bo_icl_chemistry`` holds the first table and, instead of the second, the
features of all experiments without that wording; then 1,016 of them are drawn at random and worded here.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pluralign.episode import Example, Process
from pluralign.errors import DataError
from pluralign.suite.data import DataRoot
from pluralign.suite.quiz import quiz
from pluralign.suite.registry import Card, Fetch, task
from pluralign.suite.render import render
from pluralign.suite.sample import subset
from pluralign.suite.tables import read_columns

COMPACT, ORIGINAL = "_no_licence_stated/bo_icl_chemistry", "http/bo_icl"
MOLECULES = (f"{ORIGINAL}/esol_iupac.csv", f"{COMPACT}/esol_iupac.parquet")
EXPERIMENTS = (f"{ORIGINAL}/train_data_num_feats.csv", f"{COMPACT}/oxidative_methane_coupling.parquet")
NAMES = ("SMILES", "SELFIES", "InChI", "IUPAC")
SOLUBILITY = "measured log(solubility:mol/L)"
# The blank at the end of "Support " is in the source.
METALS = (("M1", "M1_mol%"), ("M2", "M2_mol%"), ("M3", "M3_mol%"))
FEATURES = ("Name", "Support ", "Temp", "Total_flow", "Ar_flow", "CH4_flow", "O2_flow", "CT")
ABSENT = "n.a."
MOST_EXPERIMENTS = 1016

ESOL_CARD = Card(
    name="chemistry_esol",
    kind="steer",
    summary="Given a molecule in four notations, predict the logarithm of its solubility in water.",
    source="BO-ICL: solubility of molecules (ESOL)",
    access="https://github.com/ur-whitelab/BO-ICL (paper/dataset/data)",
    licence="none stated (a badge in the README says MIT; there is no licence file)",
    citation="""@article{ramos2023bayesian,
  title = {{Bayesian} Optimization of Catalysis With In-Context Learning},
  author = {Ramos, Mayk Caldas and Michtavy, Shane S. and Porosoff, Marc D. and White, Andrew D.},
  journal = {arXiv preprint arXiv:2304.05341},
  year = {2023},
  note = {Measurements: Delaney 2004 (ESOL)}
}""",
    split="heldout",
    unit="15 molecules",
    given=NAMES,
    generated=("log_solubility",),
    files=("|".join(MOLECULES),),
    fetch=Fetch(
        "http",
        "https://raw.githubusercontent.com/ur-whitelab/BO-ICL/43d38efca6fd91116c7550625ffb7859b6185b54/paper/dataset/"
        "data/",
        ORIGINAL,
        ("esol_iupac.csv", "train_data_num_feats.csv"),
    ),
)
OXIDATIVE_CARD = replace(
    ESOL_CARD,
    name="chemistry_oxidative",
    summary="Given a catalyst and the conditions of a reaction of methane, predict the yield of C2 products.",
    source="BO-ICL: oxidative coupling of methane",
    citation=ESOL_CARD.citation.replace("Delaney 2004 (ESOL)", "Nguyen et al. 2020"),
    unit="10 experiments",
    given=("experiment",),
    generated=("C2_yield",),
    files=("|".join(EXPERIMENTS),),
)


@task(ESOL_CARD)
def chemistry_esol(root: DataRoot) -> Iterator[Process]:
    """Every molecule once, 15 per process."""
    descriptions = (
        "The measured solubility of molecules in water, as the decimal logarithm of mol per litre.",
        "Given SMILES, SELFIES, InChI and the IUPAC name of a molecule, the logarithm of its solubility (mol/L).",
    )
    yield from quiz(ESOL_CARD.name, _molecules(root.file(*MOLECULES)), 15, descriptions)


@task(OXIDATIVE_CARD)
def chemistry_oxidative(root: DataRoot) -> Iterator[Process]:
    """Every experiment once, 10 per process."""
    descriptions = (
        "Experiments on the oxidative coupling of methane: the yield of C2 hydrocarbons, in percent.",
        "How well a catalyst turns methane into C2 products under given conditions. The yield in percent.",
    )
    path = root.file(*EXPERIMENTS)
    examples = _worded(path) if path.suffix == ".csv" else _measured(path)
    yield from quiz(OXIDATIVE_CARD.name, examples, 10, descriptions)


def _molecules(path: Path) -> Iterator[Example]:
    for row, (value, *names) in enumerate(read_columns(path, (SOLUBILITY, *NAMES)).iter_rows(), 1):
        # Some molecules lack an IUPAC name, which JSON writes as null.
        yield Example(_number(value, path, row), render(dict(zip(NAMES, names, strict=True))))


def _worded(path: Path) -> Iterator[Example]:
    for row, (experiment, value) in enumerate(read_columns(path, ("prompt", "C2_yield")).iter_rows(), 1):
        if not isinstance(experiment, str) or not experiment.strip():
            raise DataError("the experiment has no wording", where=f"{path}, row {row}", fix="Fetch the file again.")
        yield Example(_number(value, path, row), experiment.strip())


def _measured(path: Path) -> Iterator[Example]:
    columns = ("C2y", *FEATURES, *(name for pair in METALS for name in pair))
    table = read_columns(path, columns)
    for index in subset(range(table.height), MOST_EXPERIMENTS, key=(OXIDATIVE_CARD.name, "rows")):
        row = table.row(index, named=True)
        metals = ", ".join(f"{row[metal]} {row[share]}%" for metal, share in METALS if row[metal] != ABSENT)
        support = "no support" if row["Support "] == ABSENT else f"support {row['Support ']}"
        experiment = (
            f"Catalyst {row['Name']} ({support}; molar shares: {metals or 'no metal'}) at {row['Temp']} °C. Total flow"
            f" {row['Total_flow']:g} mL/min (Ar {row['Ar_flow']:g}, CH4 {row['CH4_flow']:g}, O2 {row['O2_flow']:g}),"
            f" contact time {row['CT']:g} s."
        )
        yield Example(_number(row["C2y"], path, index + 1), experiment)


def _number(value: object, path: Path, row: int) -> str:
    if not isinstance(value, int | float) or value != value:
        raise DataError(f"{value!r} is no measurement", where=f"{path}, row {row}", fix="Fetch the file again.")
    return f"{value:g}"
