"""``pluralign measure`` of a model on a server: its tokenizer named, and first tokens where it scores no answers."""

import json

import pytest

from pluralign.cli import main
from pluralign.lm import load
from tests.servers.network import Network
from tests.servers.openai_server import serving

NANO = "nano-base"


def measure(*arguments) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["measure", *map(str, arguments), "--tasks", "urn", "--limit", "2", "--json"])
    return int(stopped.value.code or 0)


def measured(capsys, *arguments) -> dict:
    assert measure(*arguments) == 0
    return json.loads(capsys.readouterr().out)


def values(document: dict) -> dict[str, float]:
    return {
        one["metric"]: one["value"] for one in document["metrics"] if one["model"] in document["request"]["models"]
    }


@pytest.fixture(autouse=True)
def no_data(tmp_path, monkeypatch):
    (tmp_path / "nothing").mkdir()
    monkeypatch.setenv("PLURALIGN_DATA", str(tmp_path / "nothing"))


@pytest.mark.parametrize("named", [True, False])
def test_a_named_tokenizer_makes_prompts_token_ids(named, tmp_path, capsys):
    local = values(measured(capsys, NANO, "--out", tmp_path / "local"))
    with serving(Network(load(NANO))) as (url, _):
        more = ("--tokenizer", NANO) if named else ()
        served = measured(capsys, f"openai:any@{url}", *more, "--out", tmp_path / "served")
    [facts] = json.loads((tmp_path / "served" / "notes.json").read_text()).values()
    assert facts["sent"] == ("token ids" if named else "text")
    assert served["request"]["tokenizer"] == (NANO if named else None)
    distance = values(served)["total_variation"]
    assert 0 < distance < 1 and distance == pytest.approx(local["total_variation"], abs=1e-4)


def test_first_tokens_stand_in_where_a_server_scores_no_answers(tmp_path, capsys):
    with serving(Network(load(NANO))) as (url, behaviour):
        behaviour.ignore = {"echo"}
        given = (f"openai:any@{url}", "--template", "colon")
        assert measure(*given, "--out", tmp_path / "refused") == 2
        assert "does not give" in " ".join(capsys.readouterr().err.split())
        assert (
            0 < values(measured(capsys, *given, "--first-token", "--out", tmp_path / "first"))["total_variation"] < 1
        )


def test_both_are_for_models_on_servers(capsys):
    assert measure(NANO, "--first-token") == 2
    assert "for models on servers" in capsys.readouterr().err
