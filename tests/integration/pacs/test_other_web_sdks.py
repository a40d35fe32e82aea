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
from doorwatch.pacs.driver import Events, Missed, PacsError, PacsLostError, Subscribed
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
        await session._read_until_done(since, until_, lambda _up_to: None)
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


NOON, HALF_PAST = from_iso("2026-01-31T12:30:00Z"), from_iso("2026-01-31T12:40:00Z")


async def read_back(driver, types=None):
    return [event async for events in driver.backfill(NOON, HALF_PAST, types) for event in events]


@pytest.mark.parametrize(
    "written",
    [
        lambda door, group: {"APGuid": group, "SourceGuid": door},
        lambda door, group: {"AccessPointGroupGuid": group, "SourceGuid": door},
        lambda door, _group: {"AccessPointGroupGuid": str(uuid.UUID(int=0)), "SourceGuid": f"({door})"},
        lambda door, group: {"DoorGuid": door, "AccessPoint": {"Guid": group}},
        lambda door, _group: {"APGuid": door},
    ],
    ids=["the source", "a group that is no door", "no group", "other columns", "nothing else"],
)
async def test_a_row_of_the_report_finds_its_door_by_whatever_names_it(written):
    sdk = OtherWebSdk()
    row = {"Timestamp": AT, "EventType": 35, **written(sdk.doors[1], str(uuid.uuid4()))}
    sdk._rows = lambda _query: [row]
    async with driver_of(sdk) as driver:
        (told,) = await read_back(driver)
    assert told.door == sdk.doors[1].lower()


async def test_rows_without_a_time_or_a_place_are_left_out_with_a_line_and_spoil_no_others(caplog):
    sdk = OtherWebSdk()
    good = {"Timestamp": AT, "EventType": 35, "SourceGuid": sdk.doors[0]}
    sdk._rows = lambda _query: [
        {"EventType": 35},
        good | {"Timestamp": "0001-01-01T00:00:00"},
        good | {"Timestamp": "9999-12-31T23:59:59.9999999Z"},
        good | {"Timestamp": None},
        {"Timestamp": AT, "EventType": 35},
        good,
    ]
    async with driver_of(sdk) as driver:
        (told,) = await read_back(driver)
    assert told.at == from_iso(AT)
    assert caplog.messages == ["rows of the activity report name no time or no door and are left out"]
    assert caplog.records[0].rows == 5


async def test_an_event_whose_time_is_none_is_left_out_with_a_line_and_the_stream_goes_on(caplog):
    sdk = OtherWebSdk()
    async with driver_of(sdk) as driver, aclosing(driver.stream()) as stream:
        await until(stream, Subscribed)
        for at in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", AT):
            await sdk.event(EventType="AccessGranted", Timestamp=at, SourceGuid=sdk.doors[0])
        events = (await until(stream, Events)).events
    assert [event.at for event in events] == [from_iso(AT)]
    assert caplog.messages == ["an event has a time that is none, and is left out; others are counted"]


@pytest.mark.parametrize("filters", [True, False])
async def test_a_number_that_nobody_published_is_found_out_by_asking_for_its_type_alone(filters):
    sdk = OtherWebSdk()
    rows = {"DoorSecured": {"Timestamp": AT, "EventType": 3700, "SourceGuid": sdk.doors[0]}}
    rows["AccessGranted"] = rows["DoorSecured"] | {"EventType": 35}
    sdk._rows = lambda query: [row for name, row in rows.items() if not filters or name in query]
    types = ("AccessGranted", "DoorSecured", "DoorOnline")
    async with driver_of(sdk, types=types) as driver:
        for _ in range(2):
            found = sorted(event.event_type for event in await read_back(driver))
            assert found == (["AccessGranted", "DoorSecured"] if filters else ["AccessGranted"])
    assert sum("dooractivity" in question for question in sdk.requests) == 2 + 3


async def test_a_report_that_is_partial_whatever_is_asked_is_taken_as_it_is(caplog):
    sdk = OtherWebSdk()
    sdk.report = [
        {"Timestamp": f"2026-01-31T12:3{n}:00Z", "EventType": 35, "SourceGuid": sdk.doors[0]} for n in range(10)
    ]
    answer = sdk._answer

    def partial(path, query):
        told = answer(path, query)
        return {"Rsp": told["Rsp"] | {"Status": "Partial"}} if "dooractivity" in path else told

    sdk._answer = partial
    async with driver_of(sdk) as driver:
        assert len(await read_back(driver)) == 10
    assert sum("dooractivity" in question for question in sdk.requests) == 3
    assert "is partial" in caplog.text


async def test_a_report_that_is_partial_as_it_does_not_fit_is_asked_for_in_pieces():
    sdk = OtherWebSdk()
    rows = [{"Timestamp": f"2026-01-31T12:3{n}:00Z", "EventType": 35, "SourceGuid": sdk.doors[0]} for n in range(10)]
    sdk.report, answer = rows, sdk._answer

    def partial(path, query):
        told = answer(path, query)
        if "dooractivity" not in path or len(told["Rsp"]["Result"]) <= 3:
            return told
        return {"Rsp": {"Status": "Partial", "Result": told["Rsp"]["Result"][:3]}}

    sdk._answer = partial
    async with driver_of(sdk) as driver:
        assert len({event.at for event in await read_back(driver)}) == 10


async def test_an_answer_without_content_is_one_with_nothing_to_tell():
    sdk = OtherWebSdk()
    sdk.silent = ("events/subscribe", "report/dooractivity")
    async with driver_of(sdk) as driver, aclosing(driver.stream()) as stream:
        await until(stream, Subscribed)
        assert await read_back(driver) == []


