import numpy as np
import polars as pl
import pytest

from pluralign.errors import DataError, UsageError
from pluralign.raters.information import information
from pluralign.raters.latent import LatentFactors, contrasts, fit_latent, latent_losses, text_features
from pluralign.raters.ratings import Ratings
from pluralign.raters.scale import Scale
from pluralign.raters.splits import Split

KINDS = [Scale("binary", ("no", "yes")), Scale("nominal", ("a", "b", "c")), Scale("ordinal", tuple("12345"))]


def planted(scale, *, rank, raters=300, items=40, seed=0):
    """Raters whose answers follow ``rank`` factors, the model that they follow, and a split with new raters."""
    rng = np.random.default_rng(seed)
    basis = contrasts(scale)
    size, moved = basis.shape[1], min(2, basis.shape[1])
    offset, slopes = rng.normal(0, 0.7, (items, size)), rng.normal(0, 1, (items, moved, rank)) / max(rank, 1) ** 0.5
    known = np.zeros_like
    truth = LatentFactors(basis, np.zeros(size), offset, known(offset), np.zeros((size, rank)), slopes, known(slopes))
    u = rng.normal(0, 1, (raters, rank))
    c = offset + np.einsum("ibk,rk->rib", np.pad(slopes, ((0, 0), (0, size - moved), (0, 0))), u)
    p = np.exp(c @ basis.T)
    p /= p.sum(-1, keepdims=True)
    rater, item = (a.ravel() for a in np.indices((raters, items)))
    label = (rng.random((raters * items, 1)) > np.cumsum(p[rater, item], 1)[:, :-1]).sum(1)
    ratings = Ratings(
        "planted",
        "?",
        scale,
        pl.DataFrame({"rater": rater, "item": item, "label": label}),
        pl.DataFrame({"rater": [str(k) for k in range(raters)]}),
        pl.DataFrame({"item": [str(k) for k in range(items)], "text": [""] * items}),
    )
    rows, new, told = np.arange(len(rater)), rater >= 2 * raters // 3, item % 2 == 0
    return ratings, truth, Split("raters", 0, rows[~new], rows[new & told], rows[new & ~told])


@pytest.mark.parametrize("scale", [*KINDS, Scale("multilabel", ("x", "y"))])
def test_contrasts_are_an_orthonormal_basis_of_differences(scale):
    basis = contrasts(scale)
    k = len(scale.outcomes)
    assert basis.shape == (k, k - 1)
    np.testing.assert_allclose(basis.T @ basis, np.eye(k - 1), atol=1e-12)
    np.testing.assert_allclose(basis.sum(0), 0, atol=1e-12)


def test_the_first_contrast_of_an_ordinal_scale_is_the_place_on_it():
    first = contrasts(KINDS[2])[:, 0]
    np.testing.assert_allclose(np.diff(first), np.full(4, first[1] - first[0]))
    assert first[-1] > 0


@pytest.mark.parametrize("scale", KINDS)
def test_planted_factors_predict_new_raters_nearly_as_well_as_the_true_model(scale):
    ratings, truth, split = planted(scale, rank=2)
    label = ratings.label[split.evaluate]
    table = latent_losses(ratings, split, (0, 2), steps=600)
    nothing, found = (table.filter(pl.col("representation") == f"latent {k}")["loss"].mean() for k in (0, 2))
    answers = truth.predict(ratings, split.fit, split.evaluate)
    best = -np.log(answers[np.arange(len(label)), label]).mean()
    assert best - 0.005 < found < nothing
    assert (nothing - found) / (nothing - best) > 0.7


def test_too_many_factors_do_little_harm_and_random_answers_hold_none():
    ratings, _, split = planted(KINDS[2], rank=1)
    found = information(latent_losses(ratings, split, (0, 1, 8), steps=600), none="latent 0", draws=20)
    one, many = found["information_nats"][1:]
    assert one > 0.1
    assert abs(many - one) < 0.02
    ratings, _, split = planted(KINDS[0], rank=0)
    none = information(latent_losses(ratings, split, (0, 4), steps=600), none="latent 0", draws=20)
    assert abs(none["information_nats"][1]) < 0.005


def small(rng, scale=KINDS[2], rank=3, items=6):
    """A model with drawn parameters, and ratings of 5 raters, the last of whom has none."""
    basis = contrasts(scale)
    size = basis.shape[1]
    model = LatentFactors(
        basis,
        rng.normal(0, 0.3, size),
        rng.normal(0, 0.5, (items, size)),
        np.full((items, size), 0.1),
        rng.normal(0, 0.5, (size, rank)),
        rng.normal(0, 0.5, (items, 2, rank)),
        np.full((items, 2, rank), 0.1),
    )
    rater, item = np.array([0, 1, 1, 2, 2, 2, 3, 3, 3, 3]), np.array([0, 1, 2, 3, 4, 5, 0, 1, 4, 5])
    label = rng.integers(5, size=10)
    table = pl.DataFrame({"rater": rater, "item": item, "label": label})
    names = pl.DataFrame({"rater": [str(k) for k in range(5)]})
    texts = pl.DataFrame({"item": [str(k) for k in range(items)], "text": [""] * items})
    return model, Ratings("small", "?", scale, table, names, texts)


