"""The simulator's own interface, on a port that stays open when the role goes down.

`POST /_control/commands/{name}` with JSON parameters; `GET /_control/{state,events,entities,requests}`.
"""

from typing import Any

import msgspec
from aiohttp import web

from doorwatch.domain.errors import DoorwatchError
from doorwatch.simulators.genetec.building import Door
from doorwatch.simulators.genetec.commands import Commands
from doorwatch.simulators.genetec.server import GenetecSimulator

_PAGE = 10_000


class ControlServer:
    """Serves the control interface of one simulator."""

    def __init__(self, simulator: GenetecSimulator, commands: Commands) -> None:
        self.port = simulator.config.control_port
        self._simulator = simulator
        self._commands = commands
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The address below which everything lies."""
        return f"http://{self._simulator.config.host}:{self.port}/_control"

    async def start(self) -> None:
        """Listen. Raises DoorwatchError when the port is taken."""
        app = web.Application()
        app.add_routes(
            [
                web.post("/_control/commands/{name}", self._command),
                web.get("/_control/state", self._state),
                web.get("/_control/events", self._events),
                web.get("/_control/entities", self._entities),
                web.get("/_control/requests", self._requests),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._simulator.config.host, self.port, reuse_address=True)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise DoorwatchError(
                f"The simulator's control port {self.port} cannot be opened: {error.strerror or error}. "
                "Give another --control-port, or 0 for a free one."
            ) from None
        self.port = site.port

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _command(self, request: web.Request) -> web.Response:
        text = await request.text()
        try:
            parameters = msgspec.json.decode(text, type=dict[str, Any]) if text.strip() else {}
            answer = await self._commands.execute(request.match_info["name"], parameters)
        except msgspec.DecodeError as error:
            return _json({"error": f"The parameters are not one JSON object: {error}."}, 422)
        except DoorwatchError as error:
            return _json({"error": str(error)}, 422)
        return _json(answer)

    async def _state(self, _request: web.Request) -> web.Response:
        role = self._simulator.role
        sessions = [
            {
                "user": session.user,
                "subscribed": session.subscribed(),
                "streams": [stream.connection_id for stream in session.streams],
            }
            for session in role.sessions
        ]
        return _json(
            {
                "base_url": self._simulator.base_url,
                "sessions": sessions,
                "streams": len(role.streams()),
                "raised": len(role.record),
                "delivered": role.delivered,
                "settings": msgspec.to_builtins(role.settings),
                "faults": {
                    "frozen": role.faults.frozen,
                    "silent": role.faults.silent,
                    "drip": role.faults.drip,
                    "answers": len(self._simulator.answer_faults),
                },
                "commands": self._commands.names,
            }
        )

    async def _events(self, request: web.Request) -> web.Response:
        try:
            after, limit = int(request.query.get("after", "0")), int(request.query.get("limit", str(_PAGE)))
        except ValueError:
            return _json({"error": "`after` and `limit` are whole numbers."}, 422)
        record = self._simulator.role.record
        return _json({"events": [event.as_json() for event in record.after(after, limit)], "total": len(record)})

    async def _entities(self, request: web.Request) -> web.Response:
        building = self._simulator.role.building
        found = []
        for kind in request.query.get("kind", "Door,Camera,Cardholder").split(","):
            for entity in building.of_kind(kind):
                readers = (
                    {"reader_in": entity.reader_in, "reader_out": entity.reader_out} if isinstance(entity, Door) else {}
                )
                found.append({"kind": entity.kind, "guid": entity.guid, "name": entity.name, **readers})
        return _json({"entities": found})

    async def _requests(self, _request: web.Request) -> web.Response:
        return _json({"requests": list(self._simulator.routes.requests)})


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(value), content_type="application/json")
