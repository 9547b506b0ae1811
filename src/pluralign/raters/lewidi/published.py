"""Published figures of LeWiDi 2025, all on the TEST items, to stand beside figures on dev.

Perspectivist task: Leonardelli et al. 2025 (arXiv 2510.08460) and Sorensen and Choi 2025 (Opt-ICL, arXiv 2510.07105).
The organisers' baseline is each rater's most frequent training answer (no label at all for VariErr NLI). No table of
the soft task could be read at its source. Those marked as measured were computed with the official definitions on the
released test labels, and are in the notes that this project was built from.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A figure on the test items of a data set.

    Attributes:
        system: whose it is.
        dataset: name of the set, as in its file names.
        task: ``perspectivist`` or ``soft``.
        value: the official metric, lower is better.
        source: where it was published, or ``measured``.
    """

    system: str
    dataset: str
    task: str
    value: float
    source: str


def _rows(system: str, task: str, source: str, **values: float) -> list[Published]:
    return [Published(system, name, task, value, source) for name, value in values.items()]


_TASK = "arXiv 2510.08460"
PUBLISHED: tuple[Published, ...] = (
    *_rows("Opt-ICL", "perspectivist", "arXiv 2510.07105", MP=0.289, CSC=0.156, Paraphrase=0.119, VariErrNLI=0.270),
    *_rows("DeMeVa", "perspectivist", _TASK, MP=0.300, CSC=0.172),
    *_rows("twinhter (may read explanations)", "perspectivist", _TASK, Paraphrase=0.080, VariErrNLI=0.124),
    *_rows("most frequent", "perspectivist", _TASK, MP=0.316, CSC=0.239, Paraphrase=0.362, VariErrNLI=0.345),
    *_rows("random", "perspectivist", _TASK, MP=0.499, CSC=0.352, Paraphrase=0.367, VariErrNLI=0.497),
    *_rows("rater median", "perspectivist", "measured", MP=0.315, CSC=0.214, Paraphrase=0.291),
    *_rows("all raters", "soft", "measured", MP=0.518, CSC=1.170, Paraphrase=3.231, VariErrNLI=0.595),
    *_rows("mean of the raters' rates", "soft", "measured", MP=0.500, CSC=1.106, Paraphrase=3.231),
    *_rows("uniform", "soft", "measured", MP=0.619, CSC=1.346, Paraphrase=3.135, VariErrNLI=0.706),
    *_rows(
        "RoBERTa, demographics", "perspectivist", "measured", MP=0.311, CSC=0.213, Paraphrase=0.199, VariErrNLI=0.343
    ),
    *_rows("RoBERTa, demographics", "soft", "measured", MP=0.439, CSC=0.804, Paraphrase=1.605, VariErrNLI=0.638),
)  # fmt: skip
