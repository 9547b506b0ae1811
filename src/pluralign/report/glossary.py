"""What every metric, baseline and kind means, in plain words. The page prints these definitions beside the numbers."""

from pluralign.report import framework
from pluralign.report.definition import Definition, Desideratum

DESIDERATA: dict[str, Desideratum] = {
    "steer": Desideratum(
        "In-context steerability",
        "Shown a description or a few answers of one person, group or random source, does the model predict what that "
        "source says next?",
        ("loss", "accuracy", "choice_loss", "choice_mass"),
        "predicts the next answer better than",
        "nats per answer",
        "steerability",
    ),
    "cover": Desideratum(
        "Valid output coverage",
        "Asked many times for one of many acceptable answers, how many different acceptable ones does the model give?",
        ("yield", "valid", "unique"),
        "gives more different valid answers than",
        "answers in 100",
        "coverage",
    ),
    "align": Desideratum(
        "Distributional alignment",
        "Where a population is known to disagree, do the model's probabilities match the shares that the population "
        "gives to each option?",
        ("js_divergence_nats", "total_variation", "mass_outside"),
        "comes closer to the target distributions than",
        "nats of divergence",
        "alignment",
    ),
} | framework.KINDS

METRICS: dict[str, dict[str, Definition]] = {
    "steer": {
        "loss": Definition(
            "Loss",
            "lower",
            "Negative natural logarithm of the probability of the given answer and one end mark, summed over its "
            "tokens and averaged over answers with at least one example before them. Nats per answer, from 0 up; not "
            "divided by length. It includes what is lost on the format as well as on the content.",
        ),
        "accuracy": Definition(
            "Accuracy",
            "higher",
            "Share of scored answers in which every token, end mark included, is the model's single most likely next "
            "token. From 0 to 1, shown as a percentage.",
        ),
        "choice_loss": Definition(
            "Choice loss",
            "lower",
            "Negative natural logarithm of the probability of the given answer after the probabilities of the listed "
            "choices are rescaled to sum to 1. Closed choices only; nats per answer, from 0 up. It leaves out the "
            "format: ln(number of choices) is what blind guessing costs.",
        ),
        "choice_accuracy": Definition(
            "Choice accuracy",
            "higher",
            "Share of scored answers in which the given answer is the likeliest of the listed choices. Closed choices "
            "only; from 0 to 1, shown as a percentage.",
        ),
        "choice_mass": Definition(
            "Label mass",
            "higher",
            "Probability that the model puts on all listed choices together, each with its end mark. The rest goes "
            "to texts that are no choice. Closed choices only; from 0 to 1, shown as a percentage.",
        ),
        "gain_over_marginal": Definition(
            "Gain over running marginal",
            "higher",
            "Loss of the running marginal minus loss of the model on the same answers. Nats per answer; above 0 means "
            "that the model uses more than the frequencies of the answers shown so far.",
        ),
        "choice_gain_over_marginal": Definition(
            "Choice gain over running marginal",
            "higher",
            "Loss of the running marginal minus choice loss of the model on the same answers: the same comparison "
            "with the format left out. Closed choices only; nats per answer.",
        ),
        "gain_over_majority": Definition(
            "Gain over running majority",
            "higher",
            "Share of answers that the model gets right (choice accuracy for closed choices, else accuracy) minus the "
            "share that the running majority gets right. From −1 to 1, shown as a percentage; above 0 means that the "
            "model uses more than the commonest answer so far.",
        ),
    },
    "cover": {
        "valid": Definition(
            "Valid",
            "higher",
            "Share of sampled texts that the task's programmatic rule accepts. From 0 to 1, shown as a percentage.",
        ),
        "unique": Definition(
            "Unique among valid",
            "higher",
            "Number of different valid answers divided by the number of valid texts; 0 if none is valid. From 0 to 1, "
            "shown as a percentage. Few valid texts make it easy to score high: read it with the yield.",
        ),
        "yield": Definition(
            "Yield",
            "higher",
            "Number of different valid answers among the samples of one prompt, per 100 samples, averaged over prompt "
            "styles (a description, examples, both). From 0 to 100.",
        ),
    },
    "align": {
        "js_divergence_nats": Definition(
            "JS divergence",
            "lower",
            "Jensen–Shannon divergence between the target and the model's probabilities rescaled over the options: "
            "the mean of the Kullback–Leibler divergences of both from their midpoint. Natural logarithm, nats, from "
            "0 (equal) to ln 2 = 0.693 (nothing in common). A divergence, not its square root.",
        ),
        "js_distance_base2": Definition(
            "JS distance (base 2)",
            "lower",
            "Square root of the Jensen–Shannon divergence taken with base-2 logarithms. From 0 (equal) to 1 (nothing "
            "in common).",
        ),
        "total_variation": Definition(
            "Total variation",
            "lower",
            "Half the sum of absolute differences between target and model over the options: the share of probability "
            "that would have to move. From 0 to 1.",
        ),
        "wasserstein": Definition(
            "Wasserstein distance",
            "lower",
            "For ordered options only: how far probability has to move along the scale on average, the scale running "
            "from 0 to 1 in equal steps. From 0 to 1.",
        ),
        "mass_outside": Definition(
            "Mass outside",
            "lower",
            "Probability that the model gives to texts that are none of the options, the end of the answer being "
            "scored too. From 0 to 1, shown as a percentage. The other metrics look only at what is left.",
        ),
        "kl_divergence_nats": Definition(
            "KL divergence",
            "lower",
            "Kullback–Leibler divergence of the model from the target: the nats lost by coding people's answers with "
            "the model's probabilities. Natural logarithm; 1e-6 is added to every share on both sides, so that it is "
            "finite, from 0 up to about 14.",
        ),
        "normalised_score": Definition(
            "Score against uniform",
            "higher",
            "1 minus total variation divided by the mean total variation of the uniform answer over all questions of "
            "the task, measured or not. 1 is the population itself, 0 what the uniform answer gets on average; below "
            "0 is farther away.",
        ),
        "calibration_error": Definition(
            "Calibration error",
            "lower",
            "Option probabilities of all questions are put into 10 bins of about equal size; the mean difference, in "
            "size, between the probability given and the share chosen in a bin. From 0 to 1. The uniform answer "
            "claims nothing and is calibrated: read it beside a distance.",
        ),
        "entropy_nats": Definition(
            "Entropy",
            "neither",
            "Shannon entropy of the probabilities over the options: how much answers vary. Natural logarithm, nats. "
            "Compare it with that of the population: far below it, the model has collapsed to few answers.",
        ),
        "total_variation_permuted": Definition(
            "Total variation, permuted",
            "neither",
            "Total variation after the model's probabilities of a question are put in random order, averaged over 200 "
            "orders. A model that is no closer than this has the right unevenness at best, not the right options.",
        ),
        "refusals": Definition(
            "Refusals",
            "neither",
            "Probability of the options that are no opinion: refused, don't know, no answer and the like. From 0 to "
            "1, shown as a percentage.",
        ),
        "js_divergence_nats_without_refusals": Definition(
            "JS divergence without refusals",
            "lower",
            "JS divergence after the options that are no opinion are dropped on both sides. A model that gives the "
            "other options nothing gets ln 2.",
        ),
        "total_variation_without_refusals": Definition(
            "Total variation without refusals",
            "lower",
            "Total variation after the options that are no opinion are dropped on both sides. A model that gives the "
            "other options nothing gets 1.",
        ),
        "failed": Definition(
            "Failed",
            "lower",
            "Share of the answers asked for as text that could not be read as what was asked for. From 0 to 1, shown "
            "as a percentage. They enter no other metric.",
        ),
        "spread": Definition(
            "Spread between texts",
            "neither",
            "Mean total variation between the distribution in one text and the mean over the texts of the same "
            "question: the noise of the read-out. From 0 to 1.",
        ),
        "requests": Definition("Requests", "neither", "Number of texts that the model was asked for."),
        "task_uniform": Definition(
            "Uniform over the task",
            "neither",
            "Mean total variation between target and uniform answer over all questions of the task: the fixed "
            "denominator of the score against uniform.",
        ),
        "knowledge_simulation_gap": Definition(
            "Knowledge–simulation gap",
            "neither",
            "Mean total variation of answers listed as many people would give them, minus that of the percentages "
            "that the model states, divided by the latter. Above 0 it knows more than it acts out.",
        ),
        "faithful_simulation_gap": Definition(
            "Gap of a faithful simulation",
            "neither",
            "The same gap if the listed people were independent draws from the percentages that the model states: "
            "what chance alone makes of it.",
        ),
        "order_change": Definition(
            "Change by order",
            "lower",
            "Mean total variation between the model's answers before and after the options are listed in reverse, "
            "option by option. From 0 to 1; 1 where it always picks the same label.",
        ),
        "order_cost": Definition(
            "Cost of order",
            "lower",
            "Total variation to the target with the options in reverse minus that with the options as they are, on "
            "the same questions.",
        ),
        "label_change": Definition(
            "Change by label",
            "lower",
            "Mean total variation between the model's answers by letter and by the text of the option. From 0 to 1.",
        ),
        "label_cost": Definition(
            "Cost of label",
            "lower",
            "Total variation to the target with the other kind of label minus that with the labels as they are, on "
            "the same questions.",
        ),
        "order_left_out": Definition(
            "Left out of order",
            "neither",
            "Number of questions that list no options to reverse, or that do not fit a model.",
        ),
        "label_left_out": Definition(
            "Left out of label",
            "neither",
            "Number of questions whose labels cannot be changed, or that do not fit a model.",
        ),
    },
}
_SWAPS = {name: text for name, text in METRICS["align"].items() if name.startswith(("order_", "label_"))}
METRICS |= {"readouts": METRICS["align"], "inference": METRICS["align"], "robustness": _SWAPS} | framework.METRICS

