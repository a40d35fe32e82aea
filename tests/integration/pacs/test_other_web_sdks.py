"""Web SDKs that behave otherwise than the simulator, where what is published leaves room: the driver hears them all."""

import uuid
from contextlib import aclosing, asynccontextmanager

import pytest
from driver_contract import until
from other_web_sdk import OtherWebSdk

from doorwatch.domain.time import MINUTE, SECOND, SystemClock, from_iso, to_iso
from doorwatch.gateway.collector import QUEUE, Collector
from doorwatch.gateway.coverage import Coverage
from doorwatch.gateway.pacs_session import PacsSession
from doorwatch.pacs.driver import Events, PacsError, Subscribed
from doorwatch.pacs.genetec import GenetecDriver
from doorwatch.spool import Spool


@asynccontextmanager
async def driver_of(sdk, **settings):
    await sdk.start()
    driver = GenetecDriver(sdk.settings(**settings), SystemClock())
    try:
        await driver.inventory()
        yield driver
    finally:
        await driver.close()
        await sdk.stop()


AT = "2026-01-31T12:34:56.789Z"


@pytest.mark.parametrize(
    "written",
    [
        lambda door, who: {"EventType": "AccessGranted", "Timestamp": AT, "SourceGuid": door, "Cardholder": who},
        lambda door, who: {"EventType": 35, "Timestamp": AT, "SourceGuid": {"Guid": door}, "CardholderGuid": who},
        lambda door, who: {"Type": "AccessGranted", "Timestamp": AT, "SourceEntity": door, "Cardholder": {"Guid": who}},
        lambda door, who: {
            "Event": {"EventType": "35", "Timestamp": AT, "SourceGuid": door.replace("-", ""), "CardholderGuid": who}
        },
        lambda door, who: {
            "GroupId": str(uuid.uuid4()),
            "Event": {"Type": "AccessGranted", "Timestamp": AT, "SourceEntity": f"{{{door}}}", "Cardholder": who},
        },
    ],
    ids=["flat", "numbers and objects", "names of the class library", "nested", "nested, names of the class library"],
)
async def test_an_event_is_understood_however_its_fields_are_arranged(written):
    sdk, who = OtherWebSdk(), str(uuid.uuid4())
    async with driver_of(sdk) as driver, aclosing(driver.stream()) as stream:
        await until(stream, Subscribed)
        await sdk.event(AlarmTriggered={"Guid": str(uuid.uuid4()), "Timestamp": AT})
        await sdk.event(**written(sdk.doors[1], who))
        event = (await until(stream, Events)).events[0]
    assert (event.door, event.event_type, event.actor_id) == (sdk.doors[1].lower(), "AccessGranted", who)
    assert event.at == from_iso(AT)


@pytest.mark.parametrize(
    "differs",
    [{"chunked": False}, {"line_end": b"\n"}, {"tells_connection": False}, {"chunked": False, "line_end": b"\n"}],
    ids=["until the connection closes", "line feeds alone", "no connection id", "both"],
)
async def test_a_stream_is_understood_however_it_is_framed(differs):
    sdk = OtherWebSdk(**differs)
    async with driver_of(sdk) as driver, aclosing(driver.stream()) as stream:
        await until(stream, Subscribed)
        await sdk.part("text/plain", "KeepAlive")
        await sdk.event(EventType="DoorOpen", Timestamp="2026-01-31T12:34:56", SourceGuid=sdk.doors[0])
        assert [event.door for event in (await until(stream, Events)).events] == [sdk.doors[0].lower()]


@pytest.mark.parametrize("count", [199, 200, 201, 400, 2200])
@pytest.mark.parametrize("extra_row", [True, False], ids=["with a row too many", "without"])
async def test_the_list_of_doors_is_whole_where_a_page_behind_the_last_is_refused(count, extra_row):
    sdk = OtherWebSdk(doors=[str(uuid.UUID(int=n + (1 << 100))) for n in range(count)], extra_row=extra_row)
    async with driver_of(sdk) as driver:
        assert set(driver.directory.doors) == set(sdk.doors)


@pytest.mark.parametrize(
    "differs",
    [{"page_limit": 100}, {"page_limit": 100, "extra_row": False}, {"plain_guids": True}],
    ids=["pages are smaller than asked for", "the same, without a row too many", "GUIDs without a name"],
)
async def test_the_list_of_doors_is_whole_however_its_pages_are_made(differs):
    sdk = OtherWebSdk(doors=[str(uuid.UUID(int=n + (1 << 100))) for n in range(433)], **differs)
    async with driver_of(sdk) as driver:
        assert set(driver.directory.doors) == set(sdk.doors)


async def test_a_list_whose_pages_are_all_the_first_one_is_asked_for_without_pages():
    sdk = OtherWebSdk(doors=[str(uuid.UUID(int=n + (1 << 100))) for n in range(250)], pages=False)
    async with driver_of(sdk) as driver:
        assert set(driver.directory.doors) == set(sdk.doors)


@pytest.mark.parametrize("spelling", [str.lower, lambda name: name[:1].lower() + name[1:]], ids=["lower case", "camel"])
async def test_fields_are_known_in_whatever_case_they_are_written(spelling):
    sdk, who = OtherWebSdk(spelling=spelling), str(uuid.uuid4())
    sdk.report = [{"Timestamp": AT, "EventType": 35, "AccessPointGroupGuid": sdk.doors[0], "CardholderGuid": who}]
    async with driver_of(sdk) as driver:
        assert {door.name for door in driver.directory.doors.values()} == {
            f"Door {one[:4].lower()}" for one in sdk.doors
        }
        since, until_ = from_iso("2026-01-31T12:30:00Z"), from_iso("2026-01-31T12:40:00Z")
        (told,) = [event async for events in driver.backfill(since, until_) for event in events]
        assert (told.door, told.actor_id, told.at) == (sdk.doors[0].lower(), who, from_iso(AT))
        async with aclosing(driver.stream()) as stream:
            assert set((await until(stream, Subscribed)).types) == {"AccessGranted", "DoorOpen"}


