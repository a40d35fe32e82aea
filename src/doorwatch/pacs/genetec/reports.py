"""Filling gaps from Security Center's own record: the activity report of all doors."""

import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

from doorwatch.domain.access import Direction
from doorwatch.domain.time import MILLISECOND, SECOND, Micros, to_iso
from doorwatch.pacs.driver import PacsError, PacsEvent
from doorwatch.pacs.genetec.answers import Answer, AnswerError, guid, read_time, rounded
from doorwatch.pacs.genetec.client import WebSdkClient
from doorwatch.pacs.genetec.directory import Directory
from doorwatch.pacs.genetec.event_types import PUBLISHED, type_name
from doorwatch.wire import NoAnswerError

_log = logging.getLogger("doorwatch.genetec")
DOORS_A_QUESTION = 30
EVERYTHING = "00000000-0000-0000-0000-000000000007"
WINDOW = 15 * 60 * SECOND
SHORTEST_SLOW = 15 * SECOND
"""A question of a span no longer than this that is not answered in time is not made smaller, but asked again later."""
_DOOR = ("AccessPointGroupGuid", "DoorGuid", "Door")
_POINT = ("APGuid", "AccessPointGuid", "AccessPoint", "DoorSideGuid")
_SOURCE = ("SourceGuid", "SourceEntity")
_PERSON = ("CardholderGuid", "Cardholder")
_TYPE = ("EventType", "Type")
_TIME = ("Timestamp", "EventTimestamp")
"""Columns of the report, the published name first, of which the first that says something counts."""
_SURELY_ANOTHER = "AccessGranted"
"""A type whose number is published."""
LIMITS_IN = 500
"""Limits are round: rows whose number is a multiple of this may be all that a server gives without saying so."""

# Versions differ in how "all doors" is said (not at all, as the system, or one by one) and in whether types may be named.
_FORMS = tuple((doors, types) for types in (True, False) for doors in ("", f"Doors@{EVERYTHING},", None))


