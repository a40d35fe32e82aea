"""Holds and erasing over HTTP: who may, what is answered, what the trail tells, and what a restore brings back."""

import json
import shutil

import pytest
from furnished import call, furnish

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.domain.time import DAY, to_iso
from doorwatch.server.erasures import ERASURES
from doorwatch.server.evidence import evidence_blob
from doorwatch.store import evidence, incidents, reviewing, trail
from doorwatch.store.audit_trail import audit
from doorwatch.store.evidence import Evidence

EVENT = {"device_id": "lobby", "event_type": "AccessGranted", "actor_id": "0f3c-77aa", "actor_name": "Zoë Rivera"}
EVENT |= {"actor_email": "zoe@example.com"}


@pytest.fixture
async def door(site, owner, gateway):
    return (await site.furnish(owner, gateway))[0]


async def badge(site, gateway, seconds=-60, **more):
    event = {**EVENT, "timestamp": site.iso(seconds), "event_id": f"e{seconds}", **more}
    await gateway.post("/api/pacs/webhooks", {"event": event})


async def entries(site, act):
    return await site.services.db.read(lambda conn: audit.list_entries(conn, site.account, action=act))


async def test_evidence_is_held_and_let_go_and_the_incident_tells_it(site):
    world = await furnish(site, site.account, "zanzibar")
    manager, incident = world.callers["manage"], world.ids["incident_id"]
    until = to_iso(site.clock.now() + DAY)
    hold = await manager.post(f"/api/incidents/{incident}/holds", {"reason": " police, case 12 ", "until": until})
    assert (hold["reason"], hold["placed_by"], hold["until"]) == (
        "police, case 12",
        f"manage-{site.account}@example.com",
        until,
    )
    told = await world.callers["view"].get(f"/api/incidents/{incident}")
    assert [one["reason"] for one in told["holds"]] == ["police, case 12", "zanzibar case"]
    path = f"/api/incidents/{incident}/holds/{hold['hold_id']}"
    await world.callers["view"].call("DELETE", path, expect=403)
    ended = await manager.call("DELETE", path)
    assert ended["released_by"] == f"manage-{site.account}@example.com"
    await manager.call("DELETE", path, expect=409)
    assert len(await world.callers["view"].get("/api/holds")) == 2
    [placed], [released] = await entries(site, "hold.place"), await entries(site, "hold.release")
    assert (placed.subject, placed.detail["reason"], placed.address) == (incident, "police, case 12", "127.0.0.1")
    assert released.detail["hold_id"] == hold["hold_id"]
    for wrong in ({"reason": "  "}, {"reason": "case", "until": "tomorrow"}, {}):
        await manager.post(f"/api/incidents/{incident}/holds", wrong, expect=422)
    past = {"reason": "case", "until": "2020-01-01T00:00:00Z"}
    assert "in the past" in (await manager.post(f"/api/incidents/{incident}/holds", past, expect=409))["error"]


async def test_the_analyzer_is_not_asked_for_what_is_held_and_its_file_stays(site):
    world = await furnish(site, site.account, "zanzibar")
    incident, desk = world.ids["incident_id"], site.services.evidence
    former = evidence_blob(site.account, incident, "picture.jpg")

    def piece(revision, blob):
        now = site.clock.now()
        return Evidence(incident, "picture.jpg", world.ids["camera_id"], blob, 3, now, 0, revision, now)

    newer = evidence_blob(site.account, incident, "picture.jpg")
    await desk.keep(site.account, piece(2, newer), b"\xff\xd8\xffnew")
    kept = (await site.services.db.read(lambda conn: evidence.of_incidents(conn, site.account, [incident])))[incident]
    assert kept["picture.jpg"].revision == 1
    assert former != newer
    status, picture = await call(world.callers["view"], "GET", f"/api/incidents/{incident}/picture.jpg")
    assert (status, "zanzibar" in picture) == (200, True)


@pytest.mark.parametrize(("kind", "data"), [("picture.jpg", b"<html>"), ("clip.mp4", b"\xff\xd8\xff not a video")])
async def test_evidence_that_is_not_what_it_says_is_refused(site, kind, data):
    world = await furnish(site, site.account, "zanzibar")
    analyzer = world.callers["analyzer token"]
    headers = {"X-Start": site.iso(), "X-Camera-Id": world.ids["camera_id"]}
    path = f"/api/analyzer/evidence/{world.ids['incident_id']}/{kind}"
    async with analyzer.http.put(path, data=data, headers=headers) as answer:
        assert answer.status == 422
        assert "the body is no" in (await answer.json())["error"]


