# One story: `make` formats nothing and changes nothing; it tests and lints. `make docs` rewrites the generated pages.
PYTHON ?= .venv/bin/python

.PHONY: all setup test lint format rehearsal docs

all: test lint

setup:
	python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e '.[test]'

test:
	$(PYTHON) -m pytest -n 2 --dist loadfile

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

format:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

rehearsal:
	$(PYTHON) -m pytest -m rehearsal

docs:
	$(PYTHON) -m filmloom.cli.reference
