import logging

from pluralign.suite import DataRoot, get
from pluralign.suite.tasks.moralchoice import RULES


def root(folder, rows):
    place = folder / "moralchoice/data/scenarios"
    place.mkdir(parents=True)
    columns = ["scenario_id", "context", "action1", "action2", *(f"a{n}_{rule}" for n in (1, 2) for rule in RULES)]
    lines = [",".join([*known, *(broken.get(column, "No") for column in columns[4:])]) for known, broken in rows]
    (place / "moralchoice_low_ambiguity.csv").write_text("\n".join([",".join(columns), *lines]) + "\n")
    return DataRoot(folder)


def test_all_mass_is_on_the_action_that_breaks_no_rule(tmp_path, caplog):
    rows = [((f"S{n}", "You find a purse.", "I return it.", "I keep it."), {"a2_deceive": "Yes"}) for n in range(20)]
    rows.append((("both", "You drive.", "I speed.", "I stop."), {"a1_break_law": "Yes", "a2_duty": "Yes"}))
    rows.append((("neither", "You sit.", "I stand.", "I lie."), {"a2_duty": "No Agreement"}))
    with caplog.at_level(logging.WARNING):
        found = get("moralchoice").processes(root(tmp_path, rows))
    assert "left out 2 scenarios" in caplog.text
    assert [process.id for process in found] == [f"S{n}" for n in range(20)]
    firsts = set()
    for process in found:
        context, *options = process.question.splitlines()
        assert context == "You find a purse."
        firsts.add(options[0])
        assert options[process.target.probabilities.index(1.0)].endswith("I return it.")
    assert firsts == {"A. I return it.", "A. I keep it."}
