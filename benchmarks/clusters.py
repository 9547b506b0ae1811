"""Clustering many raters through profiles: seconds, peak memory, camps recovered, and a plain implementation beside.

An invented society: camps share a part of what they answer to an item and differ in the rest, and candidates are
blurred copies of camps. No decoder is asked, so that the time is that of the arithmetic.
"""

import argparse
import resource
from time import perf_counter

import numpy as np
from sklearn.metrics import adjusted_rand_score

from pluralign.raters.camp_count import choose
from pluralign.raters.clusters import FLOOR, ProfileClusters, loss_matrix


def society(raters: int, ratings: int, items: int, candidates: int, outcomes: int, camps: int, seed: int = 0):
    """Camps, the candidates' table, and ratings: camp of each rater, table, item, label, rater."""
    rng = np.random.default_rng(seed)
    camp = rng.integers(camps, size=raters).astype(np.int32)
    common, own = rng.dirichlet(np.ones(outcomes), (items, 1)), rng.dirichlet(np.ones(outcomes), (items, camps))
    truth = (0.4 * common + 0.6 * own).astype(np.float32)
    blurred = truth[:, np.arange(candidates) % camps] ** rng.uniform(0.5, 1.0, candidates).astype(np.float32)[:, None]
    blurred += rng.uniform(0, 0.2, blurred.shape).astype(np.float32)
    rater = np.sort(rng.integers(raters, size=ratings, dtype=np.int32))
    item = rng.integers(items, size=ratings, dtype=np.int32)
    steps = np.cumsum(truth, -1)[..., :-1]
    label = np.empty(ratings, np.int8)
    for start in range(0, ratings, 1_000_000):
        part = slice(start, start + 1_000_000)
        drawn = rng.random((len(item[part]), 1), dtype=np.float32)
        label[part] = (drawn > steps[item[part], camp[rater[part]]]).sum(1)
    return camp, blurred / blurred.sum(-1, keepdims=True), item, label, rater


def plain_losses(table, item, label, rater, raters):
    """The table of losses as one writes it down: one candidate after the other."""
    counts = np.bincount(rater, minlength=raters)
    given = (np.log(np.maximum(table[item, c, label], FLOOR)) for c in range(table.shape[1]))
    return np.stack([np.bincount(rater, -nats, raters) / counts for nats in given], 1)


def plain_clusters(losses, count, starts, seed=0):
    """Coordinate descent as it is published: every centre against every candidate, in sweeps until nothing moves."""
    rng, best = np.random.default_rng(seed), np.inf
    for _ in range(starts):
        centers, before = rng.choice(losses.shape[1], count, replace=False), None
        while before is None or (centers != before).any():
            before = centers.copy()
            for c in range(count):
                rest = losses[:, np.delete(centers, c)].min(1)
                means = [np.minimum(rest, losses[:, k]).mean() for k in range(losses.shape[1])]
                centers[c] = int(np.argmin(means))
        best = min(best, losses[:, centers].min(1).mean())
    return best


def side_by_side(raters: int = 10_000, ratings: int = 1_000_000, camps: int = 6, starts: int = 3) -> None:
    """Seconds and results beside a plain implementation, on a tenth of the size."""
    _, table, item, label, rater = society(raters, ratings, 5_000, 100, outcomes=5, camps=camps)
    start = perf_counter()
    losses = loss_matrix(table, item, label, rater, raters)
    found = ProfileClusters(camps, n_init=starts).fit(losses)
    own = perf_counter() - start
    start = perf_counter()
    plain = plain_losses(table, item, label, rater, raters)
    inertia = plain_clusters(plain, camps, starts)
    other = perf_counter() - start
    print(
        f"{raters} raters, {ratings} ratings, {starts} starts: {own:.1f} s, mean loss {found.inertia_:.6f}; plain "
        f"loops {other:.1f} s, {inertia:.6f}; {other / own:.1f} times as fast; largest difference in losses "
        f"{np.nanmax(np.abs(plain - losses)):.1e}"
    )


def peak() -> float:
    """Most memory that this process has held so far, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--raters", type=int, default=100_000)
    parser.add_argument("--ratings", type=int, default=10_000_000)
    parser.add_argument("--candidates", type=int, default=100)
    parser.add_argument("--items", type=int, default=5_000)
    parser.add_argument("--camps", type=int, default=6)
    options = parser.parse_args()
    camp, table, item, label, rater = society(
        options.raters, options.ratings, options.items, options.candidates, outcomes=5, camps=options.camps
    )
    print(
        f"{options.raters} raters in {options.camps} camps, {options.ratings} ratings of {options.items} items, "
        f"{options.candidates} candidates; {peak():.2f} GiB with the data"
    )
    print(f"{'step':34}{'seconds':>9}{'peak GiB':>10}")

    def timed(name: str, work):
        start = perf_counter()
        made = work()
        print(f"{name:34}{perf_counter() - start:9.1f}{peak():10.2f}", flush=True)
        return made

    losses = timed("table of losses", lambda: loss_matrix(table, item, label, rater, options.raters))
    found = timed(f"{options.camps} clusters, 10 starts", lambda: ProfileClusters(options.camps).fit(losses))
    timed("32 clusters, 10 starts", lambda: ProfileClusters(32).fit(losses))

    sizes = (1, 2, 4, 6, 8, 12)
    chosen = timed("number of camps, 5 folds", lambda: choose(table, item, label, rater, options.raters, sizes))
    agreement = adjusted_rand_score(camp, found.labels_)
    print(
        f"adjusted Rand index with the camps {agreement:.4f}; camps chosen on held-out raters "
        f"{chosen.camps}; peak {peak():.2f} GiB"
    )
    side_by_side()


if __name__ == "__main__":
    main()
