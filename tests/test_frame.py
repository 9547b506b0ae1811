"""The rules of the house: who may import whom, what only certain floors may do, and what nobody does."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "pluralign"

FLOORS = (
    *("errors", "stats", "runs", "episode", "template", "suite", "encode", "encode_cache", "report", "lm", "raters"),
    *("values", "measure", "bridges", "tune", "cli", "web"),
)
"""From the ground up; a module imports only from its own floor and those below it."""

OWNERS = {
    "transformers": ("lm", "tune"),
    "vllm": ("lm",),
    "openai": ("lm",),
    "trl": ("tune",),
    "peft": ("tune",),
    "nicegui": ("web",),
}
"""The only floors that may import these libraries."""

SCREEN_LIBRARIES = {"argparse", "click", "cyclopts", "rich", "tqdm", "typer"}
SCREEN = ("pluralign.cli", "pluralign.web", "pluralign.report.terminal")
UNSAFE_LIBRARIES = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
UNSAFE_ARGUMENTS = {
    ("allow_pickle", True),
    ("shell", True),
    ("trust_remote_code", True),
    ("verify", False),
    ("weights_only", False),
}
HEAVY = {"altair", "pandas", "scipy", "sklearn", "statsmodels", "torch", "transformers"}
LONGEST = 500


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name, whether it is a package's ``__init__``, and its text."""

    name: str
    package: bool
    source: str

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(ast.parse(self.source)))

    @property
    def floor(self) -> str | None:
        """The floor that the module stands on; None for the package itself and for ``__main__``."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 and parts[1] != "__main__" else None

    def imports(self) -> Iterator[tuple[str, str | None]]:
        """Every imported module, wherever in the file, and the name taken from it, if any."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((alias.name, None) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self.name.split(".")[: -node.level + self.package or None] if node.level else []
                source = ".".join([*base, *([node.module] if node.module else [])])
                yield from ((source, alias.name) for alias in node.names)

    def libraries(self) -> set[str]:
        """The top-level names of everything imported."""
        return {source.split(".")[0] for source, _ in self.imports()}

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in self.nodes if isinstance(node, ast.Call))


def read(folder: Path = PACKAGE) -> dict[str, Module]:
    """All modules of the package by dotted name."""
    modules = {}
    for path in sorted(folder.rglob("*.py")):
        parts = [folder.name, *path.relative_to(folder).with_suffix("").parts]
        package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if package else parts)
        modules[name] = Module(name, package, path.read_text(encoding="utf-8"))
    return modules


def targets(module: Module, modules: dict[str, Module]) -> set[str]:
    """The modules of the package that ``module`` names in its imports."""
    found = set()
    for source, name in module.imports():
        if source.split(".")[0] == "pluralign":
            submodule = f"{source}.{name}"
            found.add(submodule if submodule in modules else source)
    return found - {module.name}


def off_their_floor(modules: dict[str, Module]) -> list[str]:
    """Imports from a higher floor, and modules on no floor."""
    wrong = [name for name, module in modules.items() if module.floor not in (None, *FLOORS)]
    for name, module in modules.items():
        if name in wrong or name == "pluralign.__main__":
            continue
        height = FLOORS.index(module.floor) if module.floor else -1
        for target in targets(module, modules):
            floor = target.split(".")[1] if "." in target else None
            if floor is not None and (floor not in FLOORS or FLOORS.index(floor) > height):
                wrong.append(f"{name} imports {target}")
    return wrong


def cycle(modules: dict[str, Module]) -> list[str]:
    """One ring of files that import each other, or nothing."""
    try:
        TopologicalSorter({name: targets(module, modules) for name, module in modules.items()}).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def foreign_libraries(modules: dict[str, Module]) -> list[str]:
    """Imports of a library by a floor that does not own it."""
    return [
        f"{name} imports {library}"
        for name, module in modules.items()
        for library, owners in OWNERS.items()
        if library in module.libraries() and module.floor not in owners
    ]


def knows_of_a_screen(module: Module) -> list[str]:
    """What prints, reads or parses arguments in a module below the command line."""
    if module.name.startswith(SCREEN) or module.name == "pluralign.__main__":
        return []
    streams = {"argv", "stderr", "stdin", "stdout"}
    return [
        *(f"{module.name} imports {library}" for library in module.libraries() & SCREEN_LIBRARIES),
        *(f"{module.name} calls {name}" for name in _builtins_called(module) & {"input", "print"}),
        *(
            f"{module.name} uses sys.{node.attr}"
            for node in module.nodes
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "sys" and node.attr in streams
        ),
    ]


def unsafe(module: Module) -> list[str]:
    """What runs code that came as data."""
    return [
        *(f"{module.name} imports {library}" for library in module.libraries() & UNSAFE_LIBRARIES),
        *(f"{module.name} calls {name}" for name in _builtins_called(module) & {"eval", "exec"}),
        *(
            f"{module.name} passes {argument.arg}={argument.value.value}"
            for call in module.calls()
            for argument in call.keywords
            if isinstance(argument.value, ast.Constant) and (argument.arg, argument.value.value) in UNSAFE_ARGUMENTS
        ),
    ]


