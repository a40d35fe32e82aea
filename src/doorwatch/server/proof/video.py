"""Recorded video proved: every row against its file and every file against the rows, by size, hash and times.

Each fault has a name, what it is, and what can be done. Files that were written a moment ago are left out: their rows are
still under way. What belongs to a held incident is named as such, and no repair touches it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection, select

from doorwatch.domain.time import SECOND, Micros, from_seconds, to_iso
from doorwatch.recording.segments import hash_of, parse_stamp, read_entries
from doorwatch.store import holds, segments, tenants
from doorwatch.store.schema.media import garbage
from doorwatch.store.segments import Segment

T = TypeVar("T")


class Ask(Protocol):
    """Asks the database something."""

    def __call__(self, question: Callable[[Connection], T]) -> T:
        """What the question finds. Raises StoreError."""
        ...


_SEAM: Micros = SECOND // 2
"""Segments that overlap by less are neighbours whose pictures were not evenly apart."""


class Wrong(StrEnum):
    """What can be wrong with recorded video."""

    MISSING = "missing"
    TRUNCATED = "truncated"
    ALTERED = "altered"
    MISTIMED = "mistimed"
    OVERLAPPING = "overlapping"
    UNLISTED = "unlisted"
    UNREADABLE = "unreadable"
    UNFINISHED = "unfinished"
    RESTORED = "restored"


_CURES = {
    Wrong.MISSING: "its file is gone (deleted by hand, or a disk that failed); put it back from a copy, or let --repair take it off the list",
    Wrong.TRUNCATED: "a power cut or a full disk; --repair keeps what is whole",
    Wrong.ALTERED: "the disk failed or somebody changed it; --repair sets the file aside, and the time is a gap",
    Wrong.MISTIMED: "--repair lists the times that are in the file",
    Wrong.OVERLAPPING: "the camera's clock jumped back; --repair ends the first where the second begins",
    Wrong.UNLISTED: "its row was lost, perhaps by restoring an older backup; --repair lists it again",
    Wrong.UNREADABLE: "it is no recording; --repair sets it aside",
    Wrong.UNFINISHED: "left by a crash; its analyzer finishes it at the next start, and so does --repair",
    Wrong.RESTORED: "it is as it was recorded, but marked as damaged; --repair takes the mark away",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the file's name below the recordings, and the row of an account that it is about, where there is one."""

    wrong: Wrong
    name: str
    what: str
    account: str | None = None
    segment: Segment | None = None
    until: Micros | None = None
    held: bool = False

    def told(self) -> str:
        """Name, what is wrong and the cure, in a phrase."""
        cure = "it is held: nothing here changes it, put the file back from a copy" if self.held else _CURES[self.wrong]
        return f"{self.name} {self.what}: {cure}"


@dataclass(frozen=True, slots=True)
class Video:
    """How many segments and files were looked at, and what is wrong with them."""

    looked_at: int
    faults: tuple[Fault, ...]


def prove_video(ask: Ask, recordings: Path, before: Micros, now: Micros) -> Video:
    """Look at all recordings of this machine that were written before a time. Raises StoreError, OSError.

    Cameras without a folder here are recorded by an analyzer on another machine, and left out.
    """
    here = {folder.name for folder in recordings.iterdir() if folder.is_dir()} if recordings.is_dir() else set()
    # Files before rows: a row that comes meanwhile has its file, and a file that goes meanwhile has lost its row.
    files = _files(recordings, before)
    rows = [row for row in ask(partial(_rows, now=now)) if row[1].camera_id in here]
    faults = [fault for account, one, held in rows for fault in _of_row(recordings, account, one, held)]
    damaged = {fault.name for fault in faults}
    faults += _overlaps([row for row in rows if row[1].name not in damaged])
    known = {one.name for _, one, _ in rows} | ask(_garbage)
    faults += [fault for name in files if name not in known for fault in _of_file(recordings, name)]
    return Video(len(rows) + len(set(files) - known), tuple(faults))


def _rows(conn: Connection, now: Micros) -> list[tuple[str, Segment, bool]]:
    """Account, segment and whether it is held, of all accounts."""
    found = []
    for account in tenants.list_accounts(conn):
        spans = defaultdict(list)
        for span in holds.held_spans(conn, account.account_id, now):
            spans[span.camera_id].append(span)
        for one in segments.of_account(conn, account.account_id):
            held = any(one.start < span.end and one.end > span.start for span in spans[one.camera_id])
            found.append((account.account_id, one, held))
    return found


def _garbage(conn: Connection) -> set[str]:
    return set(conn.execute(select(garbage.c.name)).scalars())


def _of_row(recordings: Path, account: str, one: Segment, held: bool) -> Iterator[Fault]:
    path = recordings / one.name

    def fault(wrong: Wrong, what: str) -> Fault:
        return Fault(wrong, one.name, what, account, one, held=held)

    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        yield fault(Wrong.MISSING, "has no file")
        return
    if size < one.bytes:
        yield fault(Wrong.TRUNCATED, f"has {size} bytes instead of {one.bytes}")
        return
    entries = read_entries(path)
    if size > one.bytes or (one.sha256 is not None and hash_of(path) != one.sha256) or not entries:
        yield fault(Wrong.ALTERED, "does not hold what was recorded")
        return
    start, end = min(entry.start for entry in entries), max(entry.end for entry in entries)
    if start != one.start or end < one.end:
        yield fault(
            Wrong.MISTIMED,
            f"is listed from {to_iso(one.start, 3)} to {to_iso(one.end, 3)} and lasts from {to_iso(start, 3)} to {to_iso(end, 3)}",
        )
    elif one.fault is not None:
        yield fault(Wrong.RESTORED, f"is marked as {one.fault}")


def _overlaps(rows: Sequence[tuple[str, Segment, bool]]) -> list[Fault]:
    found, last = [], None
    for row in sorted(rows, key=lambda row: (row[1].camera_id, row[1].start)):
        if last is not None and last[1].camera_id == row[1].camera_id and last[1].end > row[1].start + _SEAM:
            account, one, held = last
            what = f"goes on to {to_iso(one.end, 3)}, but {row[1].name} begins at {to_iso(row[1].start, 3)}"
            found.append(Fault(Wrong.OVERLAPPING, one.name, what, account, one, row[1].start, held))
        last = row
    return found


def _of_file(recordings: Path, name: str) -> Iterator[Fault]:
    path = recordings / name
    try:
        entries = read_entries(path)
        parse_stamp(path.stem)
    except ValueError:
        entries = []
    if not path.exists():
        return
    if path.suffix == ".part":
        yield Fault(Wrong.UNFINISHED, name, "was never finished")
    elif entries:
        yield Fault(Wrong.UNLISTED, name, "is on no list")
    else:
        yield Fault(Wrong.UNREADABLE, name, "is on no list and can't be read")


def _files(recordings: Path, before: Micros) -> list[str]:
    names = []
    for path in recordings.glob("*/*/*"):
        try:
            if path.suffix in {".mp4", ".part"} and from_seconds(path.stat().st_mtime) < before:
                names.append(path.relative_to(recordings).as_posix())
        except FileNotFoundError:  # deleted while we look
            continue
    return sorted(names)
