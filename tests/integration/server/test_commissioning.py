"""Walking a door, proposals and placement through a real server."""

import gzip
import json
import uuid
from pathlib import Path

import pytest
from tests.unit.domain.pinhole import camera as pinhole
from tests.unit.domain.pinhole import crowd

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.domain.time import SECOND, from_iso, to_iso
from doorwatch.store import commissioning as runs

CLIPS = Path(__file__).parents[2] / "clips"


@pytest.fixture
async def door(site, owner):
    return await site.furnish(owner, await site.machine(TokenKind.GATEWAY))


def crossing(door, at, direction="in", **more):
    door_id, camera_id = door
    return {
        "crossing_id": uuid.uuid4().hex,
        "camera_id": camera_id,
        "door_id": door_id,
        "track": "t",
        "at": to_iso(at),
        "direction": direction,
        **more,
    }


async def count(analyzer, *crossings):
    await analyzer.post("/api/analyzer/crossings", {"crossings": list(crossings)})


async def mark(owner, run, at, direction="in", mark_id=None):
    body = {"mark_id": mark_id or uuid.uuid4().hex, "direction": direction, "at": to_iso(at)}
    return await owner.post(f"/api/commissioning/{run['run_id']}/marks", {"marks": [body]})


async def recorded_run(site, owner, door, seconds=600):
    """A run on recorded video that ended a minute ago, so that nothing is waited for."""
    until = site.clock.now() - 60 * SECOND
    body = {"source": "recording", "since": to_iso(until - seconds * SECOND), "until": to_iso(until)}
    return await owner.post(f"/api/doors/{door[0]}/commissioning", body), until - seconds * SECOND


# Runs


async def test_a_walk_stands_beside_its_count_as_soon_as_both_are_there(site, owner, analyzer, door):
    run = await owner.post(f"/api/doors/{door[0]}/commissioning", {})
    assert (run["source"], run["state"], run["until"]) == ("walk", "open", None)
    marks = {"marks": [{"mark_id": "m1", "direction": "in"}]}
    run = await owner.post(f"/api/commissioning/{run['run_id']}/marks", marks)
    assert [one["state"] for one in run["marks"]] == ["waiting"]
    assert run["finish_in_ms"] > 0
    await count(analyzer, crossing(door, site.clock.now()))
    run = (await owner.get(f"/api/doors/{door[0]}/commissioning"))["run"]
    assert [one["state"] for one in run["marks"]] == ["found"]
    assert [one["state"] for one in run["counted"]] == ["found"]
    assert (run["figures"]["walked"], run["figures"]["found"]) == (1, 1)


async def test_marks_on_recorded_video_are_found_missed_and_besides(site, owner, analyzer, door):
    run, start = await recorded_run(site, owner, door)
    await count(analyzer, *(crossing(door, start + at * SECOND) for at in (10, 20, 40)))
    await count(analyzer, crossing(door, start + 60 * SECOND, "out"))
    for at in (10, 20, 30):
        run = await mark(owner, run, start + at * SECOND + 400_000)
    run = await mark(owner, run, start + 60 * SECOND, "in")
    assert [one["state"] for one in run["marks"]] == ["found", "found", "missed", "wrong way"]
    assert [one["state"] for one in run["counted"]] == ["found", "found", "extra", "extra"]
    figures = run["figures"]
    assert (figures["walked"], figures["found"], figures["missed"], figures["extra"]) == (4, 2, 2, 2)
    assert figures["practice"] == "too few walks"
    assert figures["low"] < 0.5 < figures["high"]


async def test_nobody_is_told_a_count_before_making_one(site, owner, analyzer, door):
    run, start = await recorded_run(site, owner, door)
    await count(analyzer, *(crossing(door, start + at * SECOND) for at in (10, 20, 40)))
    run = (await owner.get(f"/api/doors/{door[0]}/commissioning"))["run"]
    assert (run["counted"], run["figures"]["extra"]) == ([], 0)
    run = await mark(owner, run, start + 20 * SECOND)
    assert [one["state"] for one in run["counted"]] == ["extra", "found"]
    assert (run["figures"]["found"], run["figures"]["extra"]) == (1, 1)
    issued = await owner.post(f"/api/commissioning/{run['run_id']}/finish", {})
    assert issued["body"]["figures"]["extra"] == 2
    finished = await owner.get(f"/api/commissioning/{run['run_id']}")
    assert [one["state"] for one in finished["counted"]] == ["extra", "found", "extra"]


