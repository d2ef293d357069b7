# Two commands do everything on a fresh machine: `make run` starts the app, `make test` passes all tests.

PYTHON ?= $(firstword $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' && echo $$p; done))
BIN := .venv/bin
PORT ?= 8501

.PHONY: run test check format browser clean

run: .venv/installed
	$(BIN)/costlab up --port $(PORT)

# A worker a core, four at most: see `pytest_xdist_make_scheduler` in tests/conftest.py for who runs beside whom.
test: check browser
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

browser: .venv/installed-dev
	$(BIN)/python -m tests.browser.install

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "costlab needs Python 3.11 to 3.14; none was found. Install one, or say: make PYTHON=/path/to/python $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -e .
	@touch $@

.venv/installed-dev: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -e '.[dev]'
	@touch $@ .venv/installed

clean:
	rm -rf .venv build *.egg-info .ruff_cache .mypy_cache .hypothesis
