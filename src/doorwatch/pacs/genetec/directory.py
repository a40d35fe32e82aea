"""Doors, their sides and cameras, and the people who pass them: what GUIDs mean."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from doorwatch.domain.access import Direction
from doorwatch.domain.time import Clock
from doorwatch.pacs.driver import AccessPoint, Inventory, PacsDoor
from doorwatch.pacs.genetec.answers import AnswerError, guid
from doorwatch.pacs.genetec.client import LONGEST_QUERY, WebSdkClient

PAGE = 200
AT_ONCE = 10
"""Entities of which every version answers a question, as known clients ask no more at once."""
KNOWN_PEOPLE = 20_000
PERSON_SECONDS = 3600.0
_MOST_REFUSED = 20
_SIDES = (("DoorSideIn", Direction.IN), ("DoorSideOut", Direction.OUT))
_SIDE_NAMES = frozenset(name for name, _ in _SIDES)
_NOBODY = "00000000-0000-0000-0000-000000000000"
_PARTS = ("Guid", "Reader", "Rex", "EntrySensor")


@dataclass(frozen=True, slots=True)
class Person:
    """A cardholder; what the privileges do not show is None."""

    name: str | None
    email: str | None


@dataclass(slots=True)
class _Side:
    access_point: str
    side: Direction | None


class _Page(NamedTuple):
    """Entities of one page of a list; whether a row too many, or the status, announces a further one."""

    guids: list[str]
    announces: bool

    @property
    def full(self) -> bool:
        return self.announces or len(self.guids) >= PAGE


class Directory:
    """What is known of a Security Center's entities. Raises PacsError where it asks."""

    def __init__(self, client: WebSdkClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._doors: dict[str, PacsDoor] = {}
        self._points: dict[str, tuple[str, Direction | None]] = {}
        self._learned: dict[str, str] = {}  # doors of access points, as rows of the report told them
        self._reported: set[str] = set()  # doors that rows of the report named
        self._people: OrderedDict[str, tuple[float, Person | None]] = OrderedDict()
        self._tells_sides = True
        self._long_questions = True
        self._pages = True
        self.version = 0
        """Grows whenever something is known that was not known before."""

    @property
    def doors(self) -> dict[str, PacsDoor]:
        """Doors by GUID."""
        return self._doors

    def place(self, source: str | None, access_point: str | None) -> tuple[str | None, str | None, Direction | None]:
        """Door, access point and its side, of an event's source and access point; the door is None when unknown."""
        for found in (access_point, source):
            if found is not None and found in self._points:
                door, side = self._points[found]
                return door, found, side
        if source in self._doors:
            return source, access_point, None
        for found in (access_point, source):
            if found is not None and found in self._learned:
                return self._learned[found], found, None
        return (source if source in self._reported else None), access_point, None

    def learn(self, access_point: str | None, door: str) -> None:
        """What a row of the report told: a door, and the access point of it that was used."""
        if door not in self._reported:
            self._reported.add(door)
            self.version += 1
        if access_point is not None and access_point != door and self._learned.get(access_point) != door:
            self._learned[access_point] = door
            self.version += 1

    # -- doors ----------------------------------------------------------------------------------------------------

    async def list_guids(self, kind: str) -> list[str]:
        """The GUIDs of all entities of a kind that we may see; pages are fetched in parallel."""
        if not self._pages:
            return await self._whole_list(kind)
        try:
            page = await self._page(kind, 1)
        except AnswerError:
            # a version that does not know pages gives the whole list; if that fails too, the question was not the reason
            whole = await self._whole_list(kind)
            self._pages = False
            return whole
        found, width, next_page = dict.fromkeys(page.guids), 1, 2
        while page.full:
            numbers = range(next_page, next_page + width)
            answers = await asyncio.gather(*(self._page(kind, number) for number in numbers), return_exceptions=True)
            for answer in answers:
                if isinstance(answer, AnswerError) and not page.announces:
                    page = _Page([], announces=False)  # some versions refuse a page behind the last one
                    break
                if isinstance(answer, BaseException):
                    raise answer
                page, before = answer, len(found)
                found.update(dict.fromkeys(page.guids))
                if not page.full:
                    break
                if len(found) == before:
                    # others give the same page again, whatever its number: what is behind it may come without pages
                    with suppress(AnswerError):
                        found.update(dict.fromkeys(await self._whole_list(kind)))
                    return list(found)
            next_page += width
            width = self._client.settings.parallel_pages
        return list(found)

    async def _whole_list(self, kind: str) -> list[str]:
        rows = (await self._client.get("report/EntityConfiguration", f"EntityTypes@{kind}")).entries
        return list(dict.fromkeys(found for row in rows if (found := guid(row))))

    async def _page(self, kind: str, page: int) -> _Page:
        query = f"EntityTypes@{kind},Page={page},PageSize={PAGE}"
        answer = await self._client.get("report/EntityConfiguration", query)
        rows = answer.entries
        # a server may give less than was asked for at once, and say only by its status that there is more
        more = len(rows) > PAGE or (bool(rows) and not answer.complete)
        return _Page([found for row in rows[:PAGE] if (found := guid(row))], announces=more)

    async def read_doors(self, guids: Sequence[str] | None = None) -> Inventory:
        """All doors with their sides and cameras; the directory knows them from now on."""
        guids = await self.list_guids("Door") if guids is None else guids
        rows = await self._project(guids, ("Guid", "Name", *(name for name, _ in _SIDES if self._tells_sides)))
        points = await self._cameras([point for row in rows for point in _points(row)])
        called = await self._names_of([camera for cameras in points.values() for camera in cameras])
        doors: dict[str, PacsDoor] = {}
        by_point: dict[str, tuple[str, Direction | None]] = {}
        for row in rows:
            device = guid(row)
            if device is None:
                continue
            sides = [AccessPoint(p.access_point, p.side, points.get(p.access_point, ())) for p in _points(row)]
            cameras = tuple(dict.fromkeys(camera for side in sides for camera in side.cameras))
            names = {camera: called[camera] for camera in cameras if camera in called}
            doors[device] = PacsDoor(device, _text(row.get("Name")) or device, tuple(sides), cameras, names)
            by_point.update((side.id, (device, side.side)) for side in sides)
        for device in guids:
            # its properties are refused, or were not in the answer: its events come all the same
            doors.setdefault(device, self._doors.get(device) or PacsDoor(device, device))
        self._doors, self._points = doors, by_point
        self.version += 1
        return Inventory(tuple(doors.values()))

    async def _cameras(self, sides: list[_Side]) -> dict[str, tuple[str, ...]]:
        """The cameras of access points, where the system tells them."""
        found: dict[str, tuple[str, ...]] = {}
        try:
            for row in await self._project([side.access_point for side in sides], ("Guid", "Cameras")):
                cameras = row.get("Cameras")
                if (point := guid(row)) and isinstance(cameras, list):
                    found[point] = tuple(camera for value in cameras if (camera := guid(value)))
        except AnswerError:
            return found
        return found

    async def _names_of(self, cameras: Sequence[str]) -> dict[str, str]:
        """What cameras are called, of those that our privileges let us see; a few that they don't are passed over."""
        wanted = list(dict.fromkeys(cameras))
        waiting = [wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE)]
        found: dict[str, str] = {}
        refused = 0
        while waiting and refused < _MOST_REFUSED:
            block = waiting.pop()
            try:
                rows = (await self._client.get("entity", ",".join(f"entity={one},Guid,Name" for one in block))).rows
            except AnswerError:
                refused += 1
                half = len(block) // 2
                waiting += [block[:half], block[half:]] if half else []
                continue
            found.update({known: name for row in rows if (known := guid(row)) and (name := _text(row.get("Name")))})
        return found

    async def _project(self, guids: Sequence[str], names: Sequence[str]) -> list[dict[str, Any]]:
        """Properties of entities. Where one of them spoils a question the others are asked alone."""
        rows: list[dict[str, Any]] = []
        start = 0
        while start < len(guids):
            size = self._block_size(names)
            end = min(start + size * self._client.settings.parallel_pages, len(guids))
            blocks = [guids[i : min(i + size, end)] for i in range(start, end, size)]
            for block in await asyncio.gather(*(self._project_block(block, names) for block in blocks)):
                rows += block
            start = end
        return rows

    def _block_size(self, names: Sequence[str]) -> int:
        """Of how many entities a question asks: as its length allows, while no long one was refused."""
        return max(AT_ONCE, LONGEST_QUERY // len(_projection(_NOBODY, names))) if self._long_questions else AT_ONCE

    async def _project_block(self, guids: Sequence[str], names: Sequence[str]) -> list[dict[str, Any]]:
        if not self._tells_sides:
            names = [name for name in names if name not in _SIDE_NAMES]
        try:
            return (await self._client.get("entity", ",".join(_projection(one, names) for one in guids))).rows
        except AnswerError:
            if len(guids) > AT_ONCE:
                self._long_questions = False
                parts = (guids[first : first + AT_ONCE] for first in range(0, len(guids), AT_ONCE))
                return [row for part in parts for row in await self._project_block(part, names)]
            if len(guids) > 1:
                return [row for one in guids for row in await self._project_block([one], names)]
        # a property that this version, or our privileges, do not have: what is left is better than nothing
        basic = [name for name in names if name in {"Guid", "Name"}]
        if len(basic) == len(names):
            return []
        self._tells_sides = self._tells_sides and _SIDE_NAMES.isdisjoint(names)
        return await self._project_block(guids, basic) if "Name" in basic else []

    # -- people ---------------------------------------------------------------------------------------------------

    def person(self, cardholder: str) -> Person | None:
        """What is known of a cardholder without asking."""
        kept = self._people.get(cardholder)
        return kept[1] if kept else None

    def asked_until(self, cardholder: str) -> float:
        """Until when (steady seconds) what is known of a cardholder is fresh enough not to ask."""
        kept = self._people.get(cardholder)
        return kept[0] if kept else float("-inf")

    def unknown(self, cardholders: Iterable[str | None]) -> list[str]:
        """Those of whom nothing was asked lately."""
        now = self._clock.monotonic()
        wanted = dict.fromkeys(one for one in cardholders if one)
        return [one for one in wanted if (kept := self._people.get(one)) is None or kept[0] < now]

    async def read_people(self, cardholders: Sequence[str]) -> None:
        """Ask for names and mail addresses; those that cannot be read are not asked for again for a while."""
        names = ("Guid", "Name", "FirstName", "LastName", "EmailAddress")
        until = self._clock.monotonic() + PERSON_SECONDS
        found = {guid(row): row for row in await self._project(cardholders, names)}
        for one in cardholders:
            self._people[one] = (until, _person(found[one]) if one in found else None)
            self._people.move_to_end(one)
        while len(self._people) > KNOWN_PEOPLE:
            self._people.popitem(last=False)
        self.version += 1


def _projection(entity: str, names: Sequence[str]) -> str:
    return f"entity={entity},{','.join(names)}"


def _points(row: dict[str, Any]) -> list[_Side]:
    """The access points of a door's sides, from objects or plain GUIDs."""
    found: dict[str, _Side] = {}
    for name, side in _SIDES:
        value = row.get(name)
        parts = [value.get(part) for part in _PARTS] if isinstance(value, dict) else [value]
        for part in parts:
            if point := guid(part):
                found.setdefault(point, _Side(point, side))
    return list(found.values())


def _person(row: dict[str, Any]) -> Person:
    both = " ".join(part for name in ("FirstName", "LastName") if (part := _text(row.get(name))))
    return Person(both or _text(row.get("Name")), _text(row.get("EmailAddress")))


def _text(told: Any) -> str | None:
    """What is written in a field of text; None where there is nothing, or something else."""
    return told.strip() or None if isinstance(told, str) else None
