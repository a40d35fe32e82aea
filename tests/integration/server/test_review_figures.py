"""Counts for those who review, figures per week for those who answer for them, tables for their spreadsheets."""

import csv
import io

import pytest

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.domain.time import SECOND, from_iso
from doorwatch.server.evidence import snapshot_blob


@pytest.fixture
async def place(site, eventually):
    """A door with two unauthorized entries a minute ago, long enough apart to be two incidents."""
    owner = await site.user(Role.OWNER)
    gateway, analyzer = await site.machine(TokenKind.GATEWAY), await site.machine(TokenKind.ANALYZER)
    door_id, camera_id = await site.furnish(owner, gateway)
    grant = {"device_id": "lobby", "event_type": "AccessGranted", "timestamp": site.iso(-300)}
    await gateway.post("/api/pacs/webhooks", {"event": {**grant, "actor_name": "Ann Other"}})
    span = {"covered_from": site.iso(-600), "covered_until": site.iso(0)}
    await gateway.post("/api/pacs/coverage", {**span, "subscribed": ["AccessGranted", "DoorClose"], "refused": []})
    covered = {"camera_id": camera_id, "from": site.iso(-120), "until": site.iso(0)}
    await analyzer.post("/api/analyzer/coverage", {"coverage": [covered]})
    crossings = [
        {
            "crossing_id": f"x{number}",
            "camera_id": camera_id,
            "door_id": door_id,
            "track": str(number),
            "at": site.iso(at),
            "direction": "in",
            "confidence": 0.9,
            "continuous": True,
            "possible": 0,
            "trail": [],
        }
        for number, at in enumerate((-90, -60))
    ]
    await analyzer.post("/api/analyzer/crossings", {"crossings": crossings})

    async def both():
        found = await owner.get("/api/incidents")
        return found if len(found) == 2 and all(one["state"] == "final" for one in found) else None

    return owner, door_id, camera_id, await eventually(both)


def _rows(text):
    assert text.startswith("\ufeff"), "spreadsheets know UTF-8 by its mark"
    return list(csv.DictReader(io.StringIO(text[1:])))


async def test_incidents_are_counted_by_kind_and_state_as_they_are_filtered(place):
    owner, door_id, _, (_, first) = place
    counts = await owner.get("/api/incidents/counts")
    assert (counts["total"], counts["kinds"], counts["states"]) == (2, {"unauthorized_entry": 2}, {"final": 2})
    await owner.post(f"/api/incidents/{first['incident_id']}/review", {"review": "dismissed"})
    assert (await owner.get("/api/incidents/counts?review=new"))["total"] == 1
    assert (await owner.get(f"/api/incidents/counts?review=dismissed&door_id={door_id}"))["total"] == 1
    assert (await owner.get("/api/incidents/counts?door_id=elsewhere"))["total"] == 0
    assert (await owner.get("/api/incidents/counts?state=unconfirmed"))["kinds"] == {}
    assert (await owner.get("/api/incidents/counts?kind=tailgating"))["states"] == {}
    await owner.get("/api/incidents/counts?kind=nonsense", expect=422)


async def test_incidents_are_listed_by_state_also_those_that_turned_out_to_be_none(place):
    owner, *_ = place
    assert len(await owner.get("/api/incidents?state=final")) == 2
    assert await owner.get("/api/incidents?state=unconfirmed") == []
    assert await owner.get("/api/incidents?state=explained") == []


async def test_an_incident_that_a_late_grant_accounts_for_is_counted_as_explained(site, place, eventually):
    owner, _, _, (_, first) = place
    gateway = await site.machine(TokenKind.GATEWAY)
    late = {"device_id": "lobby", "event_type": "AccessGranted", "timestamp": first["start"], "actor_name": "B"}
    await gateway.post("/api/pacs/webhooks", {"event": late})

    async def explained():
        return (await owner.get("/api/incidents/counts"))["explained"] == 1

    await eventually(explained)
    assert (await owner.get("/api/incidents/counts"))["total"] == 1
    (found,) = await owner.get("/api/incidents?state=explained")
    assert found["incident_id"] == first["incident_id"]
    # Of two weeks: on a Monday at midnight it was in the last one.
    assert sum(week["explained"] for week in await owner.get("/api/reports/weeks?weeks=2")) == 1


