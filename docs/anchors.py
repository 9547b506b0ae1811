"""Probabilities of models where the right ones are known: ``python docs/anchors.py nano-base nano-spectrum``.

Two dice, a fair coin, an urn with stated counts and the days of the week; then coins whose sides are invented words,
where all that helps is to count in context.
"""

import sys

import numpy as np

from pluralign.episode import Example, Prompt, generator
from pluralign.lm import load
from pluralign.measure.baselines import running_marginal

DICE = {str(total): (6 - abs(total - 7)) / 36 for total in range(2, 13)}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ANCHORS = {
    "the sum of two dice": ("The sum of two fair dice, each with six sides.", DICE),
    "a fair coin": ("Flips of a fair coin: Heads or Tails.", {"Heads": 0.5, "Tails": 0.5}),
    "an urn": (
        "Balls drawn from an urn with 1 red, 3 blue and 6 green balls. Each output is a colour: red, blue or green.",
        {"red": 0.1, "blue": 0.3, "green": 0.6},
    ),
    "days of the week": ("A day of the week, drawn at random.", dict.fromkeys(DAYS, 1 / 7)),
}
COINS, SHOTS = 100, 8
SYLLABLES = (
    *("bra", "dop", "fim", "gul", "jev", "kro", "lun", "mib"),
    *("pex", "quo", "rud", "sna", "tiv", "vom", "wex", "zil"),
)


def anchors(model) -> None:
    """Print what the model gives to each answer, from the description alone and after eight draws."""
    for name, (description, target) in ANCHORS.items():
        options, shares = list(target), np.array(list(target.values()))
        drawn = generator("anchor", name).choice(options, SHOTS, p=shares)
        shown = tuple(Example(str(answer)) for answer in drawn)
        prompts = [Prompt(f"{name}/{k}", examples=shown[:k], description=description) for k in (0, SHOTS)]
        print(f"  {name}: right {written(options, shares)}")
        for count, scores in zip((0, SHOTS), model.choices(prompts, [options] * 2), strict=True):
            found = np.exp(scores.logprobs)
            print(f"    after {count} draws: mass {found.sum():.3f}, {written(options, found / found.sum())}")


def unseen(model, *, named: bool) -> None:
    """Print the loss on coins with invented sides after eight flips, beside that of counting.

    Args:
        named: whether a description names both sides; without one, a side that has not come up cannot be known, and
            only coins whose next side has come up count.
    """
    prompts, options, flips = [], [], []
    for index in range(COINS):
        rng = generator("unseen coin", index)
        sides = tuple("".join(rng.choice(SYLLABLES, 2)).capitalize() for _ in range(2))
        side = (rng.random(SHOTS + 1) < rng.random()).astype(int)
        outcome = [sides[i] for i in side]
        if sides[0] == sides[1] or not (named or outcome[SHOTS] in outcome[:SHOTS]):
            continue
        flips.append(outcome)
        shown = tuple(Example(one) for one in outcome[:SHOTS])
        description = "One of these each time:\n{}\n{}".format(*sides) if named else None
        prompts.append(Prompt(f"coin {index}", examples=shown, description=description))
        options.append(sides)
    found, mass = [], []
    for scores, sides, outcome in zip(model.choices(prompts, options), options, flips, strict=True):
        found.append(-scores.logprobs[sides.index(outcome[SHOTS])])
        mass.append(1 - scores.outside)
    counted = [running_marginal(outcome, sides)[SHOTS] for outcome, sides in zip(flips, options, strict=True)]
    gap = np.array(found) - counted
    error = 1.96 * gap.std(ddof=1) / np.sqrt(len(gap))
    print(
        f"  {len(flips)} coins with invented sides{', named at first,' if named else ''} after {SHOTS} flips: loss "
        f"{np.mean(found):.3f} nats, counting {np.mean(counted):.3f}, difference {gap.mean():.3f} ± {error:.3f}; "
        f"mass on the sides {np.mean(mass):.3f}"
    )


def written(options: list[str], shares: np.ndarray) -> str:
    """Options with their probabilities."""
    return ", ".join(f"{option} {share:.3f}" for option, share in zip(options, shares, strict=True))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name)
        loaded = load(name)
        anchors(loaded)
        unseen(loaded, named=True)
        unseen(loaded, named=False)
