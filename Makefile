PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench suite docs

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

demo: $(VENV)/.core ## audit the embedded models and write runs/demo/report.html
	$(BIN)/pluralign demo --out runs/demo

# Two processes of torch on a small machine stall each other by spinning, unless told to be passive.
test: $(VENV)/.dev ## run the tests
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(VENV)/.dev ## check style, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/ty check src

format: $(VENV)/.dev ## mend style and format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.train ## run every benchmark
	@for script in benchmarks/*.py; do echo "$$script" && $(BIN)/python "$$script" || exit 1; done

suite: $(VENV)/.core ## write the table of tasks docs/suite.md from their cards
	$(BIN)/python -c 'from pathlib import Path; from pluralign.suite.catalogue import markdown; Path("docs/suite.md").write_text(markdown(), encoding="utf-8")'

docs: $(VENV)/.docs suite ## build the site into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# torch goes in first and alone, so that the build which pip is set up to prefer stays in place.
$(VENV)/.core: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) torch
	$(INSTALL) -e .
	touch $@

$(VENV)/.dev $(VENV)/.docs $(VENV)/.train: $(VENV)/.%: $(VENV)/.core
	$(INSTALL) -e '.[$*]'
	touch $@
