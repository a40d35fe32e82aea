"""A stage for drivers: a simulated Security Center on real sockets."""

import sys
from pathlib import Path

import pytest

from doorwatch.domain.time import SystemClock
from doorwatch.pacs.genetec import GenetecDriver, GenetecSettings
from doorwatch.simulators.genetec import Building, Commands, GenetecSimulator, Settings, SimulatorConfig

# the contract is shared by the test modules of all drivers, which are no package
sys.path.insert(0, str(Path(__file__).parent))


class GenetecStage:
    """A simulator and the driver for it."""

    def __init__(self, tls=None, **settings):
        self.building = Building()
        self.doors = [self.building.add_door(f"Door {n}", cameras=[f"Camera {n}"]) for n in range(3)]
        self.person = self.building.add_cardholder("Jordan Rivera", email="jordan@example.com")
        self.door = self.doors[0].guid
        certificate, key = tls or (None, None)
        config = SimulatorConfig(
            building=self.building,
            settings=Settings(**{"keep_alive": 0.5, **settings}),
            tls_certificate=certificate,
            tls_key=key,
        )
        self.simulator = GenetecSimulator(config)
        self.commands = Commands(self.simulator)
        self.started = False

    def settings(self, **changes):
        user = self.simulator.config.users[0]
        return GenetecSettings(
            **{
                "host": "127.0.0.1",
                "port": self.simulator.port,
                "username": user.name,
                "password": user.password,
                "app_id": user.application_id,
                "timeout": 5.0,
                **changes,
            }
        )

    def driver(self, **changes):
        return GenetecDriver(self.settings(**changes), SystemClock())

    async def do(self, name, **parameters):
        return await self.commands.execute(name, parameters)

    async def raise_event(self, kind, door, cardholder=None, at=None):
        return self.simulator.raise_event(kind, door, cardholder=cardholder, at=at)

    async def add_door(self, name):
        return self.building.add_door(name).guid

    async def drop_stream(self):
        await self.do("drop")

    async def freeze_stream(self):
        await self.do("freeze")

    async def end_session(self):
        await self.do("end_sessions")

    async def restart(self, seconds):
        await self.simulator.restart(seconds)

    async def refuse(self, kinds):
        await self.do("set", settings={"unknown_event_types": kinds})

    async def lock_out(self):
        await self.do("set", settings={"licensed": False})

    async def start(self):
        await self.simulator.start()
        self.started = True
        return self

    async def stop(self):
        if self.started:
            self.started = False
            await self.commands.stop()
            await self.simulator.stop()


@pytest.fixture
async def make_stage():
    """Stages with settings of the simulator."""
    stages = []

    async def make(**settings):
        stages.append(await GenetecStage(**settings).start())
        return stages[-1]

    yield make
    for stage in stages:
        await stage.stop()


@pytest.fixture
async def stage(make_stage):
    return await make_stage()