def test_factors_are_the_posterior_mode_with_its_curvature():
    from scipy.optimize import minimize

    model, ratings = small(np.random.default_rng(1))
    mode, spread = model.factors(ratings, np.arange(10))

    def loss(u, rows):
        slopes = model.common + np.pad(model.loading[ratings.item[rows]], ((0, 0), (0, 2), (0, 0)))
        logits = (model.start + model.offset[ratings.item[rows]] + slopes @ u) @ model.basis.T
        logits -= np.log(np.exp(logits).sum(1, keepdims=True))
        return -logits[np.arange(len(rows)), ratings.label[rows]].sum() + u @ u / 2

    for rater in range(4):
        rows = np.flatnonzero(ratings.rater == rater)
        best = minimize(loss, np.zeros(3), args=(rows,), tol=1e-10)
        np.testing.assert_allclose(mode[rater], best.x, atol=1e-3)
        step = 1e-3 * np.eye(3)
        curve = [
            [
                (
                    loss(best.x + a + b, rows)
                    - loss(best.x + a - b, rows)
                    - loss(best.x - a + b, rows)
                    + loss(best.x - a - b, rows)
                )
                / 4e-6
                for b in step
            ]
            for a in step
        ]
        np.testing.assert_allclose(spread[rater] @ spread[rater].T, np.linalg.inv(curve), atol=2e-3)
    assert (mode[4] == 0).all() and (spread[4] == np.eye(3)).all()


def test_predictions_depend_on_the_raters_own_ratings_and_the_item_alone():
    model, ratings = small(np.random.default_rng(2))
    rows = np.arange(10)
    whole = model.predict(ratings, rows, rows)
    np.testing.assert_allclose(whole.sum(1), 1)
    for row in rows:
        own = np.flatnonzero(ratings.rater == ratings.rater[row])
        np.testing.assert_allclose(model.predict(ratings, own[::-1], np.array([row]))[0], whole[row], atol=1e-4)


def test_a_rater_without_ratings_gets_the_average_over_raters():
    model, ratings = small(np.random.default_rng(3))
    found = model.predict(ratings, np.zeros(0, int), np.array([0, 6]))
    np.testing.assert_allclose(found[0], found[1])
    z = np.random.default_rng(4).normal(size=(20_000, 3 + 4))
    u = z[:, :3]
    slopes = model.common + np.pad(model.loading[0], ((0, 2), (0, 0)))
    sd = np.sqrt(0.1 + np.pad(0.1 * (u**2).sum(1, keepdims=True), ((0, 0), (0, 1))).repeat([2, 2], 1))
    c = model.start + model.offset[0] + u @ slopes.T + sd * z[:, 3:]
    p = np.exp(c @ model.basis.T)
    np.testing.assert_allclose(found[0], (p / p.sum(1, keepdims=True)).mean(0), atol=0.015)


def test_items_that_nobody_rated_have_the_prior():
    ratings, _, split = planted(KINDS[0], rank=1, raters=60, items=10)
    train = split.train[ratings.item[split.train] != 3]
    model = fit_latent(ratings, train, 1, steps=100)
    assert (model.offset[3] == 0).all() and (model.loading[3] == 0).all()
    assert model.offset_variance[3, 0] > model.offset_variance[4, 0]


def test_an_item_that_nobody_rated_is_read_by_its_text():
    """Half of the items are liked by those who dislike the other half; the texts tell which are which."""
    rng = np.random.default_rng(0)
    rater, item = (a.ravel() for a in np.indices((120, 20)))
    camp, kind = rng.integers(0, 2, 120), np.arange(20) % 2
    p = np.where(camp[rater] == kind[item], 0.8, 0.2)
    names = pl.DataFrame({"rater": [str(k) for k in range(120)]})
    ratings = Ratings(
        "kinds",
        "?",
        KINDS[0],
        pl.DataFrame({"rater": rater, "item": item, "label": (rng.random(len(p)) < p).astype(np.int64)}),
        names,
        pl.DataFrame({"item": [str(k) for k in range(20)], "text": [""] * 20}),
    )
    vectors = rng.normal(0, 0.1, (20, 6))
    vectors[:, 0] += kind
    new, old = np.flatnonzero(item < 2), np.flatnonzero(item >= 2)
    losses = {}
    for name, features in (("text", text_features(vectors)), ("no text", None)):
        model = fit_latent(ratings, old, 1, features=features, steps=600)
        answers = model.predict(ratings, old, new)
        losses[name] = -np.log(answers[np.arange(len(new)), ratings.label[new]]).mean()
    assert losses["no text"] == pytest.approx(np.log(2), abs=0.02)
    assert losses["text"] < 0.56


def test_text_features_are_components_of_mean_square_one():
    vectors = np.random.default_rng(0).normal(size=(30, 4)) * [5, 3, 1, 0] + 7
    features = text_features(vectors)
    assert features.shape == (30, 3)
    np.testing.assert_allclose((features**2).mean(0), 1)
    np.testing.assert_allclose(features.T @ features / 30, np.eye(3), atol=1e-9)
    assert abs(np.corrcoef(features[:, 0], vectors[:, 0])[0, 1]) > 0.99
    assert text_features(np.ones((30, 4))).shape == (30, 0)


def test_the_same_seed_gives_the_same_model():
    ratings, _, split = planted(KINDS[1], rank=1, raters=40, items=10)
    one, two, other = (fit_latent(ratings, split.train, 2, steps=20, seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.loading, two.loading)
    assert not np.array_equal(one.loading, other.loading)


def test_table_of_losses():
    ratings, _, split = planted(KINDS[0], rank=1, raters=40, items=10)
    table = latent_losses(ratings, split, (0, 1), steps=5)
    assert table.columns == ["seed", "rater", "item", "representation", "loss", "correct"]
    assert table["representation"].unique(maintain_order=True).to_list() == ["latent 0", "latent 1"]
    assert table.height == 2 * len(split.evaluate)


def test_refusals():
    ratings, _, split = planted(KINDS[0], rank=1, raters=40, items=10)
    with pytest.raises(DataError, match="no ratings"):
        fit_latent(ratings, np.zeros(0, int), 1)
    with pytest.raises(UsageError, match="cannot be -1"):
        fit_latent(ratings, split.train, -1)
