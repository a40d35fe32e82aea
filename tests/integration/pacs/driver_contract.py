"""What any driver must do, tried on a running PACS (a simulator that is as faithful as can be had).

A new driver's test module makes a subclass of `DriverContract` and gives it a `stage` fixture with these methods:
`driver(**settings)`, `await raise_event(kind, door, cardholder=None, at=None)`, `await add_door(name)`,
`await drop_stream()`, `await freeze_stream()`, `await end_session()`, `await restart(seconds)`, `await refuse(kinds)`,
`await lock_out()`, `await stop()`, and the attribute `door`, the id of a door.
"""

import asyncio
from contextlib import aclosing

import pytest
from msgspec.structs import replace

from doorwatch.domain.time import SECOND, SystemClock
from doorwatch.pacs.driver import (
    TICKS,
    Alive,
    Events,
    InventoryChanged,
    Missed,
    PacsError,
    PacsLostError,
    PacsRefusedError,
    Subscribed,
)

PATIENCE = 15


async def until(stream, kind, condition=lambda item: True):
    """The next item of a kind for which the condition holds."""
    async with asyncio.timeout(PATIENCE):
        async for item in stream:
            if isinstance(item, kind) and condition(item):
                return item
    raise AssertionError("the stream ended quietly")


async def lost(stream):
    """Read until the stream breaks; the error."""
    with pytest.raises(PacsError) as caught:
        await until(stream, type(None))
    return caught.value


async def read_back(driver, since, until_):
    return [event async for events in driver.backfill(since, until_) for event in events]


