import asyncio
import json
import re
from xml.etree import ElementTree as ET

import aiohttp
import pytest

from doorwatch.simulators.genetec import GenetecSimulator, guid_for

EAST = guid_for("Door", "Lobby east")


async def test_an_event_reaches_a_stream_that_subscribed_on_another_connection(client, reading, simulator):
    async with reading() as stream:
        await client.subscribe("AccessGranted")
        simulator.raise_event("AccessGranted", "Lobby east", cardholder="Ana Petrova")
        event = await stream.event()
    assert event["EventType"] == "AccessGranted"
    assert event["SourceGuid"] == EAST
    assert event["Cardholder"] == guid_for("Cardholder", "Ana Petrova")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", event["Timestamp"])


async def test_what_was_not_subscribed_is_not_sent(client, reading, simulator):
    async with reading() as stream:
        await client.get(f"events/subscribe?q=event({EAST},DoorOpen)")
        simulator.raise_event("DoorOpen", "Dock")
        simulator.raise_event("DoorClose", "Lobby east")
        simulator.raise_event("DoorOpen", "Lobby east")
        assert (await stream.event())["SourceGuid"] == EAST


async def test_subscriptions_are_listed_by_type_and_can_be_taken_back(client):
    await client.subscribe("AccessGranted", "DoorOpen")
    await client.subscribe("DoorOpen")
    await client.get(f"events/unsubscribe?q=event({EAST},DoorOpen),event(Door,AccessGranted)")
    listed = (await client.get("events/subscribed"))["Result"]
    assert [(row["EventType"], len(row["Entities"])) for row in listed] == [("DoorOpen", 2)]


async def test_a_type_wide_subscription_is_for_the_doors_known_then(client, reading, simulator, commands):
    async with reading() as stream:
        await client.subscribe("DoorOpen")
        await commands.execute("add_door", {"name": "New"})
        simulator.raise_event("DoorOpen", "New")
        simulator.raise_event("DoorOpen", "Dock")
        assert (await stream.event())["SourceGuid"] == guid_for("Door", "Dock")
        await commands.execute("set", {"settings": {"wildcard_follows_new_doors": True}})
        simulator.raise_event("DoorOpen", "New")
        assert (await stream.event())["SourceGuid"] == guid_for("Door", "New")


async def test_an_unknown_event_name_fails_the_whole_request(client):
    answer = await client.get("events/subscribe?q=event(Door,DoorOpen),event(Door,AccessDenied)")
    assert answer["Status"] == "Fail"
    assert "AccessDenied" in answer["Result"]["Message"]
    assert (await client.get("events/subscribed")).get("Result") == []


@pytest.mark.parametrize(
    "settings", [{"connection_id": "part"}, {"connection_id": "bare", "stream_byte_order_mark": True}]
)
async def test_the_connection_id_comes_in_a_part_or_bare_and_closes_its_stream(client, settings):
    async with client.stream() as response:
        first = (await response.content.readline()).decode("utf-8-sig")
        assert first.startswith("ConnectionId:" if settings["connection_id"] == "bare" else "--GENETECBOUNDARY")
        while not first.startswith("ConnectionId:"):
            first = (await response.content.readline()).decode()
        status, _ = await client.request("POST", f"events/closeconnection/{first.strip().partition(':')[2]}")
        assert status == 200
        await asyncio.wait_for(response.content.read(), 60)
        assert response.content.at_eof()


async def test_closing_a_connection_that_is_not_there_fails(client):
    _, body = await client.request("POST", "events/closeconnection/7c2b8a50-6c1e-4d0e-9a52-2f0d6a3f1b11")
    assert b"Fail" in body


@pytest.mark.parametrize("settings", [{"keep_alive": 0.02}])
async def test_keep_alives_come_while_nothing_happens_and_can_be_stopped(reading, commands, settings):
    async with reading() as stream:
        while stream.keep_alives < 3:
            if await stream.line() == "KeepAlive":
                stream.keep_alives += 1
        await commands.execute("mute", {})
        with pytest.raises(TimeoutError):
            await stream.event(within=0.3)
        assert stream.keep_alives < 6