async def test_a_type_that_is_accepted_and_not_listed_is_refused_and_the_others_go_on(caplog):
    sdk = OtherWebSdk()
    sdk.deaf = lambda _door, name: name == "DoorOpen"
    async with driver_of(sdk) as driver, aclosing(driver.stream()) as stream:
        told = await until(stream, Subscribed)
    assert (told.types, told.refused) == (("AccessGranted",), ("DoorOpen",))
    assert caplog.records[0].event_type == "DoorOpen"


async def test_without_any_grant_a_subscription_is_none():
    sdk = OtherWebSdk()
    sdk.deaf = lambda _door, name: name == "AccessGranted"
    async with driver_of(sdk) as driver, aclosing(driver.stream()) as stream:
        with pytest.raises(PacsError, match="does not list AccessGranted"):
            await until(stream, Subscribed)


async def test_a_door_whose_type_is_never_listed_does_not_silence_the_others_and_its_grants_are_read_back():
    sdk = OtherWebSdk()
    sdk.deaf = lambda door, _name: door == sdk.doors[2]
    async with driver_of(sdk, verify_every=0.05) as driver, aclosing(driver.stream()) as stream:
        told = await until(stream, Subscribed)
        missed = await until(stream, Missed)
        await until(stream, Missed)
    assert set(told.types) == {"AccessGranted", "DoorOpen"}
    assert missed.reason.endswith(": AccessGranted")


async def test_a_list_of_subscriptions_that_is_refused_after_it_was_given_is_a_lost_session():
    sdk = OtherWebSdk()
    answer = sdk._answer
    async with driver_of(sdk, verify_every=0.05) as driver, aclosing(driver.stream()) as stream:
        verified = await until(stream, Subscribed)
        sdk._answer = lambda path, query: (
            {"Rsp": {"Status": "Fail"}} if path == "events/subscribed" else answer(path, query)
        )
        with pytest.raises(PacsLostError, match="does not list subscriptions any more") as lost:
            await until(stream, Events)
    assert lost.value.proved >= verified.at


async def test_a_door_whose_properties_are_refused_is_a_door_all_the_same():
    sdk = OtherWebSdk()
    answer = sdk._answer
    sdk._answer = lambda path, query: (
        {"Rsp": {"Status": "Fail"}} if path == "entity" and sdk.doors[1].lower() in query else answer(path, query)
    )
    async with driver_of(sdk) as driver:
        named = {door.device_id: door.name for door in (await driver.inventory()).doors}
    first, second, _ = (door.lower() for door in sdk.doors)
    assert named[second] == second
    assert named[first] == f"Door {first[:4]}"


@pytest.mark.parametrize("most", [None, 10])
async def test_many_doors_are_asked_for_in_long_questions_unless_these_are_refused(most):
    sdk = OtherWebSdk(doors=[str(uuid.UUID(int=n + (1 << 100))) for n in range(150)])
    answer = sdk._answer
    sdk._answer = lambda path, query: (
        {"Rsp": {"Status": "Fail"}} if most and query.count("entity=") > most else answer(path, query)
    )
    async with driver_of(sdk) as driver:
        assert set(driver.directory.doors) == set(sdk.doors)
        assert all(door.name.startswith("Door ") for door in driver.directory.doors.values())
        before = len(sdk.requests)
        await driver.inventory()
    asked = [question for question in sdk.requests[before:] if question.startswith("GET entity")]
    assert len(asked) == (15 if most else 8)
    assert max(map(len, asked)) < 1600


async def test_a_list_of_subscriptions_that_cannot_be_read_is_as_if_there_were_none(caplog):
    sdk = OtherWebSdk()
    answer = sdk._answer
    sdk._answer = lambda path, query: (
        {"Rsp": {"Status": "Ok", "Result": [{"Subject": "everything"}]}}
        if path == "events/subscribed"
        else answer(path, query)
    )
    async with driver_of(sdk, verify_every=0.05) as driver, aclosing(driver.stream()) as stream:
        await until(stream, Subscribed)
        await until(stream, Subscribed)
    assert caplog.messages == [
        "Security Center does not list subscriptions; they are made anew instead of being verified"
    ]


async def test_what_was_heard_since_a_verification_that_was_the_last_is_taken_back():
    sdk = OtherWebSdk()
    async with driver_of(sdk, verify_every=0.2) as driver, aclosing(driver.stream()) as stream:
        verified = await until(stream, Subscribed)
        sdk.doors = [None]  # no list that anybody could read
        sdk._list = lambda _query: {"Rsp": {"Status": "Fail"}}
        with pytest.raises(PacsLostError, match="cannot be verified") as lost:
            await until(stream, Missed)
    assert lost.value.proved == verified.at


async def test_names_and_mails_that_are_no_text_are_none():
    sdk, who = OtherWebSdk(), str(uuid.uuid4())
    answer = sdk._answer
    sdk._answer = lambda path, query: (
        {"Rsp": {"Status": "Ok", "Result": {"Guid": who, "FirstName": 7, "LastName": " Ada ", "EmailAddress": []}}}
        if path == "entity" and who in query
        else answer(path, query)
    )
    sdk._rows = lambda _query: [{"Timestamp": AT, "EventType": 35, "SourceGuid": sdk.doors[0], "CardholderGuid": who}]
    async with driver_of(sdk) as driver:
        (told,) = await read_back(driver)
    assert (told.actor_id, told.actor_name, told.actor_email) == (who, "Ada", None)
