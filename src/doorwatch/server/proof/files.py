"""Rows and files: evidence and its blobs, segments and the recordings on this machine.

The server goes on while this looks: a file that is missing is asked for again in the newest rows before it counts,
and a file without a row counts only when it is older than a row may take to come.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from sqlalchemy import Connection, select

from doorwatch.domain.time import Micros, from_seconds
from doorwatch.store.invariants import Found
from doorwatch.store.schema.media import evidence, garbage, segments

Fresh = Callable[[Callable[[Connection], dict[str, int]]], dict[str, int]]

_EVIDENCE = "evidence"


def evidence_kept(ask: Fresh, blobs: Path, before: Micros) -> Found:
    """Every piece of evidence has its file of the right size, and no file older than `before` is without a row."""
    rows = ask(_evidence_rows)
    lies = _files(blobs / _EVIDENCE, blobs, before)
    doubtful = {name for name, size in rows.items() if _size(blobs / name) != size}
    if doubtful or set(lies) - set(rows):
        rows = ask(_evidence_rows)
    wrong = _misfits(rows, doubtful, blobs, "the evidence")
    wrong += [f"the file {name} belongs to no incident" for name in lies if name not in rows and _size(blobs / name)]
    return Found(len(rows), tuple(wrong))


def segments_kept(ask: Fresh, recordings: Path, before: Micros) -> Found:
    """Segment rows of cameras that are recorded here have their files; no file older than `before` is without a row.

    A camera without a folder here is recorded by an analyzer on another machine: its rows can't be looked at.
    """
    here = {folder.name for folder in recordings.iterdir() if folder.is_dir()} if recordings.is_dir() else set()

    def of_here(rows: dict[str, int]) -> dict[str, int]:
        return {name: size for name, size in rows.items() if name.partition("/")[0] in here}

    rows = of_here(ask(_segment_rows))
    lies = [name for name in _files(recordings, recordings, before) if name.endswith(".mp4")]
    doubtful = {name for name, size in rows.items() if _size(recordings / name) != size}
    known = ask(_garbage_rows) | rows
    if doubtful or set(lies) - set(known):
        rows = of_here(ask(_segment_rows))
        known = ask(_garbage_rows) | rows
    wrong = _misfits(rows, doubtful, recordings, "the segment")
    wrong += [f"the recording {name} has no row" for name in lies if name not in known and _size(recordings / name)]
    return Found(len(rows), tuple(wrong))


def _evidence_rows(conn: Connection) -> dict[str, int]:
    return {row.blob: row.bytes for row in conn.execute(select(evidence.c.blob, evidence.c.bytes))}


def _segment_rows(conn: Connection) -> dict[str, int]:
    return {row.name: row.bytes for row in conn.execute(select(segments.c.name, segments.c.bytes))}


def _garbage_rows(conn: Connection) -> dict[str, int]:
    return {row.name: row.bytes for row in conn.execute(select(garbage.c.name, garbage.c.bytes))}


def _misfits(rows: dict[str, int], doubtful: Iterable[str], folder: Path, what: str) -> list[str]:
    wrong = []
    for name in sorted(doubtful):
        if name in rows:
            size = _size(folder / name)
            if size is None:
                wrong.append(f"{what} {name} has no file")
            elif size != rows[name]:
                wrong.append(f"{what} {name} has {size} bytes instead of {rows[name]}")
    return wrong


def _files(folder: Path, root: Path, before: Micros) -> list[str]:
    """Names of the files below `folder` that were last written before a time, relative to `root`."""
    names = []
    for path in folder.rglob("*"):
        try:
            if path.is_file() and from_seconds(path.stat().st_mtime) < before:
                names.append(path.relative_to(root).as_posix())
        except FileNotFoundError:  # replaced or tidied up while we look
            continue
    return sorted(names)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return None
