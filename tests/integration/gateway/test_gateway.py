"""The gateway as a process between a simulated Security Center and a server."""

import asyncio
import json
import re
from urllib.parse import unquote

import msgspec
import pytest
from aiohttp import web

from doorwatch.domain.time import HOUR, MINUTE, SECOND, SystemClock, from_iso
from doorwatch.gateway.coverage import NOTE, Kept
from doorwatch.gateway.keys import QUEUES
from doorwatch.spool import Spool


async def test_an_event_reaches_the_server_at_once_with_its_person_and_side(site, wait_until):
    await site.start_gateway()
    raised = site.happen(person=0, side="in")
    await wait_until(lambda: any("actor_name" in e for e in site.ingest.arrivals), "the event with its name", 5)
    await site.all_stored()
    # On a quick machine the name goes with the first copy; else a second one brings it, from the stream or out of the record
    # that is read at each start, under the same id.
    assert len({copy["event_id"] for copy in site.ingest.arrivals}) == 1
    assert "stream" in {copy["source"] for copy in site.ingest.arrivals}
    event = site.ingest.arrivals[-1]
    assert event["device_id"] == site.doors[0].guid
    assert (event["side"], event["actor_name"]) == ("in", "Person 0")
    assert event["actor_email"] == "p0@example.com"
    assert from_iso(event["timestamp"]) == (raised.at + 500) // 1000 * 1000


async def test_the_door_list_goes_out_at_start_and_when_a_door_is_added(site, wait_until):
    await site.start_gateway()
    await wait_until(lambda: site.ingest.posts.get("devices"), "the door list")
    devices = site.ingest.posts["devices"][0]
    assert sorted(d["device_name"] for d in devices["devices"]) == ["Door 0", "Door 1", "Door 2", "Door 3"]
    assert all(len(d["cameras"]) == 1 and len(d["access_points"]) == 2 for d in devices["devices"])
    assert all(list(d["camera_names"]) == d["cameras"] for d in devices["devices"])
    site.building.add_door("Door 4")
    await wait_until(lambda: len(site.ingest.posts["devices"]) > 1, "the new list")
    assert len(site.ingest.posts["devices"][-1]["devices"]) == 5


async def test_killed_and_started_again_it_fills_what_it_missed_and_nothing_is_there_twice(site):
    await site.start_gateway()
    for n in range(20):
        site.happen(door=n % 4, person=n % 6)
    await site.all_stored()
    await site.kill_gateway()
    for n in range(20):
        site.happen("DoorOpen", door=n % 4)
        site.happen(door=n % 4, person=n % 6)
        await asyncio.sleep(0.005)
    await site.start_gateway()
    await site.all_stored()
    assert any(e["source"] == "report" for e in site.ingest.arrivals)
    assert site.metric("backfilled_rows_total") > 0


@pytest.mark.parametrize("broken", ["the process", "the stream"])
async def test_a_long_gap_is_read_on_where_it_was_proved_to_have_been_read(site, wait_until, broken):
    site.values["genetec"]["acs_backfill_second_look_seconds"] = 0
    site.write()
    now = SystemClock().now()
    since = now - 3 * HOUR
    async with await Spool.open(site.data, list(QUEUES)) as spool:
        spool.remember(NOTE, msgspec.json.encode(Kept(since - HOUR, since, since)))
    for n in range(90):
        at = since + n * 2 * MINUTE
        site.simulator.role.raise_event("DoorOpen", site.doors[n % 4].name, at=at, on_stream=False)
    await site.commands.execute("answers", {"delay": 0.3, "path": "report/dooractivity"})
    await site.start_gateway()
    await wait_until(lambda: len(asked(site)) >= 5, "some pieces were read")
    await site.commands.execute("heal", {})
    await site.commands.execute("answers", {"status": 500, "path": "report/dooractivity"})
    read_before = len(asked(site)) - 2
    if broken == "the process":
        await site.kill_gateway()
    else:
        await site.commands.execute("drop", {})
        await wait_until(lambda: site.get("readyz")[0] == 503, "the stream is lost")
    assert all(end <= since or begin >= now for begin, end in site.ingest.believed()), "nothing of it is claimed yet"
    proved, first = asked(site)[read_before][0], len(asked(site))
    await site.commands.execute("heal", {})
    if broken == "the process":
        await site.start_gateway()
    await site.all_stored()
    again = min(begin for begin, _ in asked(site)[first:])
    assert proved - 2 * MINUTE <= again <= now
    await wait_until(lambda: site.ingest.believed()[-1] >= (since - HOUR, now), "the gap is claimed")


def asked(site):
    """The spans for which the record was asked, in the order of the questions."""
    questions = [one["query"] for one in site.simulator.routes.requests if "dooractivity" in one["path"].lower()]
    spans = [re.search(r"SetTimeRange\(([^,]+),([^)]+)\)", unquote(question)).groups() for question in questions]
    return [(from_iso(begin), from_iso(end)) for begin, end in spans]


async def test_while_the_server_is_away_events_wait_on_disk_across_a_kill_and_come_in_order(site, wait_until):
    await site.start_gateway()
    await site.ingest.stop()
    for n in range(50):
        site.happen("DoorOpen" if n % 2 else "DoorClose", door=n % 4)
        await asyncio.sleep(0.002)
    await wait_until(lambda: (site.metric('queue_depth{queue="webhooks"}') or 0) >= 50, "events are on disk")
    status, body = site.get("readyz")
    assert status == 503
    assert "the server takes nothing" in body
    await site.kill_gateway()
    await site.ingest.start()
    await site.start_gateway()
    await site.all_stored()
    for door in site.doors:
        times = [e["timestamp"] for e in site.ingest.arrivals if e["device_id"] == door.guid]
        first_seen = list(dict.fromkeys(times))
        assert first_seen == sorted(first_seen)
    assert site.metric('queue_dead_total{queue="webhooks"}') == 0


async def test_coverage_never_speaks_of_undelivered_time_and_closes_over_a_filled_gap(site, wait_until):
    await site.start_gateway()
    await wait_until(site.ingest.believed, "coverage")
    site.happen()
    await site.all_stored()
    blocked = asyncio.Event()
    refusals = 0

    async def hold(queue, _body):
        nonlocal refusals
        if queue == "webhooks" and not blocked.is_set():
            refusals += 1
            return web.json_response({"error": "busy"}, status=503)
        return None

    site.ingest.answer = hold
    raised = site.happen()
    told = len(site.ingest.posts["coverage"])
    await wait_until(
        lambda: refusals >= 3 and len(site.ingest.posts["coverage"]) > told + 2, "coverage is told beside refusals"
    )
    assert site.ingest.believed()[-1][1] <= raised.at + SECOND // 10
    blocked.set()
    await wait_until(lambda: site.ingest.believed()[-1][1] > raised.at + SECOND, "coverage goes on", 10)
    await site.commands.execute("drop", {})
    missed = site.happen("DoorOpen")
    await site.all_stored()
    await wait_until(
        lambda: len(site.ingest.believed()) == 1 and site.ingest.believed()[0][1] > missed.at + SECOND,
        "one span again",
        10,
    )
    assert "AccessGranted" in site.ingest.posts["coverage"][-1]["subscribed"]


async def test_every_fault_of_the_stream_leaves_the_server_with_every_event_exactly_once(make_site, wait_until):
    site = await make_site(
        fragments=True,
        duplicate=0.3,
        late=0.2,
        late_by=0.5,
        report_limit=8,
        report_order="shuffled",
        cardholder_on_stream=False,
    )
    await site.start_gateway()
    faults = [
        ("drop", {"how": "cut"}), ("drop", {}), ("freeze", {}), ("end_sessions", {}), ("restart", {"down_seconds": 0.3}),
        ("answers", {"status": 500, "times": 3}), ("drip", {"bytes": 7, "pause": 0.001}), ("heal", {}),
    ]  # fmt: skip
    for fault, parameters in faults:
        sessions = site.metric("pacs_sessions_total") or 0
        await site.commands.execute(fault, parameters)
        for n in range(6):
            site.happen("DoorOpen" if n % 3 == 0 else "AccessGranted", door=n % 4, person=n)
            await asyncio.sleep(0.05)
        if fault == "freeze":
            await wait_until(
                lambda heard=sessions: (site.metric("pacs_sessions_total") or 0) > heard, "the silence is noticed"
            )
            await site.commands.execute("heal", {})
    # who it was is only in the report, which is read where there was a gap: compare without
    await site.all_stored(40, parts=3)


async def test_without_its_keys_it_stays_up_is_not_ready_and_names_them(make_site, wait_until):
    site = await make_site()
    site.values = {
        "acs_server_ip": "INSERT_SERVER_IP_HERE",
        "acs_app_id": "INSERT_APP_ID_HERE",
        "camio_auth_token": "INSERT_CAMIO_AUTH_TOKEN_HERE",
        "health_port": site.health_port,
    }
    site.write()
    await site.start_gateway(wait=False)
    await wait_until(lambda: site.get("healthz")[0] == 200, "alive")
    status, body = site.get("readyz")
    assert status == 503
    assert json.loads(body)["reasons"][0] == "acs_server_ip is not set"
    assert (
        '"missing":"acs_server_ip, acs_app_id, acs_username, acs_password, camio_endpoint, camio_auth_token"'
        in site.log()
    )
    assert await site.stop_gateway() == 0