async def test_a_grant_that_no_camera_saw_is_counted_as_not_observable(place, eventually):
    owner, door_id, _, _ = place

    async def unseen():
        return (await owner.get("/api/incidents/counts"))["not_observable"] == 1

    await eventually(unseen)
    assert (await owner.get(f"/api/incidents/counts?door_id={door_id}"))["not_observable"] == 1
    assert (await owner.get("/api/incidents/counts?door_id=elsewhere"))["not_observable"] == 0
    found = await owner.get("/api/search?q=not%20observable%20access%20granted%20last%207%20days")
    assert [one["kind"] for one in found["moments"]] == ["access_event"]


async def test_an_incident_says_what_it_was_merged_with(place):
    owner, _, _, (newest, _) = place
    detail = await owner.get(f"/api/incidents/{newest['incident_id']}")
    assert (detail["superseded_by"], detail["merged"]) == (None, [])


async def test_weeks_say_what_became_of_the_incidents_of_each_door(place):
    owner, door_id, _, found = place
    await owner.post(f"/api/incidents/{found[0]['incident_id']}/review", {"review": "dismissed"})
    await owner.post(f"/api/incidents/{found[1]['incident_id']}/review", {"review": "confirmed"})
    weeks = await owner.get("/api/reports/weeks?weeks=3")
    assert len(weeks) == 3
    assert [week["week"] for week in weeks] == sorted((week["week"] for week in weeks), reverse=True)
    # Midnight on Monday may lie between the entries and now; together the weeks hold both.
    assert sum(week["confirmed"] for week in weeks) == sum(week["dismissed"] for week in weeks) == 1
    assert sum(week["grants"] for week in weeks) == 1
    assert weeks[0]["begins"] == weeks[1]["ends"]
    (judged,) = {week["door"]["door_id"] for week in weeks}
    assert judged == door_id
    if weeks[0]["confirmed"] and weeks[0]["dismissed"] and weeks[0]["grants"]:
        assert (weeks[0]["false_alarms_of_reviewed"], weeks[0]["false_alarms_per_1000_grants"]) == (0.5, 1000)
    assert (weeks[2]["false_alarms_of_reviewed"], weeks[2]["false_alarms_per_1000_grants"]) == (None, None)
    await owner.get("/api/reports/weeks?weeks=0", expect=422)


async def test_a_report_tells_rates_reviews_locks_and_coverage_beside_the_days_before(site, place):
    owner, door_id, _, (newer, older) = place
    await owner.post(f"/api/incidents/{newer['incident_id']}/review", {"review": "dismissed"})
    await owner.post(f"/api/incidents/{older['incident_id']}/review", {"review": "confirmed"})
    gateway = await site.machine(TokenKind.GATEWAY)
    told = [
        ("DoorManuallyUnlocked", -550),
        ("DoorLock", -520),
        ("DoorOpen", -500),
        ("DoorClose", -380),
        ("DoorOpen", -370),
        ("DoorClose", -360),
    ]
    events = [{"device_id": "lobby", "event_type": kind, "timestamp": site.iso(at)} for kind, at in told]
    await gateway.post("/api/pacs/webhooks", {"events": events})
    report = await owner.get("/api/reports/overview?days=7")
    assert (report["now"]["grants"], report["now"]["incidents"], report["now"]["per_100_grants"]) == (1, 2, 200)
    assert (report["before"]["grants"], report["before"]["per_100_grants"]) == (0, None)
    reviews = report["reviews"]
    assert (reviews["confirmed"], reviews["dismissed"], reviews["waiting"], reviews["false_alarms"]) == (1, 1, 0, 0.5)
    assert 0 <= reviews["median_wait_s"] <= reviews["p90_wait_s"] < 600
    door = report["doors"][0]
    assert door["door"]["door_id"] == door_id
    assert door["now"] == report["now"]
    # Half a minute unlocked; of two openings one lasted longer than somebody takes to walk through.
    assert (door["unlocked_minutes"], door["held_open_minutes"]) == (0.5, 2.0)
    # Of the time since its camera saw anything at all, which was two minutes.
    watched = from_iso(report["ends"]) - from_iso(door["watched_since"])
    assert door["coverage"] == pytest.approx(120 * SECOND / watched, abs=0.01)
    assert len(report["by_day"]) == 7
    assert sum(day["incidents"] for day in report["by_day"]) == 2
    assert sum(hour["grants"] for hour in report["by_hour"]) == 1
    assert sum(sum(hour["by_weekday"]) for hour in report["by_hour"]) == 2
    (row, *_) = _rows(await owner.get("/api/reports/overview.csv?days=7"))
    assert (row["door_id"], row["incidents_per_100_grants"], row["held_open_minutes"]) == (door_id, "200.0", "2.0")
    await owner.get("/api/reports/overview?days=0", expect=422)
    stranger = await site.user(Role.OWNER, await site.other_account())
    assert (await stranger.get("/api/reports/overview"))["doors"] == []