async def test_who_walks_is_not_told_of_a_crossing_that_could_still_be_noted(site, owner, analyzer, door):
    run = await owner.post(f"/api/doors/{door[0]}/commissioning", {})
    await count(analyzer, crossing(door, site.clock.now()))
    run = await owner.get(f"/api/commissioning/{run['run_id']}")
    assert (run["counted"], run["figures"]["extra"]) == ([], 0)


async def test_a_finished_run_becomes_the_doors_certificate_with_everything_in_it(site, owner, analyzer, door):
    run, start = await recorded_run(site, owner, door)
    for at in range(100):
        if at not in (7, 50):
            await count(analyzer, crossing(door, start + at * 5 * SECOND, "in" if at % 2 else "out"))
    marks = [
        {"mark_id": f"m{at}", "direction": "in" if at % 2 else "out", "at": to_iso(start + at * 5 * SECOND)}
        for at in range(100)
    ]
    await owner.post(f"/api/commissioning/{run['run_id']}/marks", {"marks": marks})
    issued = await owner.post(f"/api/commissioning/{run['run_id']}/finish")
    body = issued["body"]
    assert issued["unchanged"]
    assert (body["figures"]["walked"], body["figures"]["found"], body["figures"]["extra"]) == (100, 98, 0)
    assert body["figures"]["practice"] == "met"
    assert body["directions"]["in"]["missed"] + body["directions"]["out"]["missed"] == 2
    assert body["door"]["name"] == "Lobby east"
    assert body["walked_by"] == body["issued_by"] == "owner-main@example.com"
    assert body["cameras"][0]["name"] == "Lobby camera"
    assert body["cameras"][0]["scene"]["size"] == [768, 432]
    assert from_iso(body["cameras"][0]["scene_since"]) <= site.clock.now()
    assert len(body["marks"]) == 100
    assert (await owner.get(f"/api/doors/{door[0]}/certificates"))[0] == issued
    assert (await owner.get(f"/api/certificates/{issued['certificate_id']}")) == issued
    assert (await owner.get("/api/certificates"))[0]["certificate_id"] == issued["certificate_id"]
    assert (await owner.get(f"/api/doors/{door[0]}/commissioning"))["run"] is None


async def test_a_certificate_is_audited_and_later_changes_do_not_touch_it(site, owner, analyzer, door):
    run, start = await recorded_run(site, owner, door)
    await mark(owner, run, start + SECOND)
    issued = await owner.post(f"/api/commissioning/{run['run_id']}/finish")
    await count(analyzer, crossing(door, start + SECOND))
    assert (await owner.get(f"/api/certificates/{issued['certificate_id']}"))["body"] == issued["body"]
    await owner.post(f"/api/commissioning/{run['run_id']}/finish", expect=409)
    await owner.post(
        f"/api/commissioning/{run['run_id']}/marks", {"marks": [{"mark_id": "x", "direction": "in"}]}, expect=422
    )

    def entries(conn):
        from doorwatch.store.audit_trail import audit

        return audit.list_entries(conn, site.account, action="door.certificate")

    entry = (await site.services.db.read(entries))[0]
    assert entry.actor == "owner-main@example.com"
    assert entry.detail["digest"] == issued["digest"]
    assert (entry.subject, entry.detail["walked"]) == (door[0], 1)


async def test_a_certificate_that_was_tampered_with_says_so(site, owner, analyzer, door):
    from sqlalchemy import update

    from doorwatch.store.schema.commissioning import certificates

    run, start = await recorded_run(site, owner, door)
    await mark(owner, run, start + SECOND)
    issued = await owner.post(f"/api/commissioning/{run['run_id']}/finish")
    better = {**issued["body"], "figures": {**issued["body"]["figures"], "found": 1}}
    await site.services.db.write(lambda conn: conn.execute(update(certificates).values(body=better)))
    assert not (await owner.get(f"/api/certificates/{issued['certificate_id']}"))["unchanged"]