class DriverContract:
    """Each test is one MUST of docs/design/pacs-driver.md."""

    async def test_the_inventory_names_every_door(self, stage):
        driver = stage.driver()
        await driver.connect()
        inventory = await driver.inventory()
        assert stage.door in {door.device_id for door in inventory.doors}
        assert all(door.name for door in inventory.doors)
        await driver.close()

    async def test_the_stream_says_first_what_is_subscribed_and_then_brings_events_of_doors(self, stage):
        driver = stage.driver()
        await driver.inventory()
        async with aclosing(driver.stream()) as stream:
            subscribed = await until(stream, Subscribed)
            assert "AccessGranted" in subscribed.types
            assert subscribed.refused == ()
            before = SystemClock().now()
            await stage.raise_event("AccessGranted", stage.door)
            found = await until(stream, Events)
            (event,) = found.events
            assert (event.door, event.event_type, event.source) == (stage.door, "AccessGranted", "stream")
            assert event.at % 1000 == 0
            assert abs(event.at - before) < 5 * SECOND
            assert found.proves
        await driver.close()

    async def test_signs_of_life_come_while_nothing_happens_and_some_of_them_prove_the_pacs(self, stage):
        driver = stage.driver()
        await driver.inventory()
        async with aclosing(driver.stream()) as stream:
            await until(stream, Subscribed)
            assert (await until(stream, Alive)).at <= SystemClock().now()
            await until(stream, Alive, lambda item: item.proves)
        await driver.close()

    async def test_a_dropped_stream_raises(self, stage):
        driver = stage.driver()
        await driver.inventory()
        async with aclosing(driver.stream()) as stream:
            await until(stream, Subscribed)
            await stage.drop_stream()
            assert isinstance(await lost(stream), PacsLostError)
        await driver.close()

    async def test_a_stream_that_falls_silent_raises(self, stage):
        driver = stage.driver(stream_idle=1.5)
        await driver.inventory()
        async with aclosing(driver.stream()) as stream:
            await until(stream, Subscribed)
            await stage.freeze_stream()
            error = await lost(stream)
            assert isinstance(error, PacsLostError)
            assert "silent" in str(error)
        await driver.close()

    async def test_a_session_that_is_lost_under_an_open_stream_is_found_out_and_taken_back(self, stage):
        driver = stage.driver(verify_every=0.5)
        await driver.inventory()
        async with aclosing(driver.stream()) as stream:
            verified = await until(stream, Subscribed)
            await stage.end_session()
            error = await lost(stream)
            assert isinstance(error, PacsLostError)
            assert error.proved is None or error.proved >= verified.at
        await driver.close()

    async def test_a_door_that_is_added_later_is_heard_too_and_the_time_between_is_told_as_missed(self, stage):
        driver = stage.driver(verify_every=0.5)
        await driver.inventory()
        async with aclosing(driver.stream()) as stream:
            verified = await until(stream, Subscribed)
            added = await stage.add_door("A door added later")
            await until(stream, InventoryChanged)
            missed = await until(stream, Missed)
            assert missed.since >= verified.at
            await stage.raise_event("DoorOpen", added)
            found = await until(stream, Events)
            assert found.events[0].door == added
        assert added in {door.device_id for door in (await driver.inventory()).doors}
        await driver.close()

    async def test_refused_types_are_named_and_the_others_go_on(self, stage):
        await stage.refuse(["DoorSecured"])
        driver = stage.driver(types=("AccessGranted", "DoorSecured", "DoorOpen"))
        await driver.inventory()
        async with aclosing(driver.stream()) as stream:
            subscribed = await until(stream, Subscribed)
            assert (subscribed.types, subscribed.refused) == (("AccessGranted", "DoorOpen"), ("DoorSecured",))
            await stage.raise_event("DoorOpen", stage.door)
            assert (await until(stream, Events)).events[0].event_type == "DoorOpen"
        assert await read_back(driver, SystemClock().now() - 60 * SECOND, SystemClock().now())
        await driver.close()

    async def test_unwanted_types_do_not_come(self, stage):
        driver = stage.driver(types=("DoorOpen",))
        await driver.inventory()
        async with aclosing(driver.stream()) as stream:
            await until(stream, Subscribed)
            await stage.raise_event("AccessGranted", stage.door)
            await stage.raise_event("DoorOpen", stage.door)
            assert [e.event_type for e in (await until(stream, Events)).events] == ["DoorOpen"]
        await driver.close()

    async def test_the_record_gives_back_what_nobody_listened_to_both_ends_included(self, stage):
        driver = stage.driver()
        await driver.inventory()
        base = SystemClock().now() // SECOND * SECOND - 20 * SECOND
        times = [base, base + 500_000, base + 1_500_000, base + 9 * SECOND, base + 10 * SECOND]
        for at in reversed(times):
            await stage.raise_event("AccessGranted", stage.door, at=at)
        found = await read_back(driver, base, base + 10 * SECOND)
        assert sorted({event.at for event in found}) == times
        assert all(event.door == stage.door and event.source == "report" for event in found)
        await driver.close()

    async def test_every_event_has_a_door_or_says_that_it_has_none_and_place_finds_it_or_says_so(self, stage):
        driver = stage.driver()
        await driver.inventory()
        doors = {door.device_id for door in (await driver.inventory()).doors}
        async with aclosing(driver.stream()) as stream:
            await until(stream, Subscribed)
            await stage.raise_event("AccessGranted", stage.door)
            (event,) = (await until(stream, Events)).events
            assert event.unplaced or event.door in doors
        stranger = replace(event, door="ffffffff-ffff-ffff-ffff-ffffffffffff", access_point_id=None, unplaced=True)
        assert await driver.place(stranger) is None
        placed = await driver.place(replace(event, unplaced=True))
        assert (placed.door, placed.unplaced) == (stage.door, False)
        await driver.close()

    async def test_the_record_gives_only_the_types_that_are_asked_for(self, stage):
        driver = stage.driver()
        await driver.inventory()
        base = SystemClock().now() // SECOND * SECOND - 20 * SECOND
        for n, kind in enumerate(("AccessGranted", "DoorOpen", "AccessGranted")):
            await stage.raise_event(kind, stage.door, at=base + n * SECOND)
        found = [
            event
            async for events in driver.backfill(base - SECOND, base + 5 * SECOND, ["DoorOpen"])
            for event in events
        ]
        assert {event.event_type for event in found} == {"DoorOpen"}
        await driver.close()

    async def test_times_are_told_as_they_were_written_and_rounded_once(self, stage):
        driver = stage.driver()
        await driver.inventory()
        base = SystemClock().now() // SECOND * SECOND - 20 * SECOND
        await stage.raise_event("AccessGranted", stage.door, at=base + 449_600)
        (event,) = {event.at: event for event in await read_back(driver, base, base + SECOND)}.values()
        assert event.at % 1000 == 0
        assert event.exact is None or abs(event.exact - event.at * TICKS) <= 500 * TICKS
        assert 0 <= event.decimals <= 7
        await driver.close()

    async def test_a_pacs_that_knows_us_not_is_a_refusal_with_its_causes(self, stage):
        await stage.lock_out()
        driver = stage.driver()
        with pytest.raises(PacsRefusedError) as caught:
            await driver.connect()
        assert caught.value.slow
        await driver.close()

    async def test_a_pacs_that_is_not_there_is_one_sentence(self, stage):
        driver = stage.driver()
        await stage.stop()
        with pytest.raises(PacsError) as caught:
            await driver.connect()
        assert "\n" not in str(caught.value)
        assert not caught.value.slow
        await driver.close()

    async def test_after_a_restart_of_the_pacs_the_same_driver_works_again(self, stage):
        driver = stage.driver()
        await driver.inventory()
        async with aclosing(driver.stream()) as stream:
            await until(stream, Subscribed)
            await stage.restart(0.2)
            await lost(stream)
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    await driver.connect()
                    break
                except PacsError:
                    await asyncio.sleep(0.05)
        async with aclosing(driver.stream()) as stream:
            await until(stream, Subscribed)
            await stage.raise_event("DoorOpen", stage.door)
            assert (await until(stream, Events)).events[0].event_type == "DoorOpen"
        await driver.close()
