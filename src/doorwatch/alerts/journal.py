"""Which messages were handed over and are not noted in the database yet: a file that a killed server finds again.

Between a mail server's answer and the commit that notes it there are tens of milliseconds in which a kill would make the
mail come twice. A line in this file is written in some microseconds, before anything else happens, and what was written
outlives the process; only a power cut in these milliseconds can still double a mail, since nothing waits for the disk.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import structlog

from doorwatch.domain.time import Micros
from doorwatch.store.alerting.deliveries import Outcome

_log = structlog.get_logger(__name__)

_FIELDS = 4
_LONGEST = 1 << 20


class Journal:
    """The file of one server; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: int | None = None
        self._open: dict[str, bytes] = {}
        self._told = False

    def read(self) -> list[Outcome]:
        """What a server before this one handed over and did not note. A line cut short by its end is none."""
        if self._path is None or not self._path.exists():
            return []
        found = []
        for line in self._path.read_bytes().splitlines(keepends=True):
            outcome = _outcome(line)
            if outcome is not None:
                found.append(outcome)
                self._open[outcome.message_id] = line
        return found

    def add(self, account: str, message_id: str, began: Micros, ended: Micros) -> Micros:
        """Keep that a message was handed over, once; when that was. A disk that is full stops no mail: it is logged once."""
        kept = _outcome(self._open.get(message_id, b""))
        if kept is not None:
            return kept.ended_at
        line = f"{account}\t{message_id}\t{began}\t{ended}\n".encode()
        self._open[message_id] = line
        self._write(line)
        return ended

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._open

    def settle(self, message_ids: Iterable[str]) -> None:
        """These are noted in the database."""
        for message_id in message_ids:
            self._open.pop(message_id, None)
        if self._file is None or self._path is None:
            return
        try:
            if not self._open:
                os.ftruncate(self._file, 0)
            elif os.fstat(self._file).st_size > _LONGEST:
                self._shorten(self._path)
        except OSError as error:
            self._warn(error)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, line: bytes) -> None:
        if self._path is None:
            return
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(self._file, line)
        except OSError as error:
            self._warn(error)

    def _shorten(self, path: Path) -> None:
        """Keep what is open alone; the file is never without it."""
        fresh = path.with_suffix(".new")
        fresh.write_bytes(b"".join(self._open.values()))
        fresh.replace(path)
        self.close()

    def _warn(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            _log.warning("a kill could double mails: the journal of deliveries can't be written", error=str(error))


def _outcome(line: bytes) -> Outcome | None:
    parts = line.decode("utf-8", "replace").rstrip("\n").split("\t")
    if not line.endswith(b"\n") or len(parts) != _FIELDS or not (parts[2].isdigit() and parts[3].isdigit()):
        return None
    return Outcome(parts[0], parts[1], "sent", int(parts[2]), int(parts[3]))