async def test_the_last_walk_is_waited_for_before_a_run_can_be_finished(site, owner, door):
    run = await owner.post(f"/api/doors/{door[0]}/commissioning", {})
    await owner.post(f"/api/commissioning/{run['run_id']}/finish", expect=409)
    await owner.post(f"/api/commissioning/{run['run_id']}/marks", {"marks": [{"mark_id": "m", "direction": "in"}]})
    refused = await owner.post(f"/api/commissioning/{run['run_id']}/finish", expect=409)
    assert "may still be counted" in refused["error"]


async def test_one_run_a_door_at_a_time_and_a_dropped_one_leaves_nothing(owner, door):
    run = await owner.post(f"/api/doors/{door[0]}/commissioning", {})
    assert "open already" in (await owner.post(f"/api/doors/{door[0]}/commissioning", {}, expect=409))["error"]
    await owner.post(f"/api/commissioning/{run['run_id']}/drop")
    assert (await owner.get(f"/api/doors/{door[0]}/commissioning"))["run"] is None
    assert await owner.get(f"/api/doors/{door[0]}/certificates") == []
    await owner.post(f"/api/doors/{door[0]}/commissioning", {})


async def test_a_mark_sent_twice_is_one_and_can_be_taken_back(site, owner, door):
    run, start = await recorded_run(site, owner, door)
    for _ in range(2):
        run = await mark(owner, run, start + SECOND, mark_id="same")
    assert len(run["marks"]) == 1
    run = await owner.call("DELETE", f"/api/commissioning/{run['run_id']}/marks/same")
    assert run["marks"] == []


async def test_a_mark_can_say_how_long_ago_it_was(site, owner, door):
    run = await owner.post(f"/api/doors/{door[0]}/commissioning", {})
    before = site.clock.now()
    late = {"marks": [{"mark_id": "m", "direction": "out", "ago_ms": 1500}]}
    run = await owner.post(f"/api/commissioning/{run['run_id']}/marks", late)
    assert from_iso(run["marks"][0]["at"]) == pytest.approx(before - 1_500_000, abs=1_000_000)


async def test_one_person_whom_two_cameras_saw_counts_once(site, owner, analyzer, door):
    second = await owner.post("/api/cameras", {"name": "Second", "url": "rtsp://127.0.0.1/second"})
    await owner.put(f"/api/doors/{door[0]}/cameras", {"camera_ids": [door[1], second["camera_id"]]})
    run, start = await recorded_run(site, owner, door)
    span = {"from": to_iso(start - SECOND), "until": to_iso(site.clock.now())}
    spans = [{"camera_id": camera, **span} for camera in (door[1], second["camera_id"])]
    await analyzer.post("/api/analyzer/coverage", {"coverage": spans})
    await count(analyzer, crossing(door, start + 10 * SECOND))
    await count(analyzer, crossing((door[0], second["camera_id"]), start + 10 * SECOND + 300_000))
    run = await mark(owner, run, start + 10 * SECOND)
    assert (run["figures"]["found"], run["figures"]["extra"]) == (1, 0)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"source": "recording"}, "needs since and until"),
        ({"source": "recording", "since": "yesterday", "until": "now"}, "can't be read"),
        ({"source": "recording", "since": "2026-01-01T00:00:00Z", "until": "2026-01-01T09:00:00Z"}, "at most 4 hours"),
        ({"source": "recording", "since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "must lie after"),
        ({"source": "by hand"}, "source"),
    ],
)
async def test_a_run_that_makes_no_sense_is_refused_with_a_sentence(owner, door, body, words):
    assert words in (await owner.post(f"/api/doors/{door[0]}/commissioning", body, expect=422))["error"]


async def test_who_may_only_look_sees_runs_and_certificates_but_walks_no_door(site, owner, door):
    viewer = await site.user(Role.VIEW)
    await viewer.post(f"/api/doors/{door[0]}/commissioning", {}, expect=403)
    await owner.post(f"/api/doors/{door[0]}/commissioning", {})
    assert (await viewer.get(f"/api/doors/{door[0]}/commissioning"))["run"]["state"] == "open"
    assert await viewer.get("/api/certificates") == []


