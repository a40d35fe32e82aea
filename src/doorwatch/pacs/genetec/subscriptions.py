"""Which event types are subscribed, which were refused, and whether the server still knows."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from doorwatch.domain.access import Meaning, meaning_of
from doorwatch.pacs.driver import PacsRefusedError
from doorwatch.pacs.genetec.answers import AnswerError, guid, read_listed
from doorwatch.pacs.genetec.client import LONGEST_QUERY, WebSdkClient
from doorwatch.pacs.genetec.event_types import type_name

_log = logging.getLogger("doorwatch.genetec")
RETRY_REFUSED = 86400.0


class Subscriptions:
    """The subscriptions of this session. Every method that asks raises PacsError."""

    def __init__(self, client: WebSdkClient, types: Sequence[str]) -> None:
        self._client = client
        self.types = tuple(types)
        self.wanted = frozenset(types)
        self.nothing_listed = False
        self._lists: bool | None = None  # not known before it was asked
        self.refused: dict[str, float] = {}  # name: when (steady seconds) it may be tried again
        self.unheard: dict[str, frozenset[str]] = {}  # doors for which a type is not listed, whatever was asked

    @property
    def active(self) -> list[str]:
        """Types that are asked for and not refused."""
        return [name for name in self.types if name not in self.refused]

    async def subscribe(self) -> None:
        """Ask for all active types of all doors; names that are refused are left out from now on, and told once."""
        for batch in _batches(self.active):
            try:
                await self._ask(f"event(Door,{name})" for name in batch)
            except AnswerError:
                for name in batch:
                    await self._ask_alone(name)
        if not self.active:
            raise PacsRefusedError(
                "Security Center knows none of the event types in acs_door_events; take names from the guide's table"
            )

    async def subscribe_doors(self, left_out: Mapping[str, Iterable[str]]) -> None:
        """Ask by name of door for what a subscription by kind left out. `left_out`: doors by event type."""
        pairs = [f"{door},{name}" for name, doors in left_out.items() for door in sorted(doors)]
        for batch in _batches(pairs):
            try:
                await self._ask(f"event({pair})" for pair in batch)
            except AnswerError as error:
                _log.warning(
                    "Security Center refuses subscriptions to single doors; see that the user may see them",
                    extra={"reason": str(error), "doors": len(batch)},
                )
                return

    async def _ask(self, terms: Iterable[str]) -> None:
        await self._client.get("events/subscribe", ",".join(terms))

    async def _ask_alone(self, name: str) -> None:
        try:
            await self._ask([f"event(Door,{name})"])
        except AnswerError as error:
            self._leave_out(name, str(error))

    def _leave_out(self, name: str, reason: str) -> None:
        self.refused[name] = float("-inf")
        _log.warning(
            "Security Center does not know this event type; it is left out and tried again in a day",
            extra={"event_type": name, "reason": reason},
        )

    def retry_refused(self, now: float) -> None:
        """Try refused names again once a day: a server is upgraded now and then. `now`: steady seconds."""
        for name, due in list(self.refused.items()):
            if due == float("-inf"):
                self.refused[name] = now + RETRY_REFUSED
            elif due <= now:
                del self.refused[name]

    async def missing(self, doors: Iterable[str]) -> dict[str, set[str]]:
        """Types that the server does not list as subscribed for all doors, each with the doors that are left out.

        A server that never lists anything is asked for the subscriptions again, which changes nothing where they still
        stand: none is missing then. Raises AnswerError where it did list them before.
        """
        self.nothing_listed = False
        try:
            rows = (await self._client.get("events/subscribed", read=read_listed)).rows
        except AnswerError as error:
            listed_before, self._lists = self._lists, False
            if listed_before:
                raise
            return await self._made_anew(str(error), tell=listed_before is None)
        named = [(name, row.get("Entities")) for row in rows if (name := _type_of(row)) is not None]
        if rows and not named:
            listed_before, self._lists = self._lists, False
            return await self._made_anew(f"it names no event type in {rows[0]!r}", tell=listed_before is not False)
        self._lists = True
        wanted = set(doors)
        left_out: dict[str, set[str]] = {}
        for name, entities in named:
            # one after the other: what is listed of thousands of doors is large
            known = _listed(entities)
            # a server that lists no entities subscribes by kind, and leaves out nobody
            left = wanted - known if known else set()
            left_out[name.lower()] = left & left_out.get(name.lower(), left)
        self.nothing_listed = not left_out
        # where there are no doors, there is nothing to be listed
        return {
            name: left
            for name in self.active
            if (left := left_out.get(name.lower(), wanted) - self.unheard.get(name, frozenset()))
        }

    async def _made_anew(self, reason: str, *, tell: bool) -> dict[str, set[str]]:
        if tell:
            _log.warning(
                "Security Center does not list subscriptions; they are made anew instead of being verified",
                extra={"reason": reason},
            )
        await self.subscribe()
        return {}

    def give_up(self, missing: Mapping[str, set[str]], doors: Iterable[str]) -> None:
        """Go on without what stays missing though it was asked for: types that no door has, and doors that lack a type.

        Grants are never given up, since somebody who was let in would be taken for an intruder. Raises PacsRefusedError
        where no door has a type that lets people in, or nothing is listed at all.
        """
        if not missing:
            return
        everywhere = set(doors)
        nowhere = [name for name, left in missing.items() if left >= everywhere]
        if self.nothing_listed or any(meaning_of(name) is Meaning.GRANT for name in nowhere):
            raise PacsRefusedError(
                f"Security Center accepted the subscription but does not list {', '.join(sorted(nowhere)[:5])}; "
                "see that the user may see the doors and that no other gateway uses it"
            )
        for name in nowhere:
            self._leave_out(name, "it was accepted, and is not listed")
        for name in missing.keys() - nowhere:
            self._go_on_without(name, missing[name])

    def _go_on_without(self, name: str, doors: set[str]) -> None:
        if name not in self.unheard:
            _log.warning(
                "Security Center subscribes an event type for some doors only; see that the user may see the others",
                extra={"event_type": name, "doors": ", ".join(sorted(doors)[:5]), "number": len(doors)},
            )
        # grants of those doors are asked for again with each verification, and read from the report until they come
        doors = set() if meaning_of(name) is Meaning.GRANT else doors
        self.unheard[name] = self.unheard.get(name, frozenset()) | doors


def _type_of(row: Mapping[str, Any]) -> str | None:
    return type_name(row.get("EventType") or row.get("Type"))


def _listed(told: Any) -> set[str]:
    entities = msgspec.json.decode(told) if isinstance(told, msgspec.Raw) else told
    return {found for value in entities if (found := guid(value))} if isinstance(entities, list) else set()


def _batches(names: Sequence[str]) -> list[list[str]]:
    batches: list[list[str]] = [[]]
    size = 0
    for name in names:
        term = len(name) + len("event(Door,),")
        if size + term > LONGEST_QUERY and batches[-1]:
            batches.append([])
            size = 0
        batches[-1].append(name)
        size += term
    return [batch for batch in batches if batch]
