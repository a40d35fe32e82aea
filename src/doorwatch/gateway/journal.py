"""The gateway's own log: one JSON line each on standard error, and what the server should know into its queues.

Made of the standard library's logging, which is loaded anyway: a gateway is counted in megabytes.
"""

import logging
import sys
import traceback
from collections import deque
from typing import Any

import msgspec

from doorwatch.domain.time import from_seconds, to_iso

_KEPT = 2_000
_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Journal(logging.Handler):
    """Writes lines and keeps them until the service moves them into the spool; equal errors are counted there."""

    def __init__(self, level: str = "INFO") -> None:
        super().__init__(getattr(logging, level))
        self._lines: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._errors: dict[tuple[str, str], dict[str, Any]] = {}

    def install(self) -> None:
        """Take over all of the process's logging."""
        root = logging.getLogger()
        root.handlers[:] = [self]
        root.setLevel(logging.WARNING)
        logging.getLogger("doorwatch").setLevel(self.level)

    def emit(self, record: logging.LogRecord) -> None:
        """Write and keep one line."""
        context = {name: str(value) for name, value in vars(record).items() if name not in _ORDINARY}
        line: dict[str, Any] = {
            "timestamp": to_iso(from_seconds(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "context": context,
        }
        written = {**{name: value for name, value in line.items() if name != "context"}, **context}
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else None
        if trace:
            written["traceback"] = trace
        sys.stderr.write(msgspec.json.encode(written).decode() + "\n")
        sys.stderr.flush()
        self._lines.append(line)
        if record.levelno >= logging.WARNING:
            self._keep_error(line, trace)

    def _keep_error(self, line: dict[str, Any], trace: str | None) -> None:
        first = {**line, "code": line["logger"], "traceback": trace, "count": 0, "first_seen": line["timestamp"]}
        known = self._errors.setdefault((line["logger"], line["message"]), first)
        known["count"] += 1
        known["last_seen"] = line["timestamp"]

    def take(self) -> tuple[list[bytes], list[bytes]]:
        """Log lines and errors since the last time, encoded for their queues."""
        lines = [msgspec.json.encode(line) for line in self._lines]
        errors = [msgspec.json.encode(error) for error in self._errors.values()]
        self._lines.clear()
        self._errors.clear()
        return lines, errors
