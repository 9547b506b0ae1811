"""The further kinds of measurement, in plain words: what they ask of a model, their metrics and what stands beside."""

from collections.abc import Mapping

from pluralign.report.definition import Definition, Desideratum

KINDS: dict[str, Desideratum] = {
    "readouts": Desideratum(
        "Read-outs side by side",
        "Does a model that gives probabilities say the same when it is asked for percentages, for single answers, or "
        "for the answers of many people?",
        ("total_variation", "total_variation:sampled", "total_variation:verbalised", "failed:verbalised"),
        "comes closer to the target distributions than",
        "of total variation",
        "read-out",
    ),
    "robustness": Desideratum(
        "Robustness",
        "Do answers stay when the options come in another order, or under other labels?",
        ("order_change", "label_change"),
        "changes less with the order of options than",
        "of total variation",
        "robustness",
    ),
    "inference": Desideratum(
        "Without training",
        "How near do answers come when nothing is trained: sampled at other temperatures, drawn from a list of answers"
        " with chances that the model states, or averaged over all models?",
        ("total_variation:temperature 1", "total_variation:temperature 1.5", "total_variation:stated"),
        "comes closer to the target distributions, sampled at temperature 1, than",
        "of total variation",
        "inference-time",
    ),
    "attributes": Desideratum(
        "Attribute steering",
        "Told of a group, does the model answer as it does, and only then? Are groups told apart without being "
        "turned into their commonest answer?",
        # Agreement may differ between models that hear nothing of the group; what being told adds does not.
        ("gain_over_placebo", "agreement", "distinctness", "entropy_gap_nats"),
        "gains more, over a placebo, from being told of a group than",
        "of agreement",
        "attribute",
    ),
    "tradeoff": Desideratum(
        "Trade-off steering",
        "Asked for a mixture of two groups, does the model move to the answers of that mixture? It is scored by each "
        "weighting that it was steered to.",
        ("brier_total", "brier_gain_over_unsteered", "brier_regret_to_reachable", "brier_response"),
        "serves the weightings that it is asked for better than",
        "of agreement",
        "trade-off",
    ),
    "jury": Desideratum(
        "Jury of groups",
        "Each group of people rates the answer that the model gives to nobody in particular, by how near it comes to "
        "what the group says. How does the model fare for groups on average, and for the one it serves least?",
        ("welfare[p=1]", "welfare[p=0]", "welfare[p=-inf]", "spread"),
        "serves groups better on average than",
        "of utility",
        "jury",
    ),
    "overton": Desideratum(
        "Overton coverage",
        "Asked a question on which people differ, does one answer lay out the views that people hold?",
        ("coverage", "coverage_matched", "precision", "words"),
        "covers more views than",
        "of the views",
        "Overton",
    ),
    "objectives": Desideratum(
        "Objectives together",
        "What does each desideratum gain over knowing nothing, and is any model at least as good in all and better in "
        "one? The vector is not added up.",
        ("steerability_gain", "coverage_yield", "alignment_gain", "on_front"),
        "gains more steerability than",
        "nats per answer",
        "multi-objective",
    ),
}

_ATTRIBUTES = {
    "agreement": Definition(
        "Agreement",
        "higher",
        "1 minus total variation between the answer under the description of a group and what the group answers, over "
        "questions and groups. From 0 to 1.",
    ),
    "argmax_match": Definition(
        "Same commonest answer",
        "higher",
        "Share of questions whose likeliest answer is one of the group's commonest; ties of the model count by share.",
    ),
    "gain_over_none": Definition(
        "Gain over no group", "higher", "Agreement minus that under the same words without a group."
    ),
    "gain_over_bare": Definition("Gain over no description", "higher", "Agreement minus that without a description."),
    "gain_over_placebo": Definition(
        "Gain over placebo",
        "higher",
        "Agreement minus that under traits that have nothing to do with the questions. A gain over no description "
        "alone may come from any change of the prompt; this one does not.",
    ),
    "gain_over_other_groups": Definition(
        "Gain over other groups", "higher", "Agreement minus that under the descriptions of the other groups."
    ),
    "agreement_under": Definition("Agreement under", "higher", "Agreement with the group under another description."),
    "distinctness": Definition(
        "Distinctness",
        "neither",
        "Mean total variation between the answers under two groups' descriptions, to be read beside that of people.",
    ),
    "placebo_distinctness": Definition(
        "Distinctness by placebo", "lower", "The same between a placebo and no group: what any words move."
    ),
    "directed_response": Definition(
        "Directed response",
        "higher",
        "Slope of the change between two groups' answers on the change between the groups: 1 moves as people do, 0 "
        "not at all or elsewhere.",
    ),
    "exaggeration": Definition(
        "Exaggeration",
        "neither",
        "Distance between groups in the model divided by that between the groups of people; above 1 it overdraws.",
    ),
    "entropy_gap_nats": Definition(
        "Entropy beside the group's",
        "neither",
        "Entropy of the answer under a group's description minus that of the group, in nats. Below 0 the group is "
        "turned into a stereotype of itself.",
    ),
    "row_percentile": Definition(
        "Sensitivity",
        "higher",
        "The share of other groups that the answers under a group's description agree with less, ties counted half.",
    ),
    "column_percentile": Definition(
        "Specificity",
        "higher",
        "The share of other descriptions whose answers agree less with the group than its own, ties counted half.",
    ),
}

