"""The page's client is generated from web/openapi.json, so that file must be what the server says."""

import json
import subprocess
import sys
from pathlib import Path


def test_the_page_was_built_from_what_the_server_says():
    document = Path(__file__).parents[2] / "web" / "openapi.json"
    said = subprocess.run([sys.executable, "-m", "doorwatch.server.openapi"], capture_output=True, check=True).stdout
    cure = "run: .venv/bin/python -m doorwatch.server.openapi > web/openapi.json"
    assert json.loads(document.read_text()) == json.loads(said), cure
