"""One best answer for every question."""

from pluralign.episode import Example, Process
from pluralign.tune.one_best import one_best


def test_one_best_answer_is_the_majority_over_raters():
    def rater(name, *votes):
        return Process(name, tuple(Example(vote, f"comment {i}") for i, vote in enumerate(votes)))

    tuned = one_best([rater("a", "yes", "no"), rater("b", "yes", "yes"), rater("c", "no", "no")])
    assert [[e.output for e in p.examples] for p in tuned] == [["yes", "no"]] * 3


def test_one_best_answer_without_inputs_is_each_process_own_mode():
    coin = Process("c", tuple(Example(o) for o in ("Heads", "Tails", "Tails")))
    other = Process("d", (Example("Heads"),))
    tuned = one_best([coin, other])
    assert [e.output for e in tuned[0].examples] == ["Tails"] * 3
    assert [e.output for e in tuned[1].examples] == ["Heads"]