_TRADEOFF = {
    "total": Definition(
        "Score by the asked weightings",
        "higher",
        "Mean over weightings of what the model steered to each gives to it.",
    ),
    "gain_over_unsteered": Definition(
        "Gain over no steering", "higher", "That score minus what the best answer without steering gives to all."
    ),
    "gain_over_fixed": Definition(
        "Gain over one point", "higher", "That score minus what the best single steered answer gives to all."
    ),
    "regret_to_own_best": Definition(
        "Regret to own best", "lower", "What another of the model's own answers would have given more, on average."
    ),
    "regret_to_reachable": Definition(
        "Regret to the reachable",
        "lower",
        "What the best of all known points, mixtures of people among them, would have given more, on average.",
    ),
    "response": Definition(
        "Response to weights",
        "higher",
        "Spearman correlation between the weight asked for and what was reached, averaged over groups.",
    ),
    "own": Definition("Score by one weighting", "higher", "What the model steered to this weighting gives to it."),
    "regret": Definition("Regret of one weighting", "lower", "Regret to the reachable for this weighting."),
    "front_points": Definition("Points on the front", "neither", "Different answers that no other one dominates."),
    "hypervolume": Definition(
        "Hypervolume", "higher", "Volume that the reached points dominate, beyond the uniform answer."
    ),
    "hypervolume_share": Definition("Share of the hypervolume", "higher", "The same, as a share of that of people."),
}
_BRIER = (
    "Agreement with a group is 1 minus half the squared distance, whose best answer to a weighting is the mixture."
)
_TV = "Agreement with a group is 1 minus total variation, whose best answer to a weighting is the heavier group alone."

