#!/usr/bin/env bash
# Renews the pinned, hash-checked requirement files from pyproject.toml. Needs uv; run it after changing a dependency.
set -euo pipefail
cd "$(dirname "$0")/.."
pins() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@"; }
pins pyproject.toml -o requirements/gateway.txt
pins pyproject.toml --extra server -c requirements/gateway.txt -o requirements/server.txt
pins pyproject.toml --extra server --group build -c requirements/server.txt -o requirements/checkout.txt
pins pyproject.toml --extra server --group build --group dev -c requirements/checkout.txt -o requirements/dev.txt
