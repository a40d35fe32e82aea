"""Where people were in a recording: one line for each searched picture, beside the segments.

So that what was seen live can be painted over the recording to the frame.
`ROOT/CAMERA/DAY/HOUR.people`, times and hours in UTC. It is an aid for the eye and no evidence: lines that a crash cut
short are passed over, a disk that fails loses some, and it goes when the segments of its hour are gone.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from doorwatch.domain.time import HOUR, SECOND, Micros, to_iso

SUFFIX = ".people"
_APART: Micros = 2 * SECOND
"""Somebody is taken to have been in the picture between two searched pictures that are at most this far apart."""


class PeopleLog:
    """Writes one camera's lines; `at` grows. Lines are gathered for a second."""

    def __init__(self, root: Path, camera_id: str) -> None:
        self._root = root / camera_id
        self._lines: list[str] = []
        self._first: Micros = 0
        self._empty = True

    def add(self, at: Micros, people: Sequence[Mapping[str, Any]]) -> None:
        """Who was in the picture captured at a time, as the live stream tells it; never raises."""
        if not people and self._empty:
            return
        if self._lines and (at - self._first >= SECOND or at // HOUR != self._first // HOUR):
            self.flush()
        if not self._lines:
            self._first = at
        self._empty = not people
        self._lines.append(json.dumps([at, *map(_packed, people)], separators=(",", ":")))

    def flush(self) -> None:
        """Write what was gathered; what the disk does not take is lost."""
        lines, self._lines = self._lines, []
        if not lines:
            return
        # Where nothing is recorded there is no folder, and nothing to paint over.
        with contextlib.suppress(OSError), _file(self._root, self._first).open("a") as file:
            file.write("\n".join(lines) + "\n")


def people_between(root: Path, camera_id: str, start: Micros, end: Micros) -> list[dict[str, Any]]:
    """The searched pictures from `start` to `end`, as the live stream tells them: `at_us` and `people` each."""
    found = []
    for at, people in _lines(root / camera_id, start, end):
        found.append({"at_us": at, "people": [_unpacked(person) for person in people]})
    return sorted(found, key=lambda frame: frame["at_us"])


def presence(root: Path, camera_id: str, start: Micros, end: Micros) -> list[tuple[Micros, Micros]]:
    """The times from `start` to `end` during which somebody was in the picture."""
    spans: list[tuple[Micros, Micros]] = []
    for at in sorted(at for at, people in _lines(root / camera_id, start, end) if people):
        if spans and at - spans[-1][1] <= _APART:
            spans[-1] = (spans[-1][0], at)
        else:
            spans.append((at, at))
    return spans


def forget_people(folder: Path, oldest: Micros | None) -> None:
    """Delete the lines of whole hours of a day's folder before its `oldest` segment (None: there is none left)."""
    for path in folder.glob(f"*{SUFFIX}"):
        if oldest is None or path.stem < _hour(oldest):
            with contextlib.suppress(OSError):
                path.unlink()


def _file(root: Path, at: Micros) -> Path:
    return root / to_iso(at, 0)[:10].replace("-", "") / f"{_hour(at)}{SUFFIX}"


def _hour(at: Micros) -> str:
    return to_iso(at, 0)[11:13]


def _lines(root: Path, start: Micros, end: Micros) -> Iterator[tuple[Micros, list[list[Any]]]]:
    hour = start // HOUR
    while hour <= end // HOUR:
        try:
            text = _file(root, hour * HOUR).read_text(errors="replace")
        except OSError:
            text = ""
        yield from _read(text.splitlines(), start, end)
        hour += 1


def _read(lines: Iterable[str], start: Micros, end: Micros) -> Iterator[tuple[Micros, list[list[Any]]]]:
    for line in lines:
        try:
            at, *people = json.loads(line)
        except (ValueError, TypeError):
            continue
        if (
            isinstance(at, int)
            and start <= at <= end
            and all(isinstance(one, list) and len(one) == 9 for one in people)
        ):
            yield at, people


def _packed(person: Mapping[str, Any]) -> list[Any]:
    numbers = [round(value) for value in (*person["box"], *person["foot"])]
    return [person["track"], person["door_id"], *numbers, person["tile"]]


def _unpacked(packed: Sequence[Any]) -> dict[str, Any]:
    track, door_id, left, top, right, bottom, x, y, tile = packed
    return {"track": track, "door_id": door_id, "box": [left, top, right, bottom], "foot": [x, y], "tile": tile}
