# Each target sets up its own environment in .venv when it is needed.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help

.venv/.ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "curifactory needs Python 3.11 or newer; set PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

.PHONY: help demo test soak check fix bench bench-peers clean
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/.ready  ## run the digits experiment twice: computed first, then from cache
	$(BIN)/python examples/digits/demo.py

test: check  ## the whole suite, with lint, types and the layer contract
	$(BIN)/python -m pytest -n 2

soak: .venv/.ready  ## faults by the thousand: kills, full disks, damage, many processes (hours)
	$(BIN)/python -m pytest tests -m soak -n 2 -rP

check: .venv/.ready  ## lint, types, layer contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: .venv/.ready  ## format, and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.ready  ## cost per stage against plain code
	$(BIN)/python -m benchmarks

# other tools have an environment of their own: nothing here depends on them
.venv-peers/.ready: pyproject.toml
	test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --editable . joblib diskcache sf-hamilton
	touch $@

bench-peers: .venv-peers/.ready  ## the same stages in joblib, diskcache and Hamilton
	.venv-peers/bin/python -m benchmarks.peers

clean:  ## remove the environment and what the demo made
	rm -rf .venv .venv-peers .mypy_cache .ruff_cache build dist examples/*/data examples/*/logs examples/*/reports
