# `make help` lists what there is. Every target can be run again at no cost; ARGS="…" is handed on where it says so.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

PYTHON_IN := .venv/bin/python
UV := .venv/bin/uv
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
STAMPS := .venv/.stamps
export UV_PYTHON := $(PYTHON_IN)
export UV_PYTHON_DOWNLOADS := never
# Stands in the environment for the tools' own messages.
export MAKECMDGOALS

# An environment that was moved here, or whose Python is gone, is made anew.
USABLE := $(shell [ "$$(cat $(STAMPS)/where 2>/dev/null)" = "$(CURDIR)" ] && $(PYTHON_IN) -c '' 2>/dev/null && echo yes)
# Where the development tools are installed they stay, also for `make run`.
RUN_STAMP := $(STAMPS)/$(if $(wildcard $(STAMPS)/dev),dev,run)

.PHONY: help setup run web web-api test soak check figures bench lock clean peers browser always

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMPS)/dev ## the environment only: .venv with the product and its development tools
	@echo "==> .venv is ready"

web: ## the web interface only: built into the package, where Node is there
	@tools/build-web.sh

web-api: $(STAMPS)/dev web ## the API's types for web/, made anew from its OpenAPI document
	@$(PYTHON_IN) -m tools.openapi > web/openapi.json
	@cd web && npm run --silent api

run: $(RUN_STAMP) web ## the product at http://127.0.0.1:8000, from a bare clone (ARGS: those of `liteagent serve`)
	@echo "==> Starting: liteagent serve $(ARGS)"
	@exec .venv/bin/liteagent serve $(ARGS)

test: $(STAMPS)/dev peers web browser ## the whole test suite, without the soak tests (ARGS: those of pytest)
	@echo "==> Running the tests"
	@$(PYTHON_IN) -m pytest -n $(CORES) -m "not soak and not alone" $(ARGS)
	@echo "==> Running the tests that need the machine to themselves"
	@$(PYTHON_IN) -m pytest -m "alone and not soak" $(ARGS) || [ $$? -eq 5 ] # 5: ARGS names none of them

soak: $(STAMPS)/dev peers web ## the tests that take too long for `make test`
	@echo "==> Running the soak tests"
	@$(PYTHON_IN) -m pytest -m soak $(ARGS)

check: $(STAMPS)/dev web ## every gate: format, lint, types, imports, sizes, docs, text, locks (ARGS: names of gates)
	@$(PYTHON_IN) -m tools.check $(ARGS)

figures: $(STAMPS)/dev ## sizes of the code, packages, import time, memory and start-up time
	@$(PYTHON_IN) -m tools.figures

bench: $(STAMPS)/dev ## the benchmarks, one after the other
	@for each in benchmarks/*.py; do echo "==> $$each"; $(PYTHON_IN) $$each || exit 1; done

lock: $(STAMPS)/uv ## resolve pyproject.toml anew into requirements/*.lock, then install it
	@[ -f $(STAMPS)/dev ] || $(UV) pip install --quiet "packaging>=25"
	@$(PYTHON_IN) -m tools.locks --write
	@$(MAKE) --no-print-directory setup

clean: ## remove .venv and everything else that tools have made
	rm -rf .venv tests/peers/node_modules web/node_modules web/.next web/out src/liteagent/_web dist .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

peers:
	@tools/install-peers.sh

browser:
	@tools/install-browser.sh

$(STAMPS)/venv: tools/make-venv.sh $(if $(USABLE),,always)
	@tools/make-venv.sh
	@touch $@

$(STAMPS)/uv: requirements/bootstrap.lock $(STAMPS)/venv
	@echo "==> Installing uv, which installs the rest (requirements/bootstrap.lock)"
	@$(PYTHON_IN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@touch $@

# The build backend comes from requirements/build.lock, with hashes, into an environment of its own.
$(STAMPS)/run: requirements/run.lock requirements/build.lock pyproject.toml $(STAMPS)/uv
	@echo "==> Installing the product (requirements/run.lock)"
	@$(UV) pip sync --compile-bytecode --require-hashes requirements/run.lock
	@$(UV) pip install --quiet --no-deps --build-constraints requirements/build.lock --editable .
	@touch $@

$(STAMPS)/dev: requirements/dev.lock requirements/build.lock pyproject.toml $(STAMPS)/uv
	@echo "==> Installing the product and its development tools (requirements/dev.lock)"
	@$(UV) pip sync --compile-bytecode --require-hashes requirements/dev.lock
	@$(UV) pip install --quiet --no-deps --build-constraints requirements/build.lock --editable .
	@touch $@

always:
