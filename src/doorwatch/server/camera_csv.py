"""Lists of cameras as tables: what a file would change, row by row, before anything is changed."""

import csv
import io
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit

from doorwatch.domain.errors import DoorwatchError
from doorwatch.server import recording_cells
from doorwatch.server.api.tables import is_formula
from doorwatch.server.cells import RowError, flag
from doorwatch.store.cameras import Camera
from doorwatch.store.engine.identity import new_id

_OTHERS = ("groups", "labels", "blur_people", *recording_cells.COLUMNS)
COLUMNS = ("camera_id", "name", "url", "main_url", "user", "password", "enabled", *_OTHERS)
"""All but `name` may be absent. An absent column leaves what is stored; a blank cell clears it."""

MOST_ROWS = 10_000
_LONGEST = {"name": 200, "url": 2000, "main_url": 2000}


class CameraListError(DoorwatchError):
    """A file that is no list of cameras; the text is one sentence with the cure."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row (the first one after the head is row 2, as spreadsheets count)."""

    row: int
    field: str
    error: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would do: cameras to add, cameras to change with the names of what changes, rows that are left out."""

    added: list[Camera] = field(default_factory=list)
    changed: list[tuple[Camera, tuple[str, ...]]] = field(default_factory=list)
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)


def plan(text: str, there: Sequence[Camera], unmask: Callable[[str, str], str]) -> Plan:
    """Compare a table with the cameras that are there; `unmask` gives an address its former password back.

    Raises CameraListError when the text is no such table.
    """
    rows = _rows(text)
    known = {camera.camera_id: camera for camera in there}
    by_name = {camera.name.casefold(): camera for camera in there}
    taken = {name: camera.camera_id for name, camera in by_name.items()}
    seen: set[str] = set()
    made = Plan()
    unchanged = 0
    for number, row in rows:
        try:
            former = _former(row, known, by_name)
            camera = _camera(row, former, unmask)
            _refuse_second(camera, taken, seen)
        except RowError as error:
            made.faults.append(Fault(number, error.where, str(error)))
            continue
        seen.add(camera.camera_id)
        taken[camera.name.casefold()] = camera.camera_id
        by_name.setdefault(camera.name.casefold(), camera)
        if former is None:
            made.added.append(camera)
        elif differing := _differing(former, camera):
            made.changed.append((camera, differing))
        else:
            unchanged += 1
    return replace(made, unchanged=unchanged)


def _refuse_second(camera: Camera, taken: Mapping[str, str], seen: Collection[str]) -> None:
    if taken.get(camera.name.casefold(), camera.camera_id) != camera.camera_id or camera.camera_id in seen:
        raise RowError("name", f"there are two cameras called {camera.name}: name each once")


def as_row(camera: Camera, mask: Callable[[str], str]) -> tuple[object, ...]:
    """A camera as a row under `EXPORTED`; `mask` takes the password out of an address."""
    return (
        camera.camera_id,
        camera.name,
        mask(camera.url),
        mask(camera.main_url) if camera.main_url else "",
        "yes" if camera.enabled else "no",
        "; ".join(camera.groups),
        "; ".join(camera.labels),
        "yes" if camera.settings.get("blur_people", False) is not False else "no",
        *recording_cells.as_cells(camera.settings),
    )


EXPORTED = ("camera_id", "name", "url", "main_url", "enabled", *_OTHERS)


def _rows(text: str) -> list[tuple[int, dict[str, str]]]:
    clean = text.removeprefix("\ufeff")
    first = clean.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else "\t" if "\t" in first else ","
    try:
        table = list(csv.reader(io.StringIO(clean, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise CameraListError(f"the file is no table of comma-separated values ({error}); save it as CSV") from error
    head = [name.strip().casefold().replace(" ", "_") for name in table[0]] if table else []
    if "name" not in head:
        raise CameraListError("the first row must name the columns, and one of them must be name")
    if unknown := [name for name in head if name not in COLUMNS]:
        raise CameraListError(f"the column {unknown[0]!r} is not known; there are {', '.join(COLUMNS)}")
    if len(set(head)) != len(head):
        raise CameraListError("a column is named twice; name each once")
    if len(table) > MOST_ROWS + 1:
        raise CameraListError(f"the file has more than {MOST_ROWS} rows; send it in parts")
    return [
        (number, {name: _cell(value) for name, value in zip(head, [*row, *[""] * len(head)], strict=False)})
        for number, row in enumerate(table[1:], 2)
        if any(value.strip() for value in row)
    ]


def _cell(value: str) -> str:
    """What a cell says; a mark that keeps spreadsheets from calculating it is taken off."""
    text = value.strip()
    return text[1:] if text[:1] == "'" and is_formula(text[1:]) else text


def _former(row: Mapping[str, str], known: Mapping[str, Camera], by_name: Mapping[str, Camera]) -> Camera | None:
    if camera_id := row.get("camera_id"):
        if camera_id not in known:
            raise RowError("camera_id", "there is no camera with this id; leave the cell empty to add one")
        return known[camera_id]
    return by_name.get(row["name"].casefold())


def _camera(row: Mapping[str, str], former: Camera | None, unmask: Callable[[str, str], str]) -> Camera:
    name = row["name"]
    if not name:
        raise RowError("name", "a camera needs a name")
    base = former or Camera(new_id("cam"), name, "")
    settings: dict[str, Any] = dict(base.settings)
    if "blur_people" in row:
        settings["blur_people"] = flag("blur_people", row["blur_people"], blank=False)
        if "blur_people" not in base.settings and not settings["blur_people"]:
            del settings["blur_people"]
    settings |= recording_cells.planned(row, settings)
    camera = replace(
        base,
        name=name,
        url=_address(row, base, unmask),
        main_url=_main_address(row, base, unmask),
        enabled=flag("enabled", row["enabled"], blank=True) if "enabled" in row else base.enabled,
        settings=settings,
        groups=_words("groups", row["groups"]) if "groups" in row else base.groups,
        labels=_words("labels", row["labels"]) if "labels" in row else base.labels,
    )
    for what, most in _LONGEST.items():
        text = str(getattr(camera, what) or "")
        if len(text) > most:
            raise RowError(what, f"it is longer than {most} characters")
        if any(ord(sign) < 32 for sign in text):
            raise RowError(what, "it holds a sign that can't be printed")
    return camera


def _address(row: Mapping[str, str], base: Camera, unmask: Callable[[str, str], str]) -> str:
    url = unmask(row["url"], base.url) if "url" in row else base.url
    if not url:
        raise RowError("url", "a camera needs the address of its stream, such as rtsp://10.0.0.8/stream2")
    return _signed("url", url, row)


def _main_address(row: Mapping[str, str], base: Camera, unmask: Callable[[str, str], str]) -> str | None:
    """The main stream's; user and password of the row are those of both streams."""
    url = unmask(row["main_url"], base.main_url or base.url) if "main_url" in row else base.main_url
    return _signed("main_url", url, row) if url else None


