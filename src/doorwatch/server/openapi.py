"""`python -m doorwatch.server.openapi`: print the OpenAPI document, from which the page's typed client is made."""

import json
import sys
from pathlib import Path

from doorwatch.server.app import create_app
from doorwatch.server.settings import Settings


def document() -> str:
    """The OpenAPI document as JSON, ending in a line feed."""
    app = create_app(Settings(data_dir=Path("unused")))
    return json.dumps(app.openapi(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