def _builtins_called(module: Module) -> set[str]:
    return {call.func.id for call in module.calls() if isinstance(call.func, ast.Name)}


def _project_name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


MODULES = read()


def test_modules_import_only_from_lower_floors() -> None:
    assert off_their_floor(MODULES) == []


def test_no_files_import_each_other() -> None:
    assert cycle(MODULES) == []


def test_libraries_stay_with_their_owners() -> None:
    assert foreign_libraries(MODULES) == []


def test_nothing_below_the_command_line_knows_of_a_screen() -> None:
    assert [offence for module in MODULES.values() for offence in knows_of_a_screen(module)] == []


def test_nothing_runs_code_that_came_as_data() -> None:
    assert [offence for module in MODULES.values() for offence in unsafe(module)] == []


def test_every_imported_library_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [requirements for extra, requirements in project["optional-dependencies"].items() if extra != "dev"]
    declared = {_project_name(line) for requirements in (project["dependencies"], *extras) for line in requirements}
    providers = packages_distributions()
    libraries = {library for module in MODULES.values() for library in module.libraries()}
    foreign = libraries - sys.stdlib_module_names - {"pluralign"}
    assert [x for x in foreign if declared.isdisjoint(map(_project_name, providers.get(x, [x])))] == []


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [folder.name for folder in folders if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "examples"])
def test_files_are_short(folder: str) -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / folder).rglob("*.py")}
    assert {path.relative_to(ROOT): length for path, length in lengths.items() if length >= LONGEST} == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "pluralign", "--help"],
        ["-c", "from pluralign.suite import all_tasks; all_tasks()"],
    ],
    ids=["help", "suite"],
)
def test_start_up_imports_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, timeout=60)
    timings = [line.split("|") for line in done.stderr.splitlines() if line.startswith("import time:")]
    imported = {fields[-1].strip().split(".")[0] for fields in timings}
    assert done.returncode == 0, done.stderr[-2000:]
    assert "pluralign" in imported
    assert imported & HEAVY == set()


def _made_up(**sources: str) -> dict[str, Module]:
    modules = {"pluralign": Module("pluralign", True, "")}
    for key, source in sources.items():
        name = "pluralign." + key.removesuffix("__init__").rstrip("_").replace("__", ".")
        modules[name] = Module(name, key.endswith("__init__"), source)
    return modules


@pytest.mark.parametrize(
    ("sources", "offences"),
    [
        ({"episode": "from pluralign.errors import DataError", "errors": ""}, 0),
        ({"suite__data": "def f():\n    from pluralign import lm", "lm__init__": ""}, 1),
        ({"suite__data": "from .. import lm", "lm__init__": ""}, 1),
        ({"suite__init__": "from ..lm import load", "lm__init__": ""}, 1),
        ({"suite__init__": "from .data import find_root", "suite__data": ""}, 0),
        ({"attic": ""}, 1),
        ({"web": "import pluralign.cli", "cli": ""}, 0),
        ({"errors": "import pluralign.nowhere"}, 1),
    ],
)
def test_a_higher_floor_is_noticed(sources: dict[str, str], offences: int) -> None:
    assert len(off_their_floor(_made_up(**sources))) == offences


def test_a_ring_of_imports_is_noticed() -> None:
    ring = _made_up(lm__a="from pluralign.lm import b", lm__b="def f():\n    from .a import x", lm__init__="")
    assert set(cycle(ring)) == {"pluralign.lm.a", "pluralign.lm.b"}


@pytest.mark.parametrize(
    ("name", "source", "offences"),
    [
        ("suite", "from transformers import AutoTokenizer", 1),
        ("lm", "from transformers import AutoTokenizer", 0),
        ("lm", "import trl.trainer", 1),
        ("tune", "import trl.trainer", 0),
    ],
)
def test_a_foreign_library_is_noticed(name: str, source: str, offences: int) -> None:
    assert len(foreign_libraries(_made_up(**{name: source}))) == offences


@pytest.mark.parametrize(
    ("name", "source", "offences"),
    [
        ("stats", "print(1)", 1),
        ("cli", "print(1)", 0),
        ("stats", "import rich.table", 1),
        ("report__terminal", "import rich.table", 0),
        ("report__page", "import sys\nsys.stderr.write('')", 1),
    ],
)
def test_a_screen_is_noticed(name: str, source: str, offences: int) -> None:
    assert sum(len(knows_of_a_screen(module)) for module in _made_up(**{name: source}).values()) == offences


@pytest.mark.parametrize(
    ("source", "offences"),
    [
        ("eval('1')", 1),
        ("model.eval()", 0),
        ("from pickle import loads", 1),
        ("load(name, trust_remote_code=True)", 1),
        ("load(name, trust_remote_code=False)", 0),
        ("run(command, shell=True)", 1),
    ],
)
def test_unsafe_code_is_noticed(source: str, offences: int) -> None:
    assert len(unsafe(Module("pluralign.lm", False, source))) == offences
