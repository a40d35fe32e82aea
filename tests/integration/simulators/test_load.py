import asyncio
import time

import pytest

from doorwatch.domain.errors import DoorwatchError
from doorwatch.simulators.genetec import Commands, GenetecSimulator, SimulatorConfig
from doorwatch.simulators.genetec.scenario import Generate, Scenario


@pytest.fixture
async def simulator():
    building = Scenario(generate=Generate(doors=50, cardholders=100)).building()
    simulator = GenetecSimulator(SimulatorConfig(building=building))
    await simulator.start()
    yield simulator
    await simulator.stop()


async def _count(stream, events):
    """Read until so many events came; what was read."""
    data = bytearray()
    found = 0
    while found < events:
        chunk = await asyncio.wait_for(stream.response.content.readany(), 60)
        data += chunk
        found = data.count(b'"EventType"')
    return bytes(data)


async def test_so_many_events_are_offered_each_different_and_of_the_promised_size(client, reading, simulator, commands):
    async with reading() as stream:
        await client.subscribe("AccessGranted")
        load = asyncio.create_task(commands.execute("load", {"rate": 0, "events": 5000}))
        data = await _count(stream, 5000)
        result = await load
    lines = [line for line in data.split(b"\r\n") if line.startswith(b"{")]
    assert result["events"] == len(lines) == len(simulator.role.record) == 5000
    assert len(data) / 5000 >= 400
    identities = {(event.door, event.at // 1000) for event in simulator.role.record.after(0)}
    assert len(identities) == 5000


async def test_a_rate_is_kept(client, reading, commands):
    async with reading() as stream:
        await client.subscribe("AccessGranted")
        load = asyncio.create_task(commands.execute("load", {"rate": 2000, "seconds": 0.5}))
        await _count(stream, 1000)
        result = await load
    assert result["events"] == 1000
    assert result["seconds"] >= 0.5


async def test_load_waits_for_somebody_who_listens(client, reading, commands, simulator):
    load = asyncio.create_task(commands.execute("load", {"rate": 0, "events": 10}))
    await asyncio.sleep(0.1)
    assert len(simulator.role.record) == 0
    async with reading() as stream:
        await client.subscribe("AccessGranted")
        await _count(stream, 10)
    assert (await load)["last_sequence"] == 10


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ({"rate": 10}, "needs an end"),
        ({"rate": 60_000, "seconds": 1}, "need 60 doors"),
    ],
)
async def test_load_that_cannot_be_is_told(commands, order, why):
    with pytest.raises(DoorwatchError, match=why):
        await commands.execute("load", order)


async def test_load_needs_a_door():
    simulator = GenetecSimulator(SimulatorConfig())
    with pytest.raises(DoorwatchError, match="at least one door"):
        await Commands(simulator).execute("load", {"events": 1})


async def test_making_an_event_costs_little_enough_for_ten_thousand_a_second(client, reading, commands):
    async with reading() as stream:
        await client.subscribe("AccessGranted")
        started = time.process_time()
        load = asyncio.create_task(commands.execute("load", {"rate": 0, "events": 20_000}))
        await _count_cheaply(stream, 20_000)
        await load
        cost = (time.process_time() - started) / 20_000
    # Reader and writer together; the aim is far below the 100 microseconds that 10,000 a second would allow.
    assert cost < 50e-6


async def _count_cheaply(stream, events):
    found, rest = 0, b""
    while found < events:
        rest += await asyncio.wait_for(stream.response.content.readany(), 60)
        found += rest.count(b'"EventType"')
        rest = rest[-10:] if not rest.endswith(b'"EventType"') else b""
