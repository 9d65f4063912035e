# The words of this project. Each makes what it needs: a machine with Python 3.11 and make is enough.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
SEEDS ?= 200
ARGS ?=
FOLDERS ?=

# OPENMARGIN_BUILD=compiled makes serve, simulate and bench use the package of `make compile`.
SOURCE := $(CURDIR)/$(if $(filter compiled,$(OPENMARGIN_BUILD)),build/compiled,src)
BUILT := $(if $(filter compiled,$(OPENMARGIN_BUILD)),compile)
RUN := PYTHONPATH=$(SOURCE) .venv/bin/python
DEV := PYTHONPATH=$(CURDIR)/src .venv-dev/bin/python

.PHONY: help serve test test-pure test-compiled check format compile simulate bench docs nightly lock clean venv venv-dev

help: ## What can be said
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: venv $(BUILT) ## Start the exchange: make serve ARGS="--port 8000"
	@exec env $(RUN) -m openmargin serve $(ARGS)

test: check test-pure ## Checks and all tests: make test FOLDERS="engine api" ARGS="-k cancel"

test-pure: venv-dev
	@OPENMARGIN_BUILD=pure $(DEV) tools/run_tests.py $(FOLDERS) $(if $(ARGS),-- $(ARGS))

test-compiled: compile ## The tests that can tell the builds apart, on the compiled package
	@OPENMARGIN_BUILD=compiled $(DEV) tools/run_tests.py $(FOLDERS) $(if $(ARGS),-- $(ARGS))

check: venv-dev ## Format, lint, types, import contracts
	@.venv-dev/bin/ruff format --check .
	@.venv-dev/bin/ruff check .
	@.venv-dev/bin/pyright --pythonpath .venv-dev/bin/python
	@PYTHONPATH=$(CURDIR)/src .venv-dev/bin/lint-imports --no-cache

format: venv-dev ## Write the format that check asks for
	@.venv-dev/bin/ruff format .
	@.venv-dev/bin/ruff check --fix .

compile: venv-dev ## Build domain and engine as machine code into build/compiled
	@$(DEV) tools/compile.py

simulate: venv $(BUILT) ## Random markets against the slow model: make simulate SEEDS=200
	@$(RUN) -m openmargin simulate --seeds $(SEEDS) $(ARGS)

bench: $(BUILT) ## Measure; prints, never fails on a number
	@$(PYTHON) tools/environment.py .venv-bench requirements.lock bench/requirements.lock
	@PYTHONPATH=$(SOURCE):$(CURDIR) .venv-bench/bin/python -m bench $(ARGS)

docs: venv-dev ## Build the documentation into site/
	@.venv-dev/bin/mkdocs build --strict --quiet

nightly: check ## The long run, an hour and a half: many examples, both builds, many seeds
	@$(DEV) tools/nightly.py

lock: ## Resolve the .in files again: make lock ARGS="--upgrade"
	@$(PYTHON) tools/environment.py .venv-lock tools/lock.lock
	@.venv-lock/bin/python tools/lock.py $(ARGS)

clean: ## Remove everything that was made
	@rm -rf .venv .venv-* .venv*.lock .client-envs build site .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find src tests tools bench -name __pycache__ -prune -exec rm -rf {} +

venv:
	@$(PYTHON) tools/environment.py .venv requirements.lock
	@cmp -s tools/openmargin.sh .venv/bin/openmargin || install -m 755 tools/openmargin.sh .venv/bin/openmargin

venv-dev:
	@$(PYTHON) tools/environment.py .venv-dev requirements-dev.lock
