import pytest

from pluralign.errors import DataError
from pluralign.suite import DataRoot, get


def written(folder, rows, countries=("FRA,France", "JPN,Japan")):
    place = folder / "moral_machine_country"
    place.mkdir()
    (place / "country_specific_ACME.csv").write_text("\n".join(["Estimates,se,Label,Country", *rows]) + "\n")
    (place / "country_cluster_map.csv").write_text("\n".join(["ISO3,Country", *countries]) + "\n")
    return DataRoot(folder)


def test_an_effect_is_the_difference_of_two_shares(tmp_path):
    effects = {"Age": 0.5, "Gender": -0.2, "Species": 1.0}
    rows = [f"{effect},0.04,{label},FRA" for label, effect in effects.items()]
    # Differences in numbers by size, and countries that are not among the published ones, are no questions.
    rows += ["0.3,0.04,No. Characters_2,FRA", "0.5,0.04,Age,ATA", "0.1,0.02,Age,JPN"]
    found = {p.id: p for p in get("moral_machine").processes(written(tmp_path, rows))}
    assert set(found) == {"FRA/Age", "FRA/Gender", "FRA/Species", "JPN/Age"}
    first = {"Age": "The young", "Gender": "The women", "Species": "The humans"}
    for label, effect in effects.items():
        process = found[f"FRA/{label}"]
        place = [line.partition(". ")[2] for line in process.question.splitlines()[1:]].index(first[label])
        assert process.target.probabilities[place] == pytest.approx((1 + effect) / 2)
    # A share of .75 with a standard error of .02: .75 * .25 / .0004
    assert found["FRA/Age"].target.respondents == pytest.approx(468.75)
    assert "in France" in found["FRA/Age"].descriptions[0]
    assert found["FRA/Age"].metadata["cluster"] == found["JPN/Age"].metadata["cluster"]


def test_both_sides_come_first(tmp_path):
    names = [f"C{number:02d}" for number in range(40)]
    root = written(tmp_path, [f"0.5,0.04,Age,{n}" for n in names], [f"{n},{n}" for n in names])
    firsts = {process.question.splitlines()[1] for process in get("moral_machine").processes(root)}
    assert firsts == {"A. The young", "A. The elderly"}


def test_an_effect_beyond_one_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"1\.2, which is no difference of shares .*FRA, Age"):
        get("moral_machine").processes(written(tmp_path, ["1.2,0.04,Age,FRA"]))
