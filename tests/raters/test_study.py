"""The comparison on a small simulated society: what is compared, on what, and that a stopped run goes on."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pluralign.errors import RunError, UsageError
from pluralign.raters.information import information
from pluralign.raters.society import society
from pluralign.raters.splits import split
from pluralign.raters.study import compare
from pluralign.raters.trained import fit
from pluralign.raters.views import ALL, parse
from tests.raters.bags import SMALL, bag

RATINGS = society(40, 20, 2, per_rater=12, leaning=2.0)[0]
VIEWS = ["demographics:district", "demographics:district+age", "demonstrations-2", "demonstrations-all", "profile"]


def run(folder, views=None, data=(RATINGS,), **more):
    given = {"seeds": 2, "settings": SMALL, "ranks": (), "repeats": 2, "embed": bag} | more
    return compare(data, folder, [*VIEWS, "cluster-2"] if views is None else views, **given)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    return folder, run(folder)


def test_every_representation_predicts_the_same_ratings(finished):
    folder, _ = finished
    rows = pl.read_parquet(folder / "rows.parquet")
    names = ["none", *VIEWS, "cluster-2", "habits-all"]
    assert rows["representation"].unique(maintain_order=True).to_list() == names
    assert information(rows)["ratings"].n_unique() == 1  # raises where they are not the same ratings
    for seed in range(2):
        evaluate = split(RATINGS, "raters", seed).evaluate
        own = rows.filter(pl.col("seed") == seed, pl.col("representation") == "profile")
        assert own["rater"].to_list() == RATINGS.rater[evaluate].tolist()
        assert own["item"].to_list() == RATINGS.item[evaluate].tolist()


def test_metrics_hold_the_table_and_the_groups(finished):
    _, metrics = finished
    cells = {(m["model"], m["metric"]): m for m in metrics}
    assert cells["none", "information_nats"]["value"] == 0
    shares = {model for model, metric in cells if metric == "preserved_share"}
    assert shares == {"profile", "cluster-2"}
    assert {model for model, metric in cells if metric == "group_information_nats"} >= {
        "field district (2 groups)",
        "field age (4 groups)",
    }
    # District goes with the camp for most raters: it tells more than as many random groups.
    district = cells["field district (2 groups)", "group_information_nats"]["value"]
    assert district > cells["field district (2 groups)", "random_groups_nats"]["high"]
    assert all(m["task"] == "society" and m["kind"] == "raters" for m in metrics)


def test_a_run_goes_on_with_the_next_split_and_ends_with_the_same_rows(finished, tmp_path):
    folder, metrics = finished

    class Stopped(Exception):
        pass

    def stop(what, done, total):
        if "split 1" in what:
            raise Stopped

    with pytest.raises(Stopped):
        run(tmp_path, said=stop)
    told = []
    assert run(tmp_path, said=lambda what, done, total: told.append(what)) == metrics
    assert not [what for what in told if "split 0" in what]
    assert pl.read_parquet(tmp_path / "rows.parquet").equals(pl.read_parquet(folder / "rows.parquet"))
    with pytest.raises(RunError, match="another configuration"):
        run(tmp_path, seeds=1)


def test_separate_decoders_and_new_items(tmp_path):
    metrics = run(tmp_path, ["profile"], seeds=1, protocol="items", separate=True)
    assert {m["model"] for m in metrics} == {"none", "profile", "habits-all"}


def test_what_cannot_be_compared(tmp_path):
    with pytest.raises(UsageError, match="same name"):
        run(tmp_path, data=[RATINGS, RATINGS])
    with pytest.raises(UsageError, match="no representation 'profil'"):
        run(tmp_path, ["profil"])
    with pytest.raises(UsageError, match="at least 1"):
        run(tmp_path, seeds=0)
    assert not list(tmp_path.iterdir())


def test_what_is_told_comes_from_the_ratings_that_may_be_told():
    one = split(RATINGS, "raters", 0)
    # Ratings to be predicted do not matter, nor does the order of the table.
    label = RATINGS.label.copy()
    label[one.evaluate] = 0
    changed = replace(RATINGS, table=RATINGS.table.with_columns(label=pl.Series(label)))
    told = []
    for ratings in (RATINGS, changed):
        trained = fit(ratings, one, bag(ratings.items["text"].to_list()), settings=SMALL, embed=bag)
        for own in trained.own:
            assert np.isin(own, one.fit).all()
        names = ("demonstrations-2", "demonstrations-all", "profile", "profile-4", "cluster-2", "demographics+profile")
        told.append([trained.tell(parse(name, ratings), trained.raters, trained.own) for name in names])
        two, every = told[-1][:2]
        assert all(a.items == b.items[: len(a.items)] and len(a.items) == 2 for a, b in zip(two, every, strict=True))
        assert [len(one.items) for one in every] == [len(own) for own in trained.own]
    assert told[0] == told[1]
    assert parse("profile", RATINGS).profile == ALL
