"""Filling gaps from Security Center's own record: the activity report of all doors."""

import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

from doorwatch.domain.time import MILLISECOND, SECOND, Micros, to_iso
from doorwatch.pacs.driver import PacsError, PacsEvent
from doorwatch.pacs.genetec.answers import Answer, AnswerError, guid, read_time, rounded
from doorwatch.pacs.genetec.client import WebSdkClient
from doorwatch.pacs.genetec.directory import Directory
from doorwatch.pacs.genetec.event_types import type_name
from doorwatch.wire import NoAnswerError

_log = logging.getLogger("doorwatch.genetec")
DOORS_A_QUESTION = 30
EVERYTHING = "00000000-0000-0000-0000-000000000007"
WINDOW = 15 * 60 * SECOND
SHORTEST_SLOW = 15 * SECOND
"""A question of a span no longer than this that is not answered in time is not made smaller, but asked again later."""
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
        if answer.complete:
            yield await self._events(answer.rows)
            return
        if end - start > MILLISECOND:
            # both halves contain the moment between them: repeats are one occurrence, a hole would be a loss
            step = SECOND if end - start > SECOND else MILLISECOND
            middle = (start + (end - start) // 2) // step * step
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
        if not names_types:
            rows = [row for row in rows if type_name(row.get("EventType")) in types]
        return Answer(rows, complete=all(answer.complete and not _looks_cut(answer.rows) for answer in answers))

    async def _events(self, rows: Sequence[dict[str, Any]]) -> list[PacsEvent]:
        self.rows += len(rows)
        wanted = self._directory.unknown(guid(row.get("CardholderGuid")) for row in rows)
        if wanted:
            await self._directory.read_people(wanted)
        found = [event for row in rows if (event := self._event(row))]
        return sorted(found, key=lambda event: event.at)

    def _event(self, row: dict[str, Any]) -> PacsEvent | None:
        name = type_name(row.get("EventType"))
        try:
            exact, decimals = read_time(str(row.get("Timestamp")))
        except ValueError:
            return None
        point = guid(row.get("APGuid"))
        group = guid(row.get("AccessPointGroupGuid"))
        if group is not None:
            self._directory.learn(point, group)
        door, point, side = self._directory.place(guid(row.get("SourceGuid")), point)
        door = group or door or guid(row.get("SourceGuid"))
        if name is None or door is None:
            return None
        actor = guid(row.get("CardholderGuid"))
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


def _looks_cut(rows: Sequence[object]) -> bool:
    return bool(rows) and len(rows) % LIMITS_IN == 0


def _moment(at: Micros) -> str:
    """A time as the report's filter takes it: UTC without a zone; with decimals only where they are needed."""
    return to_iso(at, 3 if at % SECOND else 0)[:-1]