@pytest.mark.parametrize("settings", [{"fragments": True}])
async def test_bytes_broken_at_random_places_still_make_the_same_lines(client, reading, simulator, settings):
    async with reading() as stream:
        await client.subscribe("DoorOpen")
        for _ in range(30):
            simulator.raise_event("DoorOpen", "Dock")
        events = [await stream.event() for _ in range(30)]
    assert {event["SourceGuid"] for event in events} == {guid_for("Door", "Dock")}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"event_type_as": "number"}, {"EventType": 35}),
        ({"event_source": "access_point"}, {"SourceGuid": guid_for("AccessPoint", "Lobby east - In")}),
        ({"references_as": "object"}, {"AccessPoint": {"Guid": guid_for("AccessPoint", "Lobby east - In")}}),
        ({"digits": 0, "event_fields": "minimal"}, {}),
    ],
)
async def test_the_shape_of_an_event_follows_the_settings(client, reading, simulator, expected, settings):
    async with reading() as stream:
        await client.subscribe("AccessGranted")
        simulator.raise_event("AccessGranted", "Lobby east", cardholder="Ana Petrova")
        event = await stream.event()
    assert expected.items() <= event.items()
    if settings.get("event_fields") == "minimal":
        assert set(event) == {"EventType", "Timestamp", "SourceGuid"}
        assert "." not in event["Timestamp"]


@pytest.mark.parametrize("settings", [{"event_fields": "nested", "cardholder_on_stream": False}])
async def test_details_can_be_nested_and_the_cardholder_kept_for_the_report(client, reading, simulator, settings):
    async with reading() as stream:
        await client.subscribe("AccessGranted")
        simulator.raise_event("AccessGranted", "Lobby east", cardholder="Ana Petrova")
        nested = (await stream.event())["Event"]
    assert "AccessPoint" in nested
    assert "Cardholder" not in nested


async def test_copies_and_late_events_come_as_they_are_ordered(client, reading, simulator):
    async with reading() as stream:
        await client.subscribe("DoorOpen", "DoorClose")
        simulator.role.raise_event("DoorOpen", "Dock", late_by=0.1)
        simulator.role.raise_event("DoorClose", "Dock", copies=2)
        assert [(await stream.event())["EventType"] for _ in range(3)] == ["DoorClose", "DoorClose", "DoorOpen"]
    assert len(simulator.role.record) == 2


@pytest.mark.parametrize("settings", [{"duplicate": 0.5, "late": 0.5, "late_by": 0.1}])
async def test_disorder_repeats_and_delays_but_loses_nothing(client, reading, simulator, settings):
    async with reading() as stream:
        await client.subscribe("DoorOpen")
        start = simulator.role.clock.now()
        for number in range(40):
            simulator.role.raise_event("DoorOpen", "Dock", at=start + number * 1000)
        seen = []
        while len(set(seen)) < 40:
            seen.append((await stream.event())["Timestamp"])
    assert len(seen) > 40
    assert seen != sorted(seen)


async def test_alarm_items_come_only_to_who_asked_for_them(client, reading, simulator):
    async with reading() as stream:
        await client.subscribe("DoorOpen")
        simulator.role.raise_alarm()
        await client.request("POST", "events/alarmMonitoring/on")
        simulator.role.raise_alarm(acknowledged=True)
        assert set(await stream.event()) == {"AlarmAcknowledge"}


async def test_a_client_can_raise_a_test_event(client, reading):
    async with reading() as stream:
        await client.subscribe("DoorOpenedForTooLong", "CustomEvent")
        await client.request("POST", f"events/RaiseEvent/DoorOpenedForTooLong/{EAST}")
        assert (await stream.event())["EventType"] == "DoorOpenedForTooLong"
        await client.request("POST", f"events/RaiseCustomEvent/7/{EAST}/Hello")
        assert (await stream.event())["CustomEventMessage"] == "Hello"
        _, body = await client.request("POST", f"events/RaiseEvent/Nonsense/{EAST}")
        assert json.loads(body.decode("utf-8-sig"))["Rsp"]["Status"] == "Fail"