async def test_a_person_is_found_exported_and_erased_and_a_new_badge_stays_nameless(site, owner, gateway, door):
    await badge(site, gateway)
    [found] = await owner.get("/api/cardholders?q=river")
    assert (found["name"], found["actor_id"], found["events"]) == ("Zoë Rivera", "0f3c-77aa", 1)
    [by_mail] = await owner.get("/api/cardholders?q=Zoe@example.com")
    assert by_mail == found
    async with owner.http.post(f"/api/cardholders/{found['cardholder_id']}/export") as answer:
        told = json.loads(await answer.text())
        assert "attachment" in answer.headers["Content-Disposition"]
    assert [one["what"] for one in told["events"]] == ["Access granted"]
    done = await owner.post(f"/api/cardholders/{found['cardholder_id']}/erase")
    assert (done["cleaned"]["events"], done["kept"], done["finished_at"] is not None) == (1, [], True)
    assert await owner.get("/api/erasures") == [done]
    await badge(site, gateway, -30)
    assert await owner.get("/api/cardholders?q=river") == []
    moments = await owner.get("/api/moments")
    assert len([one for one in moments if one["event_type"] == "AccessGranted"]) == 2
    assert "Rivera" not in str(moments)
    [erased], [exported] = await entries(site, "person.erase"), await entries(site, "person.export")
    assert (erased.subject, erased.address) == (done["erasure_id"], "127.0.0.1")
    assert exported.subject == "(erased)"
    assert "Rivera" not in str(await owner.get("/api/audit"))
    await owner.post(f"/api/cardholders/{found['cardholder_id']}/erase", expect=404)
    await owner.call("DELETE", f"/api/erasures/{done['erasure_id']}")
    await badge(site, gateway, -10)
    assert [one["events"] for one in await owner.get("/api/cardholders?q=river")] == [1]


async def test_only_owners_look_for_people_and_erase_them(site, owner, gateway, door):
    await badge(site, gateway)
    [found] = await owner.get("/api/cardholders?q=river")
    manager = await site.user(Role.MANAGE)
    await manager.get("/api/cardholders?q=river", expect=403)
    await manager.post(f"/api/cardholders/{found['cardholder_id']}/erase", expect=403)
    await owner.post("/api/cardholders/nobody/export", expect=404)


async def test_what_a_hold_keeps_is_erased_when_the_hold_ends(site, owner):
    world = await furnish(site, site.account, "zanzibar")
    [found] = await world.callers["owner"].get("/api/cardholders?q=zanzibar stays")

    def named(conn):
        stored = incidents.get(conn, site.account, world.ids["incident_id"])
        return reviewing.set_review(
            conn, site.account, stored.incident_id, "new", site.clock.now(), by="x", note="it was zanzibar stays"
        )

    await site.services.db.write(named)
    done = await world.callers["owner"].post(f"/api/cardholders/{found['cardholder_id']}/erase")
    [kept] = done["kept"]
    assert (kept["incident_id"], kept["reason"], kept["until"]) == (world.ids["incident_id"], "zanzibar case", None)
    assert kept["evidence"] == ["picture.jpg"]
    await site.services.caretaker.round()
    assert (await world.callers["owner"].get("/api/erasures"))[0]["finished_at"] is None
    path = f"/api/incidents/{world.ids['incident_id']}/holds/{world.ids['hold_id']}"
    await world.callers["owner"].call("DELETE", path)
    await site.services.caretaker.round()
    finished = next(
        one for one in await world.callers["owner"].get("/api/erasures") if one["erasure_id"] == done["erasure_id"]
    )
    assert (finished["kept"], finished["finished_at"] is not None) == ([], True)
    note = (await world.callers["owner"].get(f"/api/incidents/{world.ids['incident_id']}"))["note"]
    assert note == "it was (erased)"


async def test_who_was_erased_since_the_backup_is_erased_again_after_a_restore(tmp_path, prepared, run_server):
    """An older copy of the database comes back; the file beside it knows better."""
    shutil.copytree(prepared, tmp_path / "data")
    async with run_server(tmp_path / "data") as site:
        owner = await site.user(Role.OWNER)
        gateway = await site.machine(TokenKind.GATEWAY)
        await site.furnish(owner, gateway)
        await badge(site, gateway)
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    async with run_server(tmp_path / "data") as site:
        owner = await site.signed_in("owner-main@example.com")
        [found] = await owner.get("/api/cardholders?q=river")
        await owner.post(f"/api/cardholders/{found['cardholder_id']}/erase")
    kept = (tmp_path / "data" / ERASURES).read_text()
    assert "Rivera" not in kept
    shutil.copy(tmp_path / "data" / ERASURES, tmp_path / "backup" / ERASURES)
    async with run_server(tmp_path / "backup") as site:
        owner = await site.signed_in("owner-main@example.com")
        await site.services.caretaker.round()
        assert await owner.get("/api/cardholders?q=river") == []
        again = (await entries(site, "person.erase"))[0]
        assert (again.actor, again.detail["repeated"]) == ("system", 1)


async def test_old_entries_of_the_trail_go_and_that_they_went_is_an_entry(site, owner):
    now = site.clock.now()

    def old(conn):
        for days in (200, 150, 10):
            audit.record(conn, site.account, at=now - days * DAY, actor="x@x", action="door.map", subject=f"{days}")
        return trail.delete_before(conn, site.account, now - 100 * DAY, now)

    assert await site.services.db.write(old) == 2
    newest = (await entries(site, "audit.retain"))[0]
    assert (newest.actor, newest.detail["entries"]) == ("system", 2)
    assert [one.subject for one in await entries(site, "door.map")] == ["10"]
    assert await site.services.db.write(lambda conn: trail.delete_before(conn, site.account, now - 100 * DAY, now)) == 0
    with pytest.raises(ValueError, match="90 days at least"):
        await site.services.db.write(lambda conn: trail.delete_before(conn, site.account, now - 89 * DAY, now))
