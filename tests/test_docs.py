"""The documentation says what the code does: its example runs, its pages are all linked, its metrics exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pluralign.report.glossary import METRICS, REFERENCES

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"

DRAW = """
import importlib.util, sys
from pathlib import Path
from pluralign.suite import DataRoot, get
spec = importlib.util.spec_from_file_location("tea", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
for process in get("tea_ratings").processes(DataRoot(Path(sys.argv[2]))):
    print(process.id, process.choices, [(example.input, example.output) for example in process.examples])
"""


def test_the_example_task_loads(tmp_path: Path) -> None:
    section = (ROOT / "CONTRIBUTING.md").read_text().split("[start:task] -->")[1].split("<!--")[0]
    code = re.fullmatch(r"\s*```python\n(.*)```\s*", section, re.DOTALL)
    assert code is not None
    (tmp_path / "tea_ratings.py").write_text(code[1])
    (tmp_path / "tea").mkdir()
    (tmp_path / "tea" / "ratings.csv").write_text("rater,tea,rating\nr1,green,4\nr2,green,1\nr1,black,2\n")
    command = [sys.executable, "-c", DRAW, str(tmp_path / "tea_ratings.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    choices = ("1", "2", "3", "4", "5")
    assert done.stdout.splitlines() == [
        f"r1 {choices} {[('green', '4'), ('black', '2')]}",
        f"r2 {choices} {[('green', '1')]}",
    ]


def test_the_navigation_holds_every_page() -> None:
    pages = [page for entry in yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"] for page in entry.values()]
    assert sorted(pages) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


def documented() -> dict[str, str]:
    """Metrics in the tables of the page, and which way is better; ``a_b`` and ``_c`` in one cell are a_b and a_c."""
    found = {}
    for first, second in re.findall(r"^\| (`.+?) \| ([a-z, ]+) \|", (DOCS / "metrics.md").read_text(), re.MULTILINE):
        names = [re.split(r"[\[@]", name)[0] for name in re.findall(r"`(.+?)`", first)]
        stem = names[0].rpartition("_")[0]
        ways = second.split(", ")
        for place, name in enumerate(names):
            found[f"{stem}{name}" if name.startswith("_") else name] = ways[min(place, len(ways) - 1)]
    return found


@pytest.mark.parametrize("kind", METRICS)
def test_the_metrics_page_is_complete(kind: str) -> None:
    page, text = documented(), (DOCS / "metrics.md").read_text()
    for name, definition in METRICS[kind].items():
        short = name.removeprefix("brier_").removeprefix("tv_")
        known = {name, short, name.removesuffix("_probability")}
        ways = {
            way
            for other, way in page.items()
            if other in known or (name == "agreement_under" and other.startswith(name))
        }
        # What the objectives are is said in words.
        assert ways == {definition.better} or (not ways and f"`{name}`" in text), name


def test_the_metrics_page_names_the_references() -> None:
    text = (DOCS / "metrics.md").read_text()
    assert [name for name in REFERENCES if f"`{name}`" not in text] == []
