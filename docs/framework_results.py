"""Write the tables of docs/framework_results.md from a run of ``pluralign measure … --all``.

``python docs/framework_results.py runs/framework``
"""

import sys
from pathlib import Path

from results import MARK, cell, table

from pluralign.report.evidence import groups
from pluralign.report.text import clean
from pluralign.runs import read

PAGE = Path(__file__).with_name("framework_results.md")
PEOPLE = (
    *("global_oqa", "moral_machine", "moralchoice", "choices13k", "nytimes", "blend_answers", "chaosnli"),
    *(
        "chaosnli_alpha",
        "anes96",
        "anes_prochoice",
        "cces2016_racism",
        "ess_immigration",
        "gss_abortion",
        "gss_spending",
    ),
)
"""Tasks of kind align whose shares are those of people."""
SINGLE = (
    *("polis_vote", "ccai_vote", "global_dialogues_vote", "anes96_individual", "anes0809_moral_individual"),
    *("anes_prochoice_individual", "gss_abortion_individual", "gss_spending_individual", "moralstrength_annotator"),
)
"""Tasks of kind steer on voters and on respondents of panels."""
FURTHER = {
    "readouts": (
        *("total_variation", "total_variation:sampled", "total_variation:verbalised", "total_variation:sequence"),
        *("mass_outside", "failed:sampled", "failed:verbalised", "failed:sequence"),
    ),
    "robustness": ("order_change", "order_change_same_best", "label_change", "label_change_same_best"),
    "inference": (
        *("total_variation:temperature 0.5", "total_variation:temperature 1", "total_variation:temperature 1.5"),
        *("total_variation:stated", "failed:temperature 1", "failed:stated"),
    ),
    "attributes": (
        *("agreement", "gain_over_bare", "gain_over_placebo", "gain_over_other_groups", "distinctness"),
        *("placebo_distinctness", "directed_response", "exaggeration", "entropy_gap_nats"),
        *("row_percentile", "column_percentile"),
    ),
    "tradeoff": (
        *("brier_total", "brier_gain_over_unsteered", "brier_gain_over_fixed", "brier_regret_to_own_best"),
        *("brier_regret_to_reachable", "brier_response", "brier_hypervolume_share", "tv_total"),
    ),
    "jury": ("welfare[p=1]", "welfare[p=0]", "welfare[p=-1]", "welfare[p=-5]", "welfare[p=-inf]", "spread"),
    "overton": (*("coverage", "coverage_matched", "coverage_weighted", "precision", "off_topic", "balance", "words"),),
    "objectives": (
        *("steerability_gain", "coverage_yield", "alignment_gain", "on_front", "on_front_probability", "hypervolume"),
    ),
}
"""The metrics of each further kind that are shown."""
SHOWN = {"align": ("total_variation", "normalised_score"), "steer": ("choice_gain_over_marginal", "choice_mass")}
FLOORS = ("uniform", "majority", "human_split_half", "permuted")


def main(folder: Path) -> None:
    """Replace everything after the mark in the page."""
    config, metrics, rows = read(folder)
    models = config["request"]["models"]
    records = {(m["kind"], m["metric"], m["task"], m["model"]): m for m in metrics}
    pairs = {f"{b} - {a}": f"{b} − {a}" for i, a in enumerate(models) for b in models[i + 1 :]}
    asked = {name: value for name, value in config["request"].items() if name not in ("models", "tasks", "data")}
    lines = [f"Settings: {', '.join(f'{name} {value}' for name, value in asked.items())}.", ""]
    for kind, tasks in (("align", PEOPLE), ("steer", SINGLE)):
        for metric in SHOWN[kind]:
            columns = [*models, *(FLOORS if kind == "align" else ()), *pairs]
            cells = {f"`{t}`": [cell(records.get((kind, metric, t, name))) for name in columns] for t in tasks}
            lines += [
                f"### {kind}: `{metric}`",
                "",
                *table("task", cells, [pairs.get(name, name) for name in columns]),
            ]
    lines += ["### align, by group of people: total variation", ""]
    served = {
        f"`{task}`, {group}": [str(asked), *(f"{means[name].value:.3f}" for name in (*models, "uniform"))]
        for task, found in groups(rows, models).items()
        for group, asked, means in found
    }
    lines += table("task and group", served, ["questions", *models, "uniform"])
    for kind, names in FURTHER.items():
        for task in dict.fromkeys(m["task"] for m in metrics if m["kind"] == kind):
            own = dict.fromkeys(m["model"] for m in metrics if (m["kind"], m["task"]) == (kind, task))
            others = [n for n in own if n.partition(", ")[0] not in models and " - " not in n]
            columns = [*models, *others, *(name for name in pairs if name in own)]
            cells = {f"`{n}`": [cell(records.get((kind, n, task, name))) for name in columns] for n in names}
            lines += [f"### {kind}: {task}", "", *table("metric", cells, [pairs.get(name, name) for name in columns])]
            told = {m["warning"] for m in metrics if (m["kind"], m["task"]) == (kind, task) and m.get("warning")}
            lines += [f"Warning: {clean(one)}\n" for one in sorted(told)]
    head = PAGE.read_text().split(MARK)[0]
    PAGE.write_text(f"{head}{MARK}\n\n" + "\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