REFERENCES: dict[str, tuple[str, str]] = {
    "running_marginal": (
        "Running marginal",
        "Predicts with the smoothed frequencies of the answers shown so far in the same context, without reading the "
        "inputs. A model that does not beat it has not used the inputs.",
    ),
    "running_majority": (
        "Running majority",
        "Always predicts the commonest answer shown so far in the same context.",
    ),
    "uniform": (
        "Uniform",
        "Gives every option the same probability. For coverage: draws from all valid answers, each equally likely, so "
        "it says how high a yield can be expected where the number of valid answers is small.",
    ),
    "majority": ("Majority", "Gives all probability to the commonest option of the target."),
    "human_split_half": (
        "Human split-half floor",
        "Distance to expect between two random halves of the same respondents: how well people predict people. A half "
        "has half of the people and so twice the noise; a very good model can fall below the floor.",
    ),
    "sampling_floor": (
        "Sampling floor",
        "Distance between the target and as many independent draws from it as the read-out counted: what a model that "
        "is the population itself would score.",
    ),
    "population": ("Population", "The target itself."),
} | framework.REFERENCES

READOUTS: dict[str, str] = {
    "verbalised": "The model states the percentages of all options in one text.",
    "sampled": "Independent answers of the model are counted.",
    "sequence": "The model lists the answers of many people in one text, and they are counted.",
    "stated": "Answers are drawn from lists of answers with their chances that the model states.",
    **{f"temperature {t}": f"Independent answers at temperature {t} are counted." for t in ("0.5", "1", "1.5")},
}