class DoorActivity:
    """Reads the report in windows, each split until its answer is complete. Raises PacsError."""

    def __init__(self, client: WebSdkClient, directory: Directory) -> None:
        self._client = client
        self._directory = directory
        self._form = 0  # which of the forms was understood last
        self._numbers: dict[
            str, str
        ] = {}  # names of numbers that are not published; a number that stays one is its own
        self.rows = 0
        self.cut_off = 0

    async def read(self, since: Micros, until: Micros, types: Sequence[str]) -> AsyncIterator[list[PacsEvent]]:
        """Events between two moments of our clock, both included; a list for each window, each in order of time."""
        start = self._client.to_pacs(since) // SECOND * SECOND
        end = -(-self._client.to_pacs(until) // SECOND) * SECOND
        while True:
            last = min(start + WINDOW, end)
            async for events in self._window(start, last, tuple(types)):
                yield events
            if last >= end:
                return
            start = last  # and not a second later: what happened within that second would be in neither

    async def _window(self, start: Micros, end: Micros, types: tuple[str, ...]) -> AsyncIterator[list[PacsEvent]]:
        answer = await self._ask_in_time(start, end, types)
        if answer.complete or (answer.partial and await self._is_all_there_is(start, end, types, answer)):
            yield await self._events(answer.rows)
            return
        if end - start > MILLISECOND:
            # both halves contain the moment between them: repeats are one occurrence, a hole would be a loss
            middle = _middle(start, end)
            parts = [(start, middle, types), (middle, end, types)]
        elif len(types) > 1:
            half = len(types) // 2
            parts = [(start, end, types[:half]), (start, end, types[half:])]
        else:
            self.cut_off += 1
            _log.warning(
                "the activity report is cut off even for one millisecond of one event type", extra={"type": types[0]}
            )
            yield await self._events(answer.rows)
            return
        for part in parts:
            async for events in self._window(*part):
                yield events

    async def _is_all_there_is(self, start: Micros, end: Micros, types: tuple[str, ...], whole: Answer) -> bool:
        """Whether an answer that calls itself partial lacks something else than rows that did not fit.

        Where a limit cuts rows off, the halves of the span bring further ones, or one of them comes whole.
        """
        if end - start <= MILLISECOND:
            return True
        middle = _middle(start, end)
        known = {repr(row) for row in whole.rows}
        for part in ((start, middle), (middle, end)):
            half = await self._ask_in_time(*part, types)
            if not half.partial or any(repr(row) not in known for row in half.rows):
                return False
        self.cut_off += 1
        _log.warning("the activity report is partial; a part of Security Center may be away")
        return True

    async def _ask_in_time(self, start: Micros, end: Micros, types: tuple[str, ...]) -> Answer:
        """The rows of a span; none, and not complete, where the server is there but takes too long for so many."""
        try:
            return await self._ask(start, end, types)
        except PacsError as error:
            if not isinstance(error.__cause__, NoAnswerError) or end - start <= SHORTEST_SLOW:
                raise
        await self._client.ping()
        return Answer([], complete=False)

    async def _ask(self, start: Micros, end: Micros, types: Sequence[str]) -> Answer:
        """The rows of a span, in the form that was understood last, or else in the next one that is."""
        for tried in range(len(_FORMS)):
            try:
                return await self._ask_as(_FORMS[self._form], start, end, types)
            except AnswerError:
                self._form = (self._form + 1) % len(_FORMS)
                if tried == len(_FORMS) - 1:
                    raise
        raise AssertionError  # pragma: no cover - the last form raises

    async def _ask_as(self, form: tuple[str | None, bool], start: Micros, end: Micros, types: Sequence[str]) -> Answer:
        doors, names_types = form
        span = f"TimeRange.SetTimeRange({_moment(start)},{_moment(end)})"
        rest = f"{span},Events@{'@'.join(types)}" if names_types else span
        if doors is not None:
            answers = [await self._client.get("report/DoorActivity", f"{doors}{rest}")]
        else:
            known = list(self._directory.doors)
            groups = [known[first : first + DOORS_A_QUESTION] for first in range(0, len(known), DOORS_A_QUESTION)]
            answers = [
                await self._client.get("report/DoorActivity", f"Doors@{'@'.join(group)},{rest}") for group in groups
            ]
        rows = [row for answer in answers for row in answer.rows]
        complete = all(answer.complete and not _looks_cut(answer.rows) for answer in answers)
        if names_types and doors is not None:
            for number in {name for row in rows if (name := self._type(row)) and name.isdecimal()} - {*types}:
                await self._learn_number(number, [name for name in types if name not in PUBLISHED], f"{doors}{span}")
        # a server that does not know the filter may pass it over
        wanted = [row for row in rows if self._type(row) in types]
        return Answer(wanted, complete, partial=any(answer.partial for answer in answers))

    async def _learn_number(self, number: str, names: Sequence[str], span: str) -> None:
        """Find out which of the types without a published number the report calls by this one: the one that brings it."""
        if number in self._numbers or not names:
            return
        brings: list[str] = []
        for name in (*names, _SURELY_ANOTHER):
            rows = (await self._client.get("report/DoorActivity", f"{span},Events@{name}")).rows
            if any(type_name(_told(row, _TYPE)) == number for row in rows):
                brings.append(name)
        # where every type brings it, the server does not know the filter
        self._numbers[number] = brings[0] if len(brings) == 1 and brings[0] != _SURELY_ANOTHER else number

    async def _events(self, rows: Sequence[dict[str, Any]]) -> list[PacsEvent]:
        self.rows += len(rows)
        wanted = self._directory.unknown(_guid(row, _PERSON) for row in rows)
        if wanted:
            await self._directory.read_people(wanted)
        found = [event for row in rows if (event := self._event(row))]
        if len(found) < len(rows):
            _log.warning(
                "rows of the activity report name no time or no door and are left out",
                extra={
                    "rows": len(rows) - len(found),
                    "first": repr(next(row for row in rows if not self._event(row))),
                },
            )
        return sorted(found, key=lambda event: event.at)

    def _event(self, row: dict[str, Any]) -> PacsEvent | None:
        """A row as an event; None where it lacks what makes one."""
        name = self._type(row)
        try:
            exact, decimals = read_time(str(_told(row, _TIME)))
        except ValueError:
            return None
        door, point, side = self._place(row)
        if name is None or door is None:
            return None
        actor = _guid(row, _PERSON)
        person = self._directory.person(actor) if actor else None
        return PacsEvent(
            door,
            rounded(exact),
            name,
            decimals,
            actor,
            person.name if person else None,
            person.email if person else None,
            point,
            side,
            "report",
            exact,
        )

    def _place(self, row: dict[str, Any]) -> tuple[str | None, str | None, Direction | None]:
        """Door, access point and side of a row; a door that is on the list goes before a group that is not."""
        group, point, source = _guid(row, _DOOR), _guid(row, _POINT), _guid(row, _SOURCE)
        doors = self._directory.doors
        door, used, side = self._directory.place(source, point)
        if group is not None and (group in doors or door not in doors):
            self._directory.learn(point, group)
            door, used, side = self._directory.place(source, point)
            door = group
        return door or source or point, used, side

    def _type(self, row: dict[str, Any]) -> str | None:
        name = type_name(_told(row, _TYPE))
        return self._numbers.get(name, name) if name else None


def _told(row: dict[str, Any], names: Sequence[str]) -> Any:
    return next((value for name in names if (value := row.get(name)) is not None), None)


def _guid(row: dict[str, Any], names: Sequence[str]) -> str | None:
    return next((found for name in names if (found := guid(row.get(name))) is not None), None)


def _middle(start: Micros, end: Micros) -> Micros:
    """Where a span is cut in two: at a whole second, or at a whole millisecond within one."""
    step = SECOND if end - start > SECOND else MILLISECOND
    return (start + (end - start) // 2) // step * step


def _looks_cut(rows: Sequence[object]) -> bool:
    return bool(rows) and len(rows) % LIMITS_IN == 0


def _moment(at: Micros) -> str:
    """A time as the report's filter takes it: UTC without a zone; with decimals only where they are needed."""
    return to_iso(at, 3 if at % SECOND else 0)[:-1]
