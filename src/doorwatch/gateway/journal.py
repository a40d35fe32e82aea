"""The gateway's own log: one JSON line each on standard error, and what the server should know into its queues."""

import logging
import sys
import time
import traceback
from collections import deque
from collections.abc import MutableMapping
from typing import Any

import msgspec
import structlog

from doorwatch.domain.time import to_iso

_KEPT = 2_000
_STANDARD = ("event", "level", "logger", "timestamp", "exc_info")


class Journal:
    """Collects log lines until the service moves them into the spool; equal errors are counted, not repeated."""

    def __init__(self, level: str = "INFO") -> None:
        self._level = getattr(logging, level)
        self._lines: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._errors: dict[tuple[str, str], dict[str, Any]] = {}

    def install(self) -> None:
        """Make structlog log through this journal."""
        structlog.configure(
            processors=[structlog.stdlib.add_log_level, self._stamp, self._collect, _render],
            wrapper_class=structlog.make_filtering_bound_logger(self._level),
            logger_factory=_Named,
            cache_logger_on_first_use=False,
        )

    def take(self) -> tuple[list[bytes], list[bytes]]:
        """Log lines and errors since the last time, encoded for their queues."""
        lines = [msgspec.json.encode(line) for line in self._lines]
        errors = [msgspec.json.encode(error) for error in self._errors.values()]
        self._lines.clear()
        self._errors.clear()
        return lines, errors

    def _stamp(self, logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["timestamp"] = to_iso(time.time_ns() // 1000)
        event["logger"] = getattr(logger, "name", "doorwatch")
        return event

    def _collect(self, _logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        failure = event.pop("exc_info", None)
        if failure:
            error = failure if isinstance(failure, BaseException) else sys.exc_info()[1]
            event["traceback"] = "".join(traceback.format_exception(error)) if error else ""
        context = {name: str(value) for name, value in event.items() if name not in {*_STANDARD, "traceback"}}
        line = {"timestamp": event["timestamp"], "level": event["level"], "logger": event["logger"]}
        line |= {"message": str(event.get("event", "")), "context": context}
        if event["level"] not in {"warning", "error", "critical"}:
            self._lines.append(line)
            return event
        self._lines.append(line)
        known = self._errors.setdefault(
            (line["logger"], line["message"]),
            {
                **line,
                "code": line["logger"],
                "traceback": event.get("traceback"),
                "count": 0,
                "first_seen": line["timestamp"],
            },
        )
        known["count"] += 1
        known["last_seen"] = line["timestamp"]
        return event


class _Named:
    """A logger that writes lines to standard error."""

    def __init__(self, name: str = "doorwatch", *_: Any) -> None:
        self.name = name

    def msg(self, line: str) -> None:
        """Write one line."""
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    debug = info = warning = error = critical = msg


def _render(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> str:
    first = {"timestamp": event.pop("timestamp"), "level": event.pop("level"), "logger": event.pop("logger")}
    line = {**first, "message": event.pop("event", ""), **event}
    return msgspec.json.encode(line, enc_hook=str).decode()