async def test_a_door_that_no_camera_saw_yet_has_no_coverage_instead_of_none_at_all(site, owner, gateway):
    await site.furnish(owner, gateway)
    (door,) = (await owner.get("/api/reports/overview?days=1"))["doors"]
    assert (door["coverage"], door["watched_since"]) == (None, None)
    (row,) = _rows(await owner.get("/api/reports/overview.csv?days=1"))
    assert (row["coverage"], row["watched_since"]) == ("", "")


async def test_incidents_are_exported_as_a_table_that_a_spreadsheet_cannot_be_fooled_with(place):
    owner, _, _, found = place
    evil = '=HYPERLINK("http://x")'
    await owner.post(f"/api/incidents/{found[0]['incident_id']}/review", {"review": "confirmed", "note": evil})
    async with owner.http.get("/api/incidents/table.csv") as answer:
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert 'filename="doorwatch-incidents-' in answer.headers["Content-Disposition"]
        rows = _rows(await answer.text())
    assert [row["incident_id"] for row in rows] == [one["incident_id"] for one in found]
    assert rows[0]["note"] == f"'{evil}"
    assert rows[0]["reviewed_by"]
    assert rows[0]["start"].endswith("+00:00"), "times carry the zone of the site"
    assert rows[1]["cameras"] == "Lobby camera"
    assert _rows(await owner.get("/api/incidents/table.csv?review=confirmed"))[0]["review"] == "confirmed"
    assert _rows(await owner.get("/api/incidents/table.csv?kind=tailgating")) == []


async def test_weeks_are_exported_as_a_table(place):
    owner, *_ = place
    rows = _rows(await owner.get("/api/reports/weeks.csv?weeks=2"))
    assert len(rows) == 2
    assert sum(int(row.get("unauthorized_entry", 0)) for row in rows) == 2
    assert rows[0]["door"] == "Lobby east"


async def test_figures_of_another_account_stay_its_own(site, place):
    stranger = await site.user(Role.OWNER, await site.other_account())
    assert (await stranger.get("/api/incidents/counts"))["total"] == 0
    assert await stranger.get("/api/reports/weeks") == []
    assert _rows(await stranger.get("/api/incidents/table.csv")) == []


async def test_blurring_people_is_told_to_the_analyzer_and_drops_the_last_clear_picture(site, place):
    owner, _, camera_id, _ = place
    path = f"/api/cameras/{camera_id}"
    blob = snapshot_blob(site.account, camera_id)
    site.services.blobs.put(blob, b"a picture in which somebody is seen")
    assert (await owner.get(path))["blur_people"] is False
    analyzer = await site.machine(TokenKind.ANALYZER)
    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        assert "blur_people" not in (await socket.receive_json(timeout=20))["cameras"][0]["settings"]
        changed = await owner.call("PATCH", path, {"blur_people": True})
        while (told := await socket.receive_json(timeout=20))["command"] != "configure":
            continue  # evidence of the incidents is asked for as well
    assert changed["blur_people"] is True
    assert told["cameras"][0]["settings"]["blur_people"] is True
    assert site.services.blobs.size(blob) is None
    assert (await owner.call("PATCH", path, {"name": "Renamed"}))["blur_people"] is True
    assert (await owner.call("PATCH", path, {"settings": {"transport": "udp"}}))["blur_people"] is True
    assert (await owner.call("PATCH", path, {"blur_people": False}))["blur_people"] is False
