"""Everything that can be told to a running simulator, by the control interface or by a scenario's script.

A command is a name with parameters: `raise`, `drop`, `restart`, ... Parameters are checked before anything happens.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeAlias

import msgspec

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import from_seconds, from_wire
from doorwatch.simulators.genetec.faults import AnswerFault
from doorwatch.simulators.genetec.load import Load, LoadOrder
from doorwatch.simulators.genetec.server import GenetecSimulator
from doorwatch.simulators.genetec.settings import changed


class _Order(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The parameters of a command."""


class RaiseOrder(_Order):
    """An event at a door; `at` as ISO 8601 or epoch milliseconds, or `offset` seconds from now."""

    event_type: str
    door: str
    cardholder: str | None = None
    at: str | int | None = None
    offset: float = 0.0
    side: str | None = None
    copies: int = 1
    late_by: float = 0.0
    on_stream: bool = True
    in_report: bool = True


class DropOrder(_Order):
    """End all streams: by a reset, in the middle of a line, or properly."""

    how: Literal["reset", "cut", "close"] = "reset"


class FreezeOrder(_Order):
    """Write nothing more on any stream and leave it open; for so many seconds, or until `heal`."""

    seconds: float | None = None


class DripOrder(_Order):
    """Write streams a few bytes at a time, with a pause in seconds between."""

    bytes: int = 5
    pause: float = 0.05


class RestartOrder(_Order):
    """Take the role down for so many seconds; sessions and streams are lost."""

    down_seconds: float = 2.0


class DoorOrder(_Order):
    """A door; cameras by name."""

    name: str
    cameras: list[str] = []
    cameras_out: list[str] = []
    guid: str | None = None


class CardholderOrder(_Order):
    """A person with a card."""

    name: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    guid: str | None = None


class CameraOrder(_Order):
    """A camera."""

    name: str
    guid: str | None = None


class RemoveOrder(_Order):
    """Take an entity away: its kind (Door, Camera, Cardholder) and its name or GUID."""

    kind: str
    name: str


class SetOrder(_Order):
    """Change settings."""

    settings: dict[str, Any]


class RawOrder(_Order):
    """Write this text to every stream as it stands."""

    text: str


class AlarmOrder(_Order):
    """An alarm item on the streams that asked for alarm monitoring."""

    acknowledged: bool = False


Answer: TypeAlias = dict[str, Any]