def _signed(where: str, url: str, row: Mapping[str, str]) -> str:
    """An address that can be used, with the user and the password of the row. Raises RowError."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        raise RowError(where, "the address can't be read; write rtsp://10.0.0.8/stream2") from None
    if any(sign.isspace() for sign in url) or parts.scheme not in {"rtsp", "rtsps", "file"} or not (host or parts.path):
        raise RowError(where, "the address must begin with rtsp:// or rtsps:// and hold no blanks")
    if parts.scheme == "file" or ("user" not in row and "password" not in row):
        return url
    user = quote(row["user"], safe="") if "user" in row else parts.username or ""
    password = quote(row["password"], safe="") if "password" in row else parts.password or ""
    if password and not user:
        raise RowError("user", "a password needs a user")
    place = parts.netloc.rpartition("@")[2]
    signed = f"{user}:{password}@" if password else f"{user}@" if user else ""
    return parts._replace(netloc=signed + place).geturl()


def _words(name: str, value: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word for part in value.split(";") if (word := part.strip())))
    if len(words) > 50 or any(len(word) > 100 for word in words):
        raise RowError(name, "at most 50 words of at most 100 characters, separated by semicolons")
    return words


def _differing(former: Camera, camera: Camera) -> tuple[str, ...]:
    kept = ("name", "url", "main_url", "enabled", "groups", "labels")
    found = [name for name in kept if getattr(former, name) != getattr(camera, name)]
    if former.settings.get("blur_people", False) != camera.settings.get("blur_people", False):
        found.append("blur_people")
    found += recording_cells.differing(former.settings, camera.settings)
    return tuple(found)
