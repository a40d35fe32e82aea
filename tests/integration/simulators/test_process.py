"""The simulator as others use it: a process, its one line, its control interface."""

import asyncio
import json
import signal
import sys

import aiohttp
import pytest

SCENARIO = """
doors: [Lobby east]
cardholders: [Ana Petrova]
script: [{after: 0, do: raise, event_type: DoorOpen, door: Lobby east}]
"""


@pytest.fixture
async def process(tmp_path):
    """Starts `doorwatch simulate genetec` with these arguments; gives process and first line."""
    started = []

    async def start(*arguments):
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from doorwatch.cli.main import run; run()", "simulate", "genetec", *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        started.append(running)
        return running

    yield start
    for running in started:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def test_it_tells_its_addresses_serves_and_stops_on_a_signal(process, tmp_path):
    (tmp_path / "scenario.yaml").write_text(SCENARIO)
    running = await process("--port", "0", "--json", "--scenario", str(tmp_path / "scenario.yaml"))
    ready = json.loads(await asyncio.wait_for(running.stdout.readline(), 60))
    assert set(ready["doors"]) == {"Lobby east"}
    authorization = aiohttp.encode_basic_auth(f"{ready['user']};{ready['application_id']}", ready["password"])
    headers = {"Accept": "text/json", "Authorization": authorization}
    control = ready["control_url"]
    async with aiohttp.ClientSession() as session:
        async with session.get(ready["base_url"] + "/", headers=headers) as response:
            assert response.status == 200
        order = {"event_type": "AccessGranted", "door": "Lobby east", "cardholder": "Ana Petrova"}
        async with session.post(f"{control}/commands/raise", json=order) as response:
            assert (await response.json())["event_type"] == "AccessGranted"
        async with session.get(f"{control}/events?after=1&limit=5") as response:
            answer = await response.json()
        assert answer["total"] == 2
        assert [event["sequence"] for event in answer["events"]] == [2]
        async with session.get(f"{control}/entities?kind=Door") as response:
            assert [row["name"] for row in (await response.json())["entities"]] == ["Lobby east"]
        async with session.get(f"{control}/state") as response:
            assert (await response.json())["sessions"][0]["user"] == ready["user"]
        async with session.get(f"{control}/requests") as response:
            assert (await response.json())["requests"][0]["status"] == 200
        for body, why in (("[1]", "not one JSON object"), ('{"door": "Nowhere"}', "event_type")):
            async with session.post(f"{control}/commands/raise", data=body) as response:
                assert response.status == 422
                assert why in (await response.json())["error"]
        async with session.get(f"{control}/events?after=x") as response:
            assert response.status == 422
    running.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(running.wait(), 60) == 0
    assert await running.stderr.read() == b""


async def test_a_wrong_scenario_is_one_sentence_and_no_traceback(process, tmp_path):
    (tmp_path / "scenario.yaml").write_text("door: [A]")
    running = await process("--port", "0", "--scenario", str(tmp_path / "scenario.yaml"))
    _, stderr = await asyncio.wait_for(running.communicate(), 60)
    assert running.returncode == 1
    assert b"unknown field `door`" in stderr
    assert stderr.count(b"\n") == 1
