"""Log lines: one event a line, readable on a terminal, JSON where a machine collects them; nothing secret in them."""

import logging
import sys
from typing import TextIO, cast

import structlog


class _StandardError:
    """Standard error as it is at the time of writing: loggers are kept, and who runs us may exchange the stream."""

    def write(self, text: str) -> int:
        """Write to where standard error leads now."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Push it out."""
        sys.stderr.flush()


def configure_logs(level: str) -> None:
    """Send the server's and its libraries' log to standard error from this level on."""
    numeric = logging.getLevelNamesMapping()[level]
    readable = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=max(numeric, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )
