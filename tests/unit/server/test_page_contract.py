"""The page's typed client is made from web/openapi.json: it must be what this server publishes."""

import json
from pathlib import Path

from doorwatch.server.openapi import document

ROOT = Path(__file__).parents[3]


def test_the_document_that_the_page_is_built_on_is_the_servers():
    kept = json.loads((ROOT / "web/openapi.json").read_text())
    assert kept == json.loads(document()), "run: python -m doorwatch.server.openapi > web/openapi.json, then make ui"
