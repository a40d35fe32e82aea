"""The product's server without its workers, on a port of its own: what ingest costs when nobody judges beside it.

python bench/serving/ingest_server.py PORT       (the data folder in DOORWATCH_DATA_DIR, as for the product)
"""

import sys

import uvicorn

from doorwatch.domain.time import SystemClock
from doorwatch.server.app import create_app
from doorwatch.server.logs import configure_logs
from doorwatch.server.serving import calm_collector, configured
from doorwatch.server.settings import load_settings


def main() -> None:
    """Serve until the process is ended."""
    settings = load_settings(port=int(sys.argv[1]))
    configure_logs(settings.log_level)
    app = create_app(settings, SystemClock(), with_workers=False)
    calm_collector()
    uvicorn.Server(configured(app, host="127.0.0.1", port=settings.port)).run()


if __name__ == "__main__":
    main()