@pytest.mark.parametrize("accept", ["text/xml", "application/xml"])
async def test_a_stream_of_xml_spans_lines(client, reading, simulator, accept):
    async with reading(Accept=accept) as stream:
        await client.subscribe("DoorOpen")
        simulator.raise_event("DoorOpen", "Dock")
        lines = []
        while not lines or not lines[-1].startswith(("</WebSdk>", "</event>")):
            lines.append(await stream.line())
        document = ET.fromstring("\n".join(lines[lines.index("") + 1 :]))
    assert len(lines) > 5
    assert next(document.iter("EventType")).text == "DoorOpen"
    assert next(document.iter("SourceGuid")).text == guid_for("Door", "Dock")


async def test_a_stream_of_legacy_json_spans_lines(client, reading, simulator):
    async with reading(Accept="application/jsonrequest") as stream:
        await client.subscribe("DoorOpen")
        simulator.raise_event("DoorOpen", "Dock")
        while await stream.line() != "":
            pass
        text = ""
        while not text.endswith("}}"):
            text += (await stream.line()).strip()
    assert json.loads(text)["event"]["EventType"] == "DoorOpen"


@pytest.mark.parametrize("settings", [{"redirect_events": "307"}, {"redirect_events": "302"}])
async def test_redirect_mode_sends_the_stream_to_the_streaming_port(client, simulator, settings):
    headers = client.headers
    async with client.session.get(client.url("events"), headers=headers, allow_redirects=False) as response:
        assert response.status == int(settings["redirect_events"])
        target = response.headers["Location"]
    assert target == f"http://127.0.0.1:{simulator.streaming_port}/WebSdk/events"
    async with client.session.get(target, headers=headers) as response:
        assert response.status == 200
        assert await response.content.readline() == b"--GENETECBOUNDARY\r\n"


async def test_two_streams_of_a_user_share_what_one_subscribed(client, reading, simulator):
    async with reading() as one, reading() as other:
        await client.subscribe("DoorOpen")
        simulator.raise_event("DoorOpen", "Dock")
        assert await one.event() == await other.event()


async def test_a_client_that_goes_away_frees_its_stream_at_once(client, reading, simulator):
    async with reading():
        assert len(simulator.role.streams()) == 1
    async with asyncio.timeout(60):
        while simulator.role.streams():
            await asyncio.sleep(0.01)


async def test_sessions_end_after_idle_time_and_take_subscriptions_along(clock_simulator):
    simulator, clock, client = clock_simulator
    await client.subscribe("DoorOpen")
    clock.advance(299)
    assert (await client.get("events/subscribed"))["Result"]
    clock.advance(300)
    assert not (await client.get("events/subscribed")).get("Result")
    assert len(simulator.role.sessions) == 1


@pytest.mark.parametrize("kept", [True, False])
async def test_a_stream_keeps_its_session_unless_in_strict_mode(clock_simulator, kept):
    simulator, clock, client = clock_simulator
    simulator.role.settings.stream_keeps_session = kept
    async with client.stream() as response:
        await response.content.readline()
        await client.subscribe("DoorOpen")
        clock.advance(301)
        assert bool((await client.get("events/subscribed")).get("Result")) == kept


async def test_a_session_that_ends_can_take_its_stream_along(client, reading, commands):
    await commands.execute("set", {"settings": {"session_end": "close"}})
    async with reading() as stream:
        await commands.execute("end_sessions", {})
        with pytest.raises(EOFError):
            await stream.event()


@pytest.fixture
async def clock_simulator(client):
    from doorwatch.domain.time import ManualClock

    clock = ManualClock()
    simulator = GenetecSimulator(client.simulator.config, clock)
    await simulator.start()
    async with aiohttp.ClientSession() as session:
        yield simulator, clock, type(client)(simulator, session)
    await simulator.stop()