METRICS: dict[str, dict[str, Definition]] = {
    "attributes": _ATTRIBUTES,
    "tradeoff": {
        f"{agreement}_{name}": Definition(f"{one.label} ({label})", one.better, f"{one.text} {text}")
        for agreement, label, text in (("brier", "Brier", _BRIER), ("tv", "total variation", _TV))
        for name, one in _TRADEOFF.items()
    },
    "jury": {
        "welfare": Definition(
            "Welfare",
            "higher",
            "Power mean of the jurors' utilities, averaged over questions: p = 1 is the mean, 0 the geometric mean, "
            "minus infinity the worst off. From 0 to 1.",
        ),
        "best_probability": Definition(
            "Probability of being best", "higher", "Share of random draws of the jury in which it is the best."
        ),
        "spread": Definition("Dissent", "neither", "Standard deviation of the jurors' mean utilities."),
        "below_own_middle": Definition(
            "Below own middle", "lower", "Share of jurors who give it less than the median of all they gave."
        ),
        "zero_utility": Definition(
            "Worst rating",
            "lower",
            "Share of jurors who give it 0 somewhere, which makes welfare 0 for all p up to 0.",
        ),
        "largest_group_gap": Definition(
            "Largest gap", "neither", "Difference between the groups of jurors that like it most and least."
        ),
        "jurors_missing": Definition("Jurors missing", "neither", "Jurors who rated all candidates nowhere."),
        "jurors_without_group": Definition("Jurors without a group", "neither", "Jurors whose group is not known."),
        "items_without_jury": Definition("Questions without a jury", "neither", "Questions where nobody is seated."),
        "ratings_missing": Definition("Ratings missing", "neither", "Ratings that were not given."),
        "ratings_left_out": Definition(
            "Ratings left out", "neither", "Ratings of jurors who did not rate all candidates of the question."
        ),
    },
    "overton": {
        "coverage": Definition(
            "Coverage", "higher", "Share of the views that some sentence expresses, as the judge sees it."
        ),
        "coverage_weighted": Definition(
            "Weighted coverage", "higher", "The same, views weighted by how many hold them."
        ),
        "coverage_matched": Definition(
            "Coverage at matched length",
            "higher",
            "Coverage after all answers to a question are cut, at ends of sentences, to the length of the shortest.",
        ),
        "coverage_weighted_matched": Definition(
            "Weighted coverage at matched length", "higher", "Both: weighted, and cut to the shortest answer."
        ),
        "strength": Definition(
            "Strength", "higher", "Mean over views of the largest strength that the judge gives a sentence."
        ),
        "strength_matched": Definition("Strength at matched length", "higher", "The same after cutting."),
        "items_covered": Definition(
            "Questions covered", "higher", "Share of questions whose mean strength is above 0.33."
        ),
        "precision": Definition("Precision", "higher", "Share of sentences that express a reasonable view."),
        "unreasonable": Definition(
            "Unreasonable", "lower", "Share of sentences that express a view hardly anybody holds."
        ),
        "off_topic": Definition("Off topic", "lower", "Share of sentences that express no view."),
        "balance": Definition(
            "Balance", "higher", "How evenly sentences are shared among the views: entropy, from 0 to 1."
        ),
        "space_weight_total_variation": Definition(
            "Space against weight", "lower", "Total variation between space given to views and how many hold them."
        ),
        "words": Definition("Words", "neither", "Length of an answer."),
        "words_matched": Definition("Words at matched length", "neither", "What is left of an answer after cutting."),
        "sentences": Definition("Sentences", "neither", "Sentences of an answer."),
        "tokens": Definition("Tokens", "neither", "Tokens of an answer."),
        "empty": Definition("Empty", "neither", "Answers without a sentence."),
        "unjudged": Definition("Unjudged", "neither", "Answers that the judge said nothing readable on."),
        "conversations_left_out": Definition(
            "Conversations left out", "neither", "Conversations that are not asked about; the warnings name them."
        ),
        "answers_failed": Definition("Judge failed", "neither", "Share of the judge's answers that cannot be read."),
        "coverage_by_threshold": Definition("Coverage by threshold", "higher", "Coverage at another strength."),
        "items_by_threshold": Definition("Questions by threshold", "higher", "Questions covered at another strength."),
        "coverage_by_words": Definition("Coverage by words", "higher", "Coverage of the beginning of the answer."),
    },
    "objectives": {
        "steerability_gain": Definition(
            "Steerability gain", "higher", "Loss of the running marginal minus that of the model, nats per answer."
        ),
        "coverage_yield": Definition(
            "Coverage yield", "higher", "Different valid answers in 100 samples of a prompt."
        ),
        "alignment_gain": Definition(
            "Alignment gain", "higher", "JS divergence of the uniform answer minus that of the model, nats."
        ),
        "on_front": Definition("On the front", "higher", "1 if no other model dominates it."),
        "on_front_probability": Definition(
            "Probability of the front", "higher", "The same, as a share of random draws."
        ),
        "dominates": Definition("Dominates", "higher", "1 if no objective is worse and one is better."),
        "dominates_probability": Definition("Probability to dominate", "higher", "The same, as a share of draws."),
        "weakly_dominates": Definition("Weakly dominates", "higher", "1 if no objective is worse."),
        "weakly_dominates_probability": Definition("Probability to dominate weakly", "higher", "A share of draws."),
        "strictly_dominates": Definition("Strictly dominates", "higher", "1 if every objective is better."),
        "strictly_dominates_probability": Definition(
            "Probability to dominate strictly", "higher", "A share of draws."
        ),
        "hypervolume": Definition("Hypervolume", "higher", "Volume between no gain at all and the vector."),
        "hypervolume_added": Definition(
            "Hypervolume added", "higher", "What the set of all models would lose without it."
        ),
    },
}
METRICS["attributes"]["mass_outside"] = METRICS["tradeoff"]["mass_outside"] = Definition(
    "Mass outside",
    "lower",
    "Probability that the model gives to texts that are none of the options. The other metrics look only at what is "
    "left.",
)

REFERENCES: dict[str, tuple[str, str]] = {
    "people": ("People", "The groups themselves."),
    "other people": ("Other people", "The mean of the other groups' answers."),
    "pooled people": ("Pooled people", "The mean of all groups' answers, each group's own sample included."),
    "mixtures of people": ("Mixtures of people", "The asked mixture of the groups' own answers."),
    "people of one kind": ("People of one kind", "What samples of these sizes from one distribution would show."),
    "groups shuffled": ("Groups shuffled", "The same with jurors put into groups by chance."),
    "all models together": ("All models together", "The mean of the probabilities of all models."),
    "all models": ("All models", "The set of all models."),
    "jury": ("Jury", "Counts of the jury."),
    "conversations": ("Conversations", "Counts of the conversations that questions are made from."),
    "all views listed": ("All views listed", "An answer that lists every view: 1 with an exact judge."),
    "the commonest view alone": ("The commonest view alone", "An answer that gives one view."),
    "the question repeated": (
        "The question repeated",
        "An answer that says nothing on any view: what it scores, the judge gives for the topic alone.",
    ),
}


def derived(known: Mapping[str, Definition], metric: str) -> Definition | None:
    """The definition of ``agreement[Germany]`` from ``agreement``, of ``agreement_under_none`` from its stem."""
    base, bracket, inner = metric.partition("[")
    if bracket and base in known:
        return Definition(f"{known[base].label} [{inner}", known[base].better, known[base].text)
    stem, _, rest = metric.partition("_under_")
    if rest and f"{stem}_under" in known:
        found = known[f"{stem}_under"]
        return Definition(f"{found.label} {rest.replace('_', ' ')}", found.better, found.text)
    return None
