import asyncio

import aiohttp
import pytest

from doorwatch.domain.errors import DoorwatchError


@pytest.mark.parametrize("how", ["reset", "cut", "close"])
async def test_a_stream_ends_by_a_reset_in_the_middle_of_a_line_or_properly(client, reading, simulator, commands, how):
    async with reading() as stream:
        await client.subscribe("DoorOpen")
        simulator.raise_event("DoorOpen", "Dock")
        assert (await commands.execute("drop", {"how": how}))["streams"] == 1
        text = b""
        broken = False
        try:
            text = await asyncio.wait_for(stream.response.content.read(), 60)
        except aiohttp.ClientError:
            broken = True
            text = bytes(b"".join(stream.response.content._buffer))
    assert broken == (how != "close")
    assert text.endswith(b"}}}\r\n") == (how == "close")


async def test_a_frozen_stream_stays_open_and_goes_on_when_healed(client, reading, simulator, commands):
    async with reading() as stream:
        await client.subscribe("DoorOpen")
        await commands.execute("freeze", {})
        simulator.raise_event("DoorOpen", "Dock")
        with pytest.raises(TimeoutError):
            await stream.event(within=0.2)
        await commands.execute("heal", {})
        assert (await stream.event())["EventType"] == "DoorOpen"


async def test_a_freeze_can_end_by_itself(client, reading, simulator, commands):
    async with reading() as stream:
        await client.subscribe("DoorOpen")
        await commands.execute("freeze", {"seconds": 0.05})
        simulator.raise_event("DoorOpen", "Dock")
        assert await stream.event()


async def test_a_frozen_stream_can_be_dropped(reading, commands):
    async with reading() as stream:
        await commands.execute("freeze", {})
        await commands.execute("drop", {"how": "close"})
        with pytest.raises(EOFError):
            await stream.event()


async def test_a_drip_delivers_slowly_and_in_the_end_everything(client, reading, simulator, commands):
    async with reading() as stream:
        await client.subscribe("DoorOpen")
        await commands.execute("drip", {"bytes": 20, "pause": 0.001})
        simulator.raise_event("DoorOpen", "Dock")
        assert (await stream.event())["EventType"] == "DoorOpen"


async def test_a_restart_refuses_for_a_while_and_loses_sessions_and_streams(client, reading, simulator, commands):
    port = simulator.port
    async with reading() as stream:
        await client.subscribe("DoorOpen")
        await commands.execute("restart", {"down_seconds": 0.3})
        with pytest.raises((EOFError, aiohttp.ClientError)):
            await stream.event()
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.get("")
    async with asyncio.timeout(60):
        while True:
            try:
                subscribed = await client.get("events/subscribed")
                break
            except aiohttp.ClientError:
                await asyncio.sleep(0.02)
    assert not subscribed.get("Result")
    assert simulator.port == port


async def until_it_answers(client):
    async with asyncio.timeout(60):
        while True:
            try:
                return await client.get("")
            except aiohttp.ClientError:
                await asyncio.sleep(0.02)


async def test_a_role_that_is_down_already_can_be_restarted_and_comes_back_once(client, simulator, commands):
    port = simulator.port
    for _ in range(3):
        await commands.execute("restart", {"down_seconds": 0.1})
    await until_it_answers(client)
    await asyncio.wait_for(simulator._restarting, 60)
    await client.get("")
    assert simulator.port == port


async def test_what_happens_while_nobody_listens_is_in_the_record_only(client, reading, simulator):
    simulator.raise_event("DoorOpen", "Dock")
    async with reading() as stream:
        await client.subscribe("DoorOpen")
        with pytest.raises(TimeoutError):
            await stream.event(within=0.1)
    assert len(simulator.role.record) == 1
    assert simulator.role.delivered == 0


@pytest.mark.parametrize("status", [401, 403, 500, 503])
async def test_answers_can_be_wrong_so_many_times(client, commands, status):
    await commands.execute("answers", {"status": status, "times": 2})
    assert [(await client.request("GET", ""))[0] for _ in range(3)] == [status, status, 200]


async def test_a_page_can_stand_where_an_envelope_should(client, commands):
    await commands.execute("answers", {"status": 200, "body": "html", "path": "report/"})
    status, body = await client.request("GET", "report/EntityConfiguration?q=EntityTypes@Door")
    assert (status, body[:9]) == (200, b"<!DOCTYPE")
    assert (await client.get(""))["Status"] == "Ok"


async def test_answers_can_be_slow(client, commands):
    await commands.execute("answers", {"delay": 5, "path": "report/"})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.get("report/EntityConfiguration?q=EntityTypes@Door"), 0.2)
    await commands.execute("heal", {})
    assert await client.get("report/EntityConfiguration?q=EntityTypes@Door")


async def test_anything_can_be_written_to_a_stream(client, reading, commands, simulator):
    async with reading() as stream:
        await client.subscribe("DoorOpen")
        await commands.execute("write", {"text": "what is this?\r\n--GENETECBOUNDARY\r\n"})
        simulator.raise_event("DoorOpen", "Dock")
        assert await stream.line() == "what is this?"
        assert await stream.event()


async def test_entities_come_and_go(client, commands):
    await commands.execute("add_camera", {"name": "Yard"})
    await commands.execute("remove", {"kind": "Door", "name": "Dock"})
    rows = (await client.get("report/EntityConfiguration?q=EntityTypes@Door@Camera"))["Result"]
    assert len(rows) == 4


@pytest.mark.parametrize(
    ("name", "parameters", "why"),
    [
        ("explode", {}, "no command 'explode'"),
        ("raise", {"event_type": "DoorOpen", "door": "Nowhere"}, "no door 'Nowhere'"),
        ("raise", {"event_type": "DoorOpen", "door": "Dock", "at": "noon"}, "time is wrong"),
        ("raise", {"event_type": "DoorOpen", "door": "Dock", "side": "up"}, "'in' or 'out'"),
        ("drip", {"bytes": 0}, "at least one byte"),
        ("freeze", {"for": 3}, "unknown field `for`"),
        ("set", {"settings": {"digits": 9}}, "0 to 7"),
    ],
)
async def test_a_wrong_command_is_told_in_a_sentence(commands, name, parameters, why):
    with pytest.raises(DoorwatchError, match=why):
        await commands.execute(name, parameters)