LEFT_OUT = Definition(
    "Left out",
    "neither",
    "Number of rows of the model that enter no other metric, because they could not be scored or because another "
    "model has no score for them: all models are compared on the same rows.",
)

SCOPES: dict[str, str] = {"mean:all": "all tasks", "mean:heldout": "held-out tasks", "mean:train": "train tasks"}


def define(kind: str, metric: str) -> Definition:
    """The definition of a metric; one that this version does not know is shown under its own name and says so.

    ``loss@8`` is the loss over answers with exactly 8 examples before them; ``total_variation:sampled`` is read out by
    counting sampled answers.
    """
    if metric == "left_out":
        return LEFT_OUT
    known = METRICS.get(kind, {})
    if metric in known:
        return known[metric]
    whole, _, readout = metric.partition(":")
    if readout in READOUTS:
        found = define(kind, whole)
        return Definition(f"{found.label} ({readout})", found.better, f"{found.text} {READOUTS[readout]}")
    base, _, shot = metric.partition("@")
    if shot and base in known:
        found = known[base]
        if kind != "steer":
            return Definition(f"{found.label} at {shot}", found.better, found.text)
        earlier = f"{shot} earlier example{'' if shot == '1' else 's'}"
        what = f"{found.label} over the answers that have exactly {earlier}."
        return Definition(f"{found.label} after {shot}", found.better, what)
    return framework.derived(known, metric) or Definition(
        metric.replace("_", " "), "neither", "No definition is recorded in this version; see the task that reports it."
    )


def title(kind: str) -> str:
    """Heading of a kind."""
    return DESIDERATA[kind].title if kind in DESIDERATA else kind.capitalize()


def reference(name: str) -> str:
    """Label of a baseline or floor."""
    return REFERENCES[name][0] if name in REFERENCES else name


def place(task: str) -> str:
    """How tables name a task or a mean over tasks."""
    return f"Mean over {SCOPES[task]}" if task in SCOPES else task
