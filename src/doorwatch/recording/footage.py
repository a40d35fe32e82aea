"""Recorded video as a browser plays it: the fragments of a time just as they lie on disk, whole groups of pictures.

Every piece begins at a key picture and ends before one, so that pieces asked for one after the other join without a seam
and without a picture that is told twice. Nothing is decoded or rewritten: capture times are in the fragments.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from doorwatch.domain.time import SECOND, Micros, to_iso
from doorwatch.recording.clips import NothingRecordedError
from doorwatch.recording.fmp4 import Entry, RecordingError, codec_name
from doorwatch.recording.segments import Recordings, read_entries

LONGEST: Micros = 30 * SECOND
"""So much is given out at a time."""

_LONGEST_GROUP: Micros = 20 * SECOND


@dataclass(frozen=True, slots=True)
class Footage:
    """An init segment and fragments; `start` is capture time of the first picture, `end` where the next piece begins."""

    data: bytes
    codec: str
    start: Micros
    end: Micros


@dataclass(frozen=True, slots=True)
class _Piece:
    path: Path
    head: int
    entry: Entry


def footage(recordings: Recordings, camera_id: str, start: Micros, end: Micros) -> Footage:
    """The recorded groups of pictures from the one that `start` lies in until `end` is reached; ends where codec or size change.

    Raises NothingRecordedError when there is nothing from `start` to `end`, RecordingError when files cannot be read.
    """
    end = min(end, start + LONGEST)
    pieces = _whole_groups(_pieces(recordings.covering(camera_id, start, end + _LONGEST_GROUP)), start, end)
    if not pieces:
        raise NothingRecordedError(
            f"camera {camera_id} has no recording from {to_iso(start, 3)} to {to_iso(end, 3)}: "
            "it was offline then, or the recording was already deleted"
        )
    try:
        return _read(pieces)
    except FileNotFoundError:
        raise NothingRecordedError(f"the recording of camera {camera_id} was deleted while it was being read") from None
    except OSError as error:
        raise RecordingError(f"{pieces[0].path} cannot be read ({error.strerror}): check the disk") from error


def _pieces(paths: Sequence[Path]) -> Iterator[_Piece]:
    for path in paths:
        found = read_entries(path)
        for entry in found:
            yield _Piece(path, found[0].offset, entry)


def _whole_groups(pieces: Iterator[_Piece], start: Micros, end: Micros) -> list[_Piece]:
    """From the last key picture up to `start` (else the first after it) until before the first one from `end` on."""
    chosen: list[_Piece] = []
    for piece in pieces:
        entry = piece.entry
        if entry.key and (entry.start <= start or (chosen and chosen[-1].entry.end <= start)):
            chosen = []
        if entry.key and entry.start >= end:
            break
        if chosen or entry.key:
            chosen.append(piece)
    # What ended before the time that was asked for is nothing of it.
    return chosen if chosen and max(piece.entry.end for piece in chosen) > start else []


def _read(pieces: Sequence[_Piece]) -> Footage:
    data, init, taken = bytearray(), b"", []
    for path in dict.fromkeys(piece.path for piece in pieces):
        of_file = [piece for piece in pieces if piece.path == path]
        whole = path.with_suffix(".mp4")
        with (path if path.exists() else whole).open("rb") as file:
            head = file.read(of_file[0].head)
            if init and head != init:
                break
            data += head if not init else b""
            init = head
            for piece in of_file:
                file.seek(piece.entry.offset)
                data += file.read(piece.entry.size)
                taken.append(piece.entry)
    return Footage(bytes(data), codec_name(init), taken[0].start, max(entry.end for entry in taken))