class Commands:
    """The commands of one simulator."""

    def __init__(self, simulator: GenetecSimulator) -> None:
        self._simulator = simulator
        self._role = simulator.role
        self._background: set[asyncio.Task[None]] = set()
        self._loads: set[asyncio.Task[Answer]] = set()
        self._table: dict[str, tuple[type[msgspec.Struct], Callable[[Any], Awaitable[Answer]]]] = {
            "raise": (RaiseOrder, self._raise),
            "load": (LoadOrder, self._load),
            "drop": (DropOrder, self._drop),
            "freeze": (FreezeOrder, self._freeze),
            "mute": (_Order, self._mute),
            "drip": (DripOrder, self._drip),
            "restart": (RestartOrder, self._restart),
            "end_sessions": (_Order, self._end_sessions),
            "answers": (AnswerFault, self._answers),
            "heal": (_Order, self._heal),
            "set": (SetOrder, self._set),
            "write": (RawOrder, self._write),
            "alarm": (AlarmOrder, self._alarm),
            "add_door": (DoorOrder, self._add_door),
            "add_cardholder": (CardholderOrder, self._add_cardholder),
            "add_camera": (CameraOrder, self._add_camera),
            "remove": (RemoveOrder, self._remove),
        }

    @property
    def names(self) -> list[str]:
        """What can be told."""
        return list(self._table)

    def check(self, name: str, parameters: dict[str, Any]) -> msgspec.Struct:
        """The typed parameters of a command. Raises DoorwatchError naming what is wrong with them."""
        if name not in self._table:
            raise DoorwatchError(f"There is no command {name!r}; the simulator takes: {', '.join(self._table)}.")
        try:
            order: msgspec.Struct = msgspec.convert(parameters, self._table[name][0])
        except msgspec.ValidationError as error:
            raise DoorwatchError(f"The command {name!r} cannot be understood: {error}.") from None
        return order

    async def execute(self, name: str, parameters: dict[str, Any]) -> Answer:
        """Do it, and answer what came of it. Raises DoorwatchError."""
        order = self.check(name, parameters)
        return await self._table[name][1](order)

    async def stop(self) -> None:
        """Stop what is still going on."""
        tasks = [*self._background, *self._loads]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _raise(self, order: RaiseOrder) -> Answer:
        try:
            at = self._role.clock.now() if order.at is None else from_wire(order.at)
        except ValueError as error:
            raise DoorwatchError(f"The event's time is wrong: {error}.") from None
        event = self._role.raise_event(
            order.event_type,
            order.door,
            cardholder=order.cardholder,
            at=at + from_seconds(order.offset),
            side=order.side,
            copies=order.copies,
            late_by=order.late_by,
            on_stream=order.on_stream,
            in_report=order.in_report,
        )
        return event.as_json()

    async def _load(self, order: LoadOrder) -> Answer:
        task = asyncio.get_running_loop().create_task(Load(self._role, order).run())
        self._loads.add(task)
        try:
            return await task
        finally:
            self._loads.discard(task)

    async def _drop(self, order: DropOrder) -> Answer:
        streams = self._role.streams()
        for stream in streams:
            {"reset": stream.drop, "cut": stream.cut, "close": stream.close}[order.how]()
        return {"streams": len(streams)}

    async def _freeze(self, order: FreezeOrder) -> Answer:
        self._role.faults.frozen = True
        if order.seconds is not None:
            self._after(order.seconds, self._thaw)
        return {"streams": len(self._role.streams())}

    def _thaw(self) -> None:
        self._role.faults.frozen = False
        for stream in self._role.streams():
            stream.refresh()

    async def _mute(self, _order: _Order) -> Answer:
        self._role.faults.silent = True
        return {}

    async def _drip(self, order: DripOrder) -> Answer:
        if order.bytes < 1:
            raise DoorwatchError(f"A drip is at least one byte, not {order.bytes}.")
        self._role.faults.drip = (order.bytes, order.pause)
        return {}

    async def _restart(self, order: RestartOrder) -> Answer:
        await self._simulator.restart(order.down_seconds)
        return {"down_seconds": order.down_seconds}

    async def _end_sessions(self, _order: _Order) -> Answer:
        ended = len(self._role.sessions)
        self._role.end_sessions()
        return {"ended": ended}

    async def _answers(self, order: AnswerFault) -> Answer:
        self._simulator.answer_faults.arm(order)
        return {}

    async def _heal(self, _order: _Order) -> Answer:
        self._simulator.answer_faults.clear()
        self._role.faults.silent = False
        self._role.faults.drip = None
        self._thaw()
        return {}

    async def _set(self, order: SetOrder) -> Answer:
        self._role.configure(changed(self._role.settings, order.settings))
        return {"settings": msgspec.to_builtins(self._role.settings)}

    async def _write(self, order: RawOrder) -> Answer:
        self._role.write_raw(order.text.encode())
        return {"streams": len(self._role.streams())}

    async def _alarm(self, order: AlarmOrder) -> Answer:
        self._role.raise_alarm(acknowledged=order.acknowledged)
        return {}

    async def _add_door(self, order: DoorOrder) -> Answer:
        door = self._role.building.add_door(
            order.name, cameras=order.cameras, cameras_out=order.cameras_out, guid=order.guid
        )
        return {"guid": door.guid, "reader_in": door.reader_in, "reader_out": door.reader_out}

    async def _add_cardholder(self, order: CardholderOrder) -> Answer:
        person = self._role.building.add_cardholder(
            order.name, first=order.first_name, last=order.last_name, email=order.email, guid=order.guid
        )
        return {"guid": person.guid}

    async def _add_camera(self, order: CameraOrder) -> Answer:
        return {"guid": self._role.building.add_camera(order.name, order.guid).guid}

    async def _remove(self, order: RemoveOrder) -> Answer:
        entity = self._role.building.find(order.kind, order.name)
        self._role.building.remove(entity)
        return {"guid": entity.guid}

    def _after(self, seconds: float, action: Callable[[], None]) -> None:
        async def wait() -> None:
            await self._role.clock.sleep(seconds)
            action()

        task = asyncio.get_running_loop().create_task(wait())
        self._background.add(task)
        task.add_done_callback(self._background.discard)