async def test_nothing_of_one_account_is_seen_by_another(site, owner, analyzer, door):
    run, start = await recorded_run(site, owner, door)
    await mark(owner, run, start + SECOND)
    issued = await owner.post(f"/api/commissioning/{run['run_id']}/finish")
    other = await site.other_account()
    stranger = await site.user(Role.OWNER, other)
    await stranger.get(f"/api/certificates/{issued['certificate_id']}", expect=404)
    await stranger.get(f"/api/doors/{door[0]}/certificates", expect=404)
    await stranger.get(f"/api/commissioning/{run['run_id']}", expect=404)
    await stranger.get(f"/api/cameras/{door[1]}/proposal", expect=404)
    theirs = await site.machine(TokenKind.ANALYZER, other)
    refused = await theirs.post("/api/analyzer/walks", {"walks": told(door[1], crowd(pinhole(), people=1))}, expect=422)
    assert "not known here" in refused["errors"][0]["error"]


def test_the_digest_does_not_depend_on_the_order_of_keys():
    assert runs.digest_of({"a": 1, "b": {"c": 2, "d": "ä"}}) == runs.digest_of({"b": {"d": "ä", "c": 2}, "a": 1})
    assert runs.digest_of({"a": 1}) != runs.digest_of({"a": 2})


# Proposals


def told(camera_id, walks, size=(640, 360)):
    return [
        {
            "camera_id": camera_id,
            "track": walk.track,
            "size": list(size),
            "steps": [[step.at + SECOND, *(round(edge, 1) for edge in step[1:])] for step in walk.steps],
        }
        for walk in walks
    ]


async def test_a_camera_that_saw_people_proposes_a_scene(owner, analyzer, door):
    empty = await owner.get(f"/api/cameras/{door[1]}/proposal")
    assert (empty["scene"], empty["people"]) == (None, 0)
    assert "let some pass the door" in empty["notes"][0]
    assert (await owner.get(f"/api/cameras/{door[1]}"))["people_at"] is None
    await analyzer.post("/api/analyzer/walks", {"walks": told(door[1], crowd(pinhole()))})
    found = await owner.get(f"/api/cameras/{door[1]}/proposal?door_id={door[0]}")
    assert (await owner.get(f"/api/cameras/{door[1]}"))["people_at"] == found["newest_at"]
    assert found["at_door"]
    assert (found["people"], found["size"], len(found["ways"])) == (12, [640, 360], 12)
    assert found["scene"]["door_id"] == door[0]
    stored = await owner.put(
        f"/api/cameras/{door[1]}/scenes/{door[0]}",
        {key: value for key, value in found["scene"].items() if key != "door_id"},
    )
    assert stored["threshold"] == found["scene"]["threshold"]
    placement = (await owner.get(f"/api/cameras/{door[1]}/proposal?door_id={door[0]}"))["placement"]
    assert placement["meter"]["per_foot"] == pytest.approx(placement["meter"]["per_metre"] * 0.3048, abs=0.1)


async def test_a_camera_that_was_turned_begins_anew(owner, analyzer, door):
    await analyzer.post("/api/analyzer/walks", {"walks": told(door[1], crowd(pinhole()))})
    await owner.call("DELETE", f"/api/cameras/{door[1]}/walks")
    assert (await owner.get(f"/api/cameras/{door[1]}/proposal"))["people"] == 0


async def test_only_the_newest_walks_of_a_camera_are_kept_and_each_once(owner, analyzer, door):
    walks = told(door[1], crowd(pinhole(), people=3))
    many = [
        {**walks[n % 3], "track": f"t{n}", "steps": [[s[0] + n * SECOND, *s[1:]] for s in walks[n % 3]["steps"]]}
        for n in range(90)
    ]
    for _ in range(2):
        await analyzer.post("/api/analyzer/walks", {"walks": many})
    assert len((await owner.get(f"/api/cameras/{door[1]}/proposal"))["ways"]) == 60


