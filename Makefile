# Comeback in two commands: `make run` and `make test`. Needs make and Python 3.11 or newer, on Linux or macOS.
# Without make: python3 -m venv .venv && .venv/bin/pip install -r requirements.lock && .venv/bin/python -m config.devstack

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/python scripts/uv.py
TEMPLATES = $(shell find templates -name '*.html')
# Values of the right shape, none of them real: what production needs before its settings load.
LIKE_PRODUCTION = env $$(cat .ci/like-production.env)

.PHONY: help run test bench lint format lock clean

help:
	@echo "make run     start everything with demo data; PORT chooses the web port"
	@echo "make test    all tests on real engines; ARGS=... goes to pytest"
	@echo "make bench   measure, print a table, write .data/bench.json"
	@echo "make lint    format, lint, templates, import contracts, types, migrations, deploy check"
	@echo "make format  let ruff and djade rewrite the code"
	@echo "make lock    resolve pyproject.toml into both lock files"
	@echo "make clean   delete the environment, all data and all caches"

run: $(VENV)/.ok
	@exec $(BIN)/python -m config.devstack

test: $(VENV)/.ok
	@exec $(BIN)/python -m pytest $(ARGS)

bench: $(VENV)/.ok
	@exec $(BIN)/python -m tests.benchmark $(ARGS)

lint: $(VENV)/.ok
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djade --check --target-version 5.2 $(TEMPLATES)
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(LIKE_PRODUCTION) $(BIN)/python manage.py makemigrations --check --dry-run
	$(LIKE_PRODUCTION) $(BIN)/python manage.py check --deploy --tag security --fail-level WARNING

format: $(VENV)/.ok
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djade --target-version 5.2 $(TEMPLATES) || $(BIN)/djade --check --target-version 5.2 $(TEMPLATES)

COMPILE = $(UV) pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11
lock: $(VENV)/.ok
	$(COMPILE) --group embedded --group dev -o requirements.lock
	$(COMPILE) -o requirements-production.lock

clean:
	rm -rf "$$(readlink .data/elsewhere)" .data $(VENV) .static .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.ok: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Comeback needs Python 3.11 or newer; name one that you have: make run PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "This Python cannot make virtual environments (Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	@echo "Creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@echo "Installing the packages of requirements.lock, some 300 MB the first time"
	@$(UV) pip install --quiet --require-hashes -r requirements.lock
	@touch $@
