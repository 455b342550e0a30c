# Each target does its own set-up: a fresh machine needs only Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: app test check bench setup fix clean translations

app: .venv/.installed            ## open the dashboard
	$(BIN)/streamlit run app.py $(ARGS)

test: .venv/.installed-dev       ## every test, browser journeys included
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m tests.contracts.postgres
	$(BIN)/python -m tests $(ARGS)

check: .venv/.installed-dev      ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: .venv/.installed-dev        ## format and apply safe lint fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.installed-dev      ## every benchmark beside its peer; prints tables
	$(BIN)/fairlab bench layer
	$(BIN)/fairlab bench sweep
	$(BIN)/fairlab bench audit

translations: .venv/.installed-dev  ## collect texts for fairlab/locales; ARGS=--missing lists what lacks
	$(BIN)/python -m tools.translations $(ARGS)

setup: .venv/.installed-dev

.venv/.installed: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fairlab needs Python 3.11 or newer, found " + sys.version.split()[0] + ". Run make with PYTHON=/path/to/python3.11.")'
	@echo "Installing into .venv, once: a few minutes and about 2 GB."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.txt tests/oracles/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/oracles/requirements.txt
	touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache artifacts build