async def test_a_refusal_in_xml_is_understood_as_one():
    sdk = OtherWebSdk(
        doors=[str(uuid.UUID(int=n + (1 << 100))) for n in range(200)], refuses_in_xml=True, extra_row=False
    )
    async with driver_of(sdk) as driver:
        assert len(driver.directory.doors) == 200
        sdk._list = lambda _query: {"Rsp": {"Status": "Fail", "Message": "No <b>way</b>"}}
        with pytest.raises(PacsError, match="refused a command: No <b>way</b> & more"):
            await driver.inventory()


async def test_a_report_that_takes_too_long_is_asked_for_in_smaller_spans():
    sdk = OtherWebSdk(slow_span=240)
    sdk.report = [
        {"Timestamp": f"2026-01-31T12:{n:02}:00.5Z", "EventType": 35, "SourceGuid": sdk.doors[n % 3]} for n in range(15)
    ]
    async with driver_of(sdk, timeout=0.3) as driver:
        since, until_ = from_iso("2026-01-31T12:00:00Z"), from_iso("2026-01-31T12:15:00Z")
        found = {event.at async for events in driver.backfill(since, until_) for event in events}
    assert len(found) == 15


async def test_a_long_gap_is_read_whole_though_every_answer_tells_another_difference_of_clocks(tmp_path):
    sdk, clock = OtherWebSdk(), SystemClock()
    sdk.ahead = lambda: 4 * sum("dooractivity" in question for question in sdk.requests)
    until_ = clock.now() // SECOND * SECOND - MINUTE
    since = until_ - 50 * MINUTE
    sdk.report = [
        {"Timestamp": to_iso(at, 3), "EventType": 35, "SourceGuid": sdk.doors[0]} for at in range(since, until_, SECOND)
    ]
    async with driver_of(sdk) as driver, await Spool.open(tmp_path, [QUEUE]) as spool:
        session = PacsSession(
            driver,
            Collector(spool, "pacs"),
            None,
            Coverage(),
            spool,
            clock,
            overlap=60,
            second_look=0,
            on_inventory=lambda _inventory: None,
            on_news=lambda: None,
        )
        await session._read_until_done(since, until_)
        assert spool.depth(QUEUE) == len(sdk.report)


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-31T14:34:56.789+02:00",
        "2026-01-31T07:34:56.789-0500",
        "2026-01-31 12:34:56.789",
        "2026-01-31T12:34:56,7890000",
        "/Date(1769862896789)/",
        "/Date(1769862896789+0100)/",
        1769862896789,
    ],
)
async def test_a_row_of_the_report_is_of_the_same_moment_in_whatever_zone_it_is_written(written):
    sdk = OtherWebSdk()
    row = {"Timestamp": written, "EventType": 35, "AccessPointGroupGuid": sdk.doors[0]}
    sdk._rows = lambda _query: [row]
    async with driver_of(sdk) as driver:
        since, until_ = from_iso("2026-01-31T12:30:00Z"), from_iso("2026-01-31T12:40:00Z")
        (told,) = [event async for events in driver.backfill(since, until_) for event in events]
    assert (told.at, told.door) == (from_iso(AT), sdk.doors[0].lower())


async def test_a_page_that_was_announced_and_is_refused_is_no_end_of_the_list():
    sdk = OtherWebSdk(doors=[str(uuid.UUID(int=n + (1 << 100))) for n in range(201)])
    async with driver_of(sdk) as driver:
        whole = sdk.doors
        answer = sdk._list
        sdk._list = lambda query: answer(query) if "Page=1," in query else {"Rsp": {"Status": "Fail"}}
        with pytest.raises(PacsError):
            await driver.inventory()
        assert set(driver.directory.doors) == set(whole)


async def test_doors_that_a_subscription_by_kind_leaves_out_are_subscribed_by_name():
    sdk = OtherWebSdk(expands_kinds=False)
    async with driver_of(sdk) as driver, aclosing(driver.stream()) as stream:
        told = await until(stream, Subscribed)
    assert sdk.listed == {name: set(sdk.doors) for name in ("AccessGranted", "DoorOpen")}
    assert set(told.types) == {"AccessGranted", "DoorOpen"}


async def test_a_report_that_is_cut_off_at_a_round_number_without_a_word_is_asked_for_in_pieces():
    sdk = OtherWebSdk(report_limit=1000)
    sdk.report = [
        {
            "Timestamp": f"2026-01-31T12:{n // 60 % 60:02}:{n % 60:02}.{n:04}Z",
            "EventType": 35,
            "SourceGuid": sdk.doors[n % 3],
        }
        for n in range(2400)
    ]
    sdk.report.sort(key=lambda row: row["Timestamp"])
    async with driver_of(sdk) as driver:
        since, until_ = from_iso("2026-01-31T12:00:00Z"), from_iso("2026-01-31T13:00:00Z")
        found = {(event.door, event.exact) async for events in driver.backfill(since, until_) for event in events}
    assert len(found) == 2400
