"""A simulator as a process: role, control interface, script and load together."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doorwatch.simulators.genetec.commands import Commands
from doorwatch.simulators.genetec.control import ControlServer
from doorwatch.simulators.genetec.load import LoadOrder
from doorwatch.simulators.genetec.scenario import Generate, Scenario, Script, load_scenario
from doorwatch.simulators.genetec.server import GenetecSimulator, SimulatorConfig

_EXAMPLE = Scenario(
    doors=["Lobby east", "Lobby west", "Loading dock"],
    cardholders=["Jordan Rivera", "Ana Petrova", "Chidi Okafor"],
)


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """What the command line says; ports of 0 are chosen, `rate` None offers no load."""

    host: str = "127.0.0.1"
    port: int = 0
    streaming_port: int = 0
    control_port: int = 0
    scenario: Path | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    seed: int = 1
    rate: float | None = None
    seconds: float = 60.0


class SimulatorService:
    """Starts everything that the options ask for."""

    def __init__(self, options: ServiceOptions) -> None:
        """Raises DoorwatchError for a scenario that cannot be used."""
        self._options = options
        scenario = load_scenario(options.scenario) if options.scenario else _default_scenario(options)
        self.simulator = GenetecSimulator(
            SimulatorConfig(
                host=options.host,
                port=options.port,
                streaming_port=options.streaming_port,
                control_port=options.control_port,
                tls_certificate=options.tls_certificate,
                tls_key=options.tls_key,
                seed=options.seed,
                users=scenario.sign_ins(),
                building=scenario.building(),
                settings=scenario.behaviour(),
            )
        )
        self.commands = Commands(self.simulator)
        self.control = ControlServer(self.simulator, self.commands)
        self._script = Script(scenario, self.commands)
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen on all ports and begin the script. Raises DoorwatchError when a port is taken."""
        await self.simulator.start()
        try:
            await self.control.start()
        except BaseException:
            await self.simulator.stop()
            raise
        self._running = asyncio.create_task(self._script.run(self.simulator.role.clock))

    def addresses(self) -> dict[str, Any]:
        """Where it can be reached, and who may sign in."""
        user = self.simulator.role.users[0]
        return {
            "base_url": self.simulator.base_url,
            "host": self._options.host,
            "port": self.simulator.port,
            "streaming_port": self.simulator.streaming_port,
            "control_url": self.control.url,
            "user": user.name,
            "password": user.password,
            "application_id": user.application_id,
            "doors": {door.name: door.guid for door in self.simulator.role.building.doors()},
        }

    async def run_until(self, stop: asyncio.Event) -> dict[str, Any] | None:
        """Wait for `stop`; with a load, answer what came of it as soon as it has ended (None when stopped first)."""
        if self._options.rate is None:
            await stop.wait()
            return None
        order = LoadOrder(rate=self._options.rate, seconds=self._options.seconds)
        load = asyncio.create_task(self.commands.execute("load", _parameters(order)))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({load, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if load.done():
            return load.result()
        load.cancel()
        return None

    async def stop(self) -> None:
        """End everything."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self.commands.stop()
        await self.control.stop()
        await self.simulator.stop()


def _default_scenario(options: ServiceOptions) -> Scenario:
    """A small building; a large one where load is asked for."""
    if options.rate is None:
        return _EXAMPLE
    return Scenario(generate=Generate(doors=200, cardholders=1000))


def _parameters(order: LoadOrder) -> dict[str, Any]:
    return {"rate": order.rate, "seconds": order.seconds}
