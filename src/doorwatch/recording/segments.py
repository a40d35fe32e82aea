"""Segments: recorded video in files of a few seconds, which survive power cuts, kill -9 and a full disk.

`ROOT/CAMERA/DAY/START.mp4`, START and DAY in UTC. A segment is written as `.part`; when it is complete, the file is
forced to disk, renamed, and its folder is forced to disk. Only then `finish` returns the `Segment`, which is the only
thing that may become a row anywhere. A `.part` left by a crash is cut back to its last whole fragment and finished in
the same way, or removed when it holds none.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from doorwatch.domain.time import DAY, Micros, from_iso, to_iso
from doorwatch.recording.fmp4 import Entry, Fragment, InitSegment, RecordingError, entries
from doorwatch.recording.people import forget_people

_WHOLE, _PART, _MARK = ".mp4", ".part", "reported"
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_NAMED = re.compile(r"\d{8}T\d{6}\.\d{1,6}Z")
"""What `stamp` writes: other files are not of ours, and left alone."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of recorded video on disk; `name` is its path below the recordings folder, times are UTC microseconds.

    `sha256` is the hash of the whole file, in hexadecimal.
    """

    segment_id: str
    camera_id: str
    start: Micros
    end: Micros
    bytes: int
    name: str
    sha256: str | None = None


class SegmentWriter:
    """Writes one camera's segments, one after the other. Not for several threads."""

    def __init__(self, root: Path, camera_id: str) -> None:
        if not _SAFE.fullmatch(camera_id):
            raise RecordingError(f"{camera_id!r} cannot name a folder: use letters, digits, dots and dashes")
        self._root = root
        self._camera_id = camera_id
        self._file: int | None = None
        self._path = root
        self._start: Micros = 0
        self._end: Micros = 0
        self._hash = hashlib.sha256()

    @property
    def start(self) -> Micros | None:
        """When the segment that is being written began; None when there is none."""
        return self._start if self._file is not None else None

    def recorded(self, start: Micros) -> bool:
        """Whether a segment that begins at this very moment is there already: a clock was set back over a file that is played."""
        return self._named(start).with_suffix(_WHOLE).exists()

    def begin(self, init: InitSegment, start: Micros) -> None:
        """Start a segment whose first picture was captured at `start`. Raises OSError."""
        self._path = self._named(start)
        _make_folders(self._path.parent)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        self._start = self._end = start
        self._hash = hashlib.sha256()
        self._write(init.data)

    def add(self, piece: Fragment) -> None:
        """Write a fragment; it can be read by others at once. Raises OSError."""
        self._write(piece.data)
        self._end = max(self._end, piece.end)

    def finish(self) -> Segment | None:
        """Force the segment to disk under its final name; None when nothing was being written. Raises OSError."""
        if self._file is None:
            return None
        file, self._file = self._file, None
        try:
            os.fsync(file)
        finally:
            os.close(file)
        return _settle(self._root, self._camera_id, self._path, self._start, self._end, self._hash.hexdigest())

    def abandon(self) -> None:
        """Give up the segment that is being written (the disk failed); never raises."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
            with contextlib.suppress(OSError):
                self._path.unlink()
            self._file = None

    def _named(self, start: Micros) -> Path:
        folder = self._root / self._camera_id / to_iso(start, 0)[:10].replace("-", "")
        return folder / f"{stamp(start)}{_PART}"

    def _write(self, data: bytes) -> None:
        if self._file is None:
            raise RecordingError("no segment was begun: this is a fault of the program, please report it")
        self._hash.update(data)
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]


class Recordings:
    """What is on disk below one folder: found again at start, by time, and deleted."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def recover(self, camera_id: str) -> list[Segment]:
        """Finish what a crash left of this camera, and every segment that was not yet `mark_reported`, oldest first.

        Call it before the camera's writer starts.
        """
        salvaged = {
            path.with_suffix(_WHOLE)
            for path in sorted((self.root / camera_id).glob(f"*/*{_PART}"))
            if _NAMED.fullmatch(path.stem) and _salvage(self.root, camera_id, path)
        }
        mark = self._mark(camera_id)
        # What was being written was never told, though its time may lie before the mark: clocks are set back.
        fresh = (path for path in self._files(camera_id) if parse_stamp(path.stem) > mark or path in salvaged)
        return [segment for path in fresh if (segment := self._segment(camera_id, path)) is not None]

    def mark_reported(self, segment: Segment) -> None:
        """Remember that this segment and all older ones of its camera are safely on their way to the server."""
        mark = self.root / segment.camera_id / _MARK
        temporary = mark.with_suffix(".tmp")
        temporary.write_text(str(segment.start))
        temporary.replace(mark)

    def covering(self, camera_id: str, start: Micros, end: Micros) -> list[Path]:
        """The files with pictures in [start, end], oldest first, the one that is being written included."""
        found = []
        for path in self._days(camera_id, start, end):
            begun = parse_stamp(path.stem)
            if begun <= end:
                found.append((begun, path))
        found.sort()
        older = [i for i, (begun, _) in enumerate(found) if begun <= start]
        return [path for _, path in found[older[-1] if older else 0 :]]

    def recorded_until(self, camera_id: str, since: Micros) -> Micros | None:
        """Up to which capture time pictures can be read now, looking at files from `since` on; None without any."""
        last: Micros | None = None
        for path in self.covering(camera_id, since, since + DAY)[-2:]:
            for entry in read_entries(path):
                last = max(last or 0, entry.end)
        return last

    def delete(self, segment_ids: Iterable[str]) -> list[str]:
        """Remove the files of these segments; the ids that are gone now, whether or not there was a file."""
        gone, folders = [], set()
        for segment_id in segment_ids:
            camera_id, _, begun = segment_id.rpartition("~")
            if not _SAFE.fullmatch(camera_id) or not begun.isdigit():
                continue
            start = int(begun)
            path = self.root / camera_id / to_iso(start, 0)[:10].replace("-", "") / f"{stamp(start)}{_WHOLE}"
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            folders.add(path.parent)
            gone.append(segment_id)
        for folder in folders:
            forget_people(folder, min((parse_stamp(path.stem) for path in folder.glob("*Z.*")), default=None))
            with contextlib.suppress(OSError):
                folder.rmdir()  # only when the day is empty
        return gone

    def _mark(self, camera_id: str) -> Micros:
        try:
            return int((self.root / camera_id / _MARK).read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def _files(self, camera_id: str) -> Iterator[Path]:
        found = (self.root / camera_id).glob(f"*/*{_WHOLE}")
        return iter(sorted(path for path in found if _NAMED.fullmatch(path.stem)))

    def _days(self, camera_id: str, start: Micros, end: Micros) -> Iterator[Path]:
        day = (start - DAY) // DAY
        while day <= end // DAY:
            folder = self.root / camera_id / to_iso(day * DAY, 0)[:10].replace("-", "")
            yield from (path for path in folder.glob("*Z.*") if path.suffix in {_WHOLE, _PART})
            day += 1

    def _segment(self, camera_id: str, path: Path) -> Segment | None:
        found = read_entries(path)
        if not found:
            return None
        end = max(entry.end for entry in found)
        return _described(self.root, camera_id, path, parse_stamp(path.stem), end, hash_of(path))


def read_entries(path: Path) -> list[Entry]:
    """The whole fragments of a segment's file; none when the file is gone."""
    try:
        with path.open("rb") as file:
            return list(entries(file))
    except FileNotFoundError:
        # It may just have been finished under its final name.
        whole = path.with_suffix(_WHOLE)
        return read_entries(whole) if path.suffix == _PART and whole.exists() else []


def stamp(at: Micros) -> str:
    """A moment as part of a file's name: `20260131T123456.789000Z`."""
    return to_iso(at).replace("-", "").replace(":", "")


def parse_stamp(text: str) -> Micros:
    """The moment that `stamp` wrote."""
    t = text
    return from_iso(f"{t[:4]}-{t[4:6]}-{t[6:8]}T{t[9:11]}:{t[11:13]}:{t[13:]}")


def hash_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _described(root: Path, camera_id: str, path: Path, start: Micros, end: Micros, sha256: str) -> Segment:
    name = path.relative_to(root).as_posix()
    return Segment(f"{camera_id}~{start}", camera_id, start, end, path.stat().st_size, name, sha256)


def _settle(root: Path, camera_id: str, part: Path, start: Micros, end: Micros, sha256: str) -> Segment:
    whole = part.with_suffix(_WHOLE)
    part.replace(whole)
    _sync_folder(whole.parent)
    return _described(root, camera_id, whole, start, end, sha256)


def _salvage(root: Path, camera_id: str, part: Path) -> bool:
    """Finish what a crash left of a segment; whether anything of it is whole."""
    found = read_entries(part)
    if not found:
        part.unlink()
        return False
    with part.open("r+b") as file:
        file.truncate(found[-1].offset + found[-1].size)
        file.flush()
        os.fsync(file.fileno())
    _settle(root, camera_id, part, parse_stamp(part.stem), max(entry.end for entry in found), hash_of(part))
    return True


def _make_folders(folder: Path) -> None:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        _sync_folder(made.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
