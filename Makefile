# Everything a person does here; `make help` lists it.

SHELL := /bin/sh
PYTHON := .venv/bin/python
BIN := .venv/bin
AGAIN ?=
RUN_TESTS := $(PYTHON) -m pytest
export RASA_TELEMETRY_ENABLED = false
export TF_CPP_MIN_LOG_LEVEL = 3
export SQLALCHEMY_SILENCE_UBER_WARNING = 1
export HF_HUB_OFFLINE = 1
# Behind a company's proxy only the machine's own certificates do; the second name is for older versions of uv.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS ?= 1
export UV_NATIVE_TLS ?= 1
endif

.DEFAULT_GOAL := help
.PHONY: help run train shell test check lint benchmark benchmark-growth chaos lock tryton clean

help: ## List what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | awk -F '\t' '{ printf "  make %-18s%s\n", $$1, $$2 }'

run: .venv/.ready ## Start everything and print the address; ctrl-C stops it (PORT, DATA_DIR)
	@exec $(PYTHON) -m switchboard up

train: .venv/.ready ## Train the model if the data changed (AGAIN=1: in any case)
	@exec $(PYTHON) -m switchboard train $(if $(AGAIN),--again)

shell: .venv/.ready ## Talk to the assistant in the terminal
	@exec $(PYTHON) -m switchboard shell

test: lint ## Every check and test, training included
	@exec $(RUN_TESTS)

check: lint ## Lint, types, imports, unit and contract tests; no Rasa
	@exec $(RUN_TESTS) tests/unit tests/contracts

lint: .venv/.ready ## Style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

benchmark: .venv/.ready ## Measure; docs/benchmarks.md explains the figures (ARGS)
	@exec $(PYTHON) -m switchboard benchmark $(ARGS)

benchmark-growth: .venv/.ready ## The knowledge search among up to a million passages; takes long, and 6 GB (ARGS)
	@exec $(PYTHON) -m switchboard benchmark knowledge-growth $(ARGS)

chaos: .venv/.ready ## Conversations while processes are killed: nothing lost, nothing twice (ARGS)
	@exec $(PYTHON) -m switchboard benchmark chaos $(ARGS)

# The lock names no package index: whoever installs chooses theirs.
# The images' locks are parts of it.
lock: COMPILE = "$$(cat .bootstrap/uv.path)" pip compile --universal --generate-hashes --no-emit-index-url --quiet \
	--custom-compile-command "make lock" pyproject.toml
lock: .bootstrap/uv.path ## Resolve pyproject.toml into requirements.txt anew
	@$(COMPILE) --all-extras --output-file requirements.txt
	@$(COMPILE) --constraint requirements.txt --output-file deploy/requirements-web.txt
	@$(COMPILE) --constraint requirements.txt --extra encoder --output-file deploy/requirements-worker.txt
	@$(COMPILE) --constraint requirements.txt --extra rasa --output-file deploy/requirements-rasa.txt
	@echo 'rasa-sdk ; python_version < "3.11"' | \
		$(COMPILE) - --constraint requirements.txt --extra encoder --output-file deploy/requirements-actions.txt

# An environment of its own: Tryton is a business system that we talk to, and none of our packages.
tryton: tests/tryton/.venv/.ready ## Install the Tryton that the contract tests run its adapter against

tests/tryton/.venv/.ready: tests/tryton/requirements.txt .venv/bin/python .bootstrap/uv.path
	@echo "Installing Tryton into tests/tryton/.venv"
	@rm -rf tests/tryton/.venv && "$$(cat .bootstrap/uv.path)" venv --quiet --python $(PYTHON) tests/tryton/.venv
	@"$$(cat .bootstrap/uv.path)" pip install --quiet --python tests/tryton/.venv/bin/python --requirement $<
	@touch $@

clean: ## Remove what was made, except the data folder and .env
	rm -rf .venv tests/tryton/.venv .bootstrap .rasa models .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: requirements.txt .venv/bin/python .bootstrap/uv.path
	@echo "Installing the locked packages into .venv (3 GB)"
	@"$$(cat .bootstrap/uv.path)" pip sync --python $(PYTHON) requirements.txt
	@touch $@

# Python comes from the PATH, from pyenv even where its shims are not on the PATH, or is downloaded by uv.
.venv/bin/python: | .bootstrap/uv.path
	@uv="$$(cat .bootstrap/uv.path)"; wanted="$$(cat .python-version)"; home="$${HOME:-$$(eval echo ~$$(id -un))}"; \
		python="$$("$$uv" python find --system --no-python-downloads "$$wanted" 2>/dev/null || \
			ls "$${PYENV_ROOT:-$$home/.pyenv}"/versions/"$$wanted"*/bin/python 2>/dev/null | tail -n 1)"; \
		echo "Making .venv with Python $${python:-$$wanted}"; \
		rm -rf .venv; "$$uv" venv --quiet --python "$${python:-$$wanted}" .venv

# A uv that is on the PATH may still not run (a pyenv shim of another Python, say), so it is tried.
.bootstrap/uv.path:
	@mkdir -p .bootstrap
	@if uv --version >/dev/null 2>&1; then \
		command -v uv > $@; \
	elif .bootstrap/bin/uv --version >/dev/null 2>&1; then \
		echo .bootstrap/bin/uv > $@; \
	elif python3 -m pip --version >/dev/null 2>&1; then \
		echo "Installing uv into .bootstrap" && \
		python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
			--upgrade --target .bootstrap uv && echo .bootstrap/bin/uv > $@; \
	elif python3 -m venv .bootstrap/python >/dev/null 2>&1; then \
		echo "Installing uv into .bootstrap" && \
		.bootstrap/python/bin/pip install --quiet --disable-pip-version-check uv && \
		echo .bootstrap/python/bin/uv > $@; \
	else \
		rm -rf .bootstrap/python; \
		echo "uv is missing and python3 can't install it: first run 'apt-get install python3-venv' (or python3-pip)." >&2; \
		exit 1; \
	fi