async def test_a_wrong_token_is_said_and_mended_without_a_restart(make_site, wait_until, tmp_path):
    token = tmp_path / "token"
    token.write_text("wrong")
    site = await make_site({"camio": {"camio_auth_token": None, "camio_auth_token_file": str(token)}})
    await site.start_gateway(wait=False)
    await wait_until(lambda: "issue a new token" in site.get("readyz")[1], "the reason")
    site.happen()
    await wait_until(lambda: (site.metric('requests_total{queue="webhooks"}') or 0) > 0, "the event was refused")
    assert not site.ingest.events
    token.write_text("token\n")
    await site.all_stored()
    await wait_until(lambda: site.get("readyz")[0] == 200, "ready", 20)
    assert site.metric('queue_dead_total{queue="webhooks"}') == 0


async def test_a_pacs_that_refuses_is_said_and_the_server_hears_of_it(site, wait_until):
    await site.commands.execute("set", {"settings": {"licensed": False}})
    await site.start_gateway(wait=False)
    await wait_until(lambda: "acs_app_id" in site.get("readyz")[1], "the reason")
    assert site.get("healthz")[0] == 200
    await wait_until(lambda: site.ingest.posts.get("logs"), "logs at the server")
    assert any(
        "the PACS is not heard" in line["message"] for post in site.ingest.posts["logs"] for line in post["logs"]
    )


async def test_a_second_gateway_on_the_same_folder_refuses(site):
    await site.start_gateway()
    first = site.process
    site.values["advanced"]["health_port"] = 0
    site.write()
    await site.start_gateway(wait=False)
    assert await asyncio.wait_for(site.process.wait(), 60) == 1
    assert f"belongs to the running process {first.pid}" in site.log()
    first.kill()
    await first.wait()


async def test_a_wrong_configuration_is_one_line_and_exit_code_two(site):
    site.values["genetec"]["acs_port"] = "soon"
    site.write()
    await site.start_gateway(wait=False)
    assert await asyncio.wait_for(site.process.wait(), 60) == 2
    assert site.log() == "doorwatch gateway: genetec.acs_port: found 'soon', expected a whole number from 1 to 65535\n"


async def test_bulk_mode_and_compression_deliver_the_same(make_site):
    site = await make_site({"webhooks": {"queue_forward_bulk_status": "bulk"}})
    await site.start_gateway()
    for n in range(100):
        site.happen("DoorOpen" if n % 2 else "DoorClose", door=n % 4)
    await site.all_stored()
    assert len(site.ingest.posts["webhooks"]) < 60


async def test_statistics_are_posted_and_metrics_are_readable(make_site, wait_until):
    site = await make_site({"advanced": {"forward_stats_queue_interval": 1}})
    await site.start_gateway()
    site.happen()
    await site.all_stored()
    await wait_until(lambda: len(site.ingest.posts.get("stats", [])) > 1, "statistics")
    stats = site.ingest.posts["stats"][-1]["stats"]
    assert stats["events_received"] >= 1
    assert stats["acs_connected"] is True
    assert stats["devices_count"] == 4
    for line in site.get("metrics")[1].splitlines():
        assert line.startswith(("# HELP doorwatch_gateway_", "# TYPE doorwatch_gateway_", "doorwatch_gateway_"))


async def test_a_cardholder_that_only_the_report_knows_comes_a_moment_later(make_site, wait_until):
    site = await make_site({"genetec": {"acs_enrich_seconds": 0.5}}, cardholder_on_stream=False)
    await site.start_gateway()
    for n in range(6):
        site.happen(door=n % 4, person=n)
    await site.all_stored()
    assert {e["actor_name"] for e in site.ingest.events.values()} == {f"Person {n}" for n in range(6)}
    assert len(site.ingest.arrivals) == 12, "the first copies waited for nobody"
    # the answer is counted when it was read to its end, the server may have its rows before
    await wait_until(lambda: site.metric("enriched_total") == 6, "all were found")
    assert site.metric("enrich_questions_total") <= 3


async def test_readers_whose_doors_only_the_report_knows_are_told_under_their_doors(make_site):
    site = await make_site(associations=False, event_source="access_point", report_delay=0.5)
    await site.start_gateway()
    for n in range(12):
        site.happen(door=n % 4, person=n % 6, side="in")
    await site.all_stored()
    assert {e["device_id"] for e in site.ingest.arrivals} == {door.guid for door in site.doors}
    assert site.metric("events_waiting") == 0


async def test_a_reader_s_event_that_waits_for_its_door_survives_a_kill(make_site, wait_until):
    """From the disk, or from the report where the kill was quicker than the disk."""
    site = await make_site(
        {"genetec": {"acs_backfill_second_look_seconds": 5}},
        associations=False,
        event_source="access_point",
        report_delay=3,
    )
    await site.start_gateway()
    site.happen(person=0, side="in")
    await wait_until(lambda: site.metric("events_waiting") == 1, "the event waits")
    await site.kill_gateway()
    assert not site.ingest.arrivals
    await site.start_gateway(wait=False)
    await site.all_stored()
    assert {e["device_id"] for e in site.ingest.arrivals} == {site.doors[0].guid}