async def test_a_walk_that_makes_no_sense_is_named_and_the_good_ones_are_kept(owner, analyzer, door):
    good = told(door[1], crowd(pinhole(), people=1))[0]
    bad = [
        {**good, "size": [0, 360]},
        {**good, "steps": []},
        {**good, "steps": [[1, 5, 5, 2, 9]]},
        {**good, "steps": [[2, 1, 1, 2, 2], [1, 1, 1, 2, 2]]},
        {"camera_id": door[1]},
    ]
    answer = await analyzer.post("/api/analyzer/walks", {"walks": [*bad, good]}, expect=422)
    assert answer["stored"] == 1
    assert [one["index"] for one in answer["errors"]] == [0, 1, 2, 3, 4]
    assert len((await owner.get(f"/api/cameras/{door[1]}/proposal"))["ways"]) == 1


async def test_a_drawn_scene_is_judged_before_it_is_saved(owner, analyzer, door):
    edge = {"size": [640, 360], "threshold": [[2, 200], [60, 210]], "inside": [200, 250]}
    judged = await owner.post(f"/api/cameras/{door[1]}/placement", {"scene": edge})
    assert [one["concern"] for one in judged["advice"]] == ["door at the edge"]
    assert judged["advice"][0]["grave"]
    bad = {**edge, "threshold": [[2, 200], [2, 200]]}
    await owner.post(f"/api/cameras/{door[1]}/placement", {"scene": bad}, expect=422)
    assert (await owner.post(f"/api/cameras/{door[1]}/placement", {}))["meter"] is None


async def test_the_stored_boxes_of_a_drawn_clip_propose_its_door(owner, analyzer, door):
    from doorwatch.vision.detect.base import Box, Profile
    from doorwatch.vision.pipeline import Counter

    counter = Counter("c", [], Profile(threshold=0.30, low_threshold=0.18, nms=0.60), picture=(640, 360))
    seen: dict[str, list] = {}
    for at, _, boxes in json.loads(gzip.decompress((CLIPS / "boxes" / "demo.json.gz").read_bytes()))["frames"]:
        for person in counter.observe(at + 1, [Box(*box) for box in boxes]).people:
            seen.setdefault(person.track, []).append([at + 1, *person.box[:4]])
    walks = [{"camera_id": door[1], "track": t, "size": [640, 360], "steps": steps} for t, steps in seen.items()]
    await analyzer.post("/api/analyzer/walks", {"walks": walks})
    found = await owner.get(f"/api/cameras/{door[1]}/proposal")
    assert found["at_door"]
    (ax, ay), (bx, by) = sorted(found["scene"]["threshold"])
    # The true posts are at (320, 188) and (400, 210).
    assert (ax, ay) == pytest.approx((320, 188), abs=25)
    assert (bx, by) == pytest.approx((400, 210), abs=15)


# Recorded video


async def test_recorded_video_is_listed_and_what_is_not_here_says_where_it_is(site, owner, analyzer, door):
    now = site.clock.now()
    span = f"since={to_iso(now - 600 * SECOND)}&until={to_iso(now)}"
    nothing = await owner.get(f"/api/cameras/{door[1]}/recorded?{span}")
    assert nothing == {"here": True, "pieces": []}
    rows = [
        {
            "segment_id": f"{door[1]}~{start}",
            "camera_id": door[1],
            "start": to_iso(start),
            "end": to_iso(start + 60 * SECOND),
            "bytes": 10,
            "name": f"{door[1]}/x/{start}.mp4",
        }
        for start in (now - 300 * SECOND, now - 239 * SECOND, now - 100 * SECOND)
    ]
    await analyzer.post("/api/analyzer/segments", {"segments": rows})
    found = await owner.get(f"/api/cameras/{door[1]}/recorded?{span}")
    assert not found["here"]
    assert [(from_iso(p["until"]) - from_iso(p["since"])) // SECOND for p in found["pieces"]] == [121, 60]
    short = f"since={to_iso(now - 100 * SECOND)}&until={to_iso(now - 50 * SECOND)}"
    missing = await owner.get(f"/api/cameras/{door[1]}/recorded.mp4?{short}", expect=404)
    assert "analyzer elsewhere" in missing["error"]
    await owner.get(f"/api/cameras/{door[1]}/recorded.mp4?{span}", expect=422)
    viewer = await site.user(Role.VIEW)
    await viewer.get(f"/api/cameras/{door[1]}/recorded.mp4?{short}", expect=403)
