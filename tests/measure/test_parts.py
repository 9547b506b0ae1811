import pytest

from pluralign.errors import PluralignError, UsageError
from pluralign.measure.parts import part


def test_a_measure_names_itself_and_its_task():
    made = part("tradeoff:global_oqa")
    assert (made.name, made.task, made.kind) == ("tradeoff:global_oqa", "global_oqa", "tradeoff")
    assert part("global_oqa").kind == "align" and part("objectives").kind is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("steering:global_oqa", "there is no measure 'steering'"),
        ("tradeoff:nothing", "tradeoff is not made for 'nothing'"),
        ("attributes:polis_vote", "attributes is not made for 'polis_vote'"),
    ],
)
def test_what_is_not_made_is_refused_with_what_is(name, told):
    with pytest.raises(UsageError, match=told) as error:
        part(name)
    assert "global_oqa" in str(error.value) or "tradeoff" in str(error.value)


def test_an_unknown_task_is_refused():
    with pytest.raises(PluralignError, match="unknown task"):
        part("nothing_like_it")
