"""How many camps are found in simulated societies with known ones: number, assignment, over several seeds.

The whole path runs: profiles by the embedded encoder, answers by the compact decoder, trained on one half of the
raters, and the number of camps chosen on held-out raters. Within camps, people differ by degree in severity and in
their use of the scale.
"""

import argparse
from time import process_time

import numpy as np
from sklearn.metrics import adjusted_rand_score

from pluralign.raters.compact import Settings
from pluralign.raters.describe.camps import find
from pluralign.raters.society import society
from pluralign.raters.splits import split
from pluralign.raters.trained import embedded, fit


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--raters", type=int, default=200)
    parser.add_argument("--items", type=int, default=60)
    parser.add_argument("--per-rater", type=int, default=30)
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--camps", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    print(f"{options.raters} raters, {options.per_rater} ratings each of {options.items} items")
    print(f"{'planted':>8}{'seed':>6}{'candidates':>12}{'found':>7}{'Rand index':>12}{'CPU s':>8}")
    right = []
    for planted in options.camps:
        for seed in range(options.seeds):
            start = process_time()
            ratings, truth = society(options.raters, options.items, planted, per_rater=options.per_rater, seed=seed)
            settings = Settings(steps=options.steps)
            trained = fit(ratings, split(ratings, "raters", seed), embedded(ratings), settings=settings)
            found = find(ratings, trained.candidates, seed=seed)
            right.append(found.count == planted)
            print(
                f"{planted:8}{seed:6}{len(trained.candidates.profiles):12}{found.count:7}"
                f"{adjusted_rand_score(truth.camp, found.camp):12.3f}{process_time() - start:8.0f}",
                flush=True,
            )
    print(f"right number of camps in {np.mean(right):.0%} of {len(right)} societies")


if __name__ == "__main__":
    main()
