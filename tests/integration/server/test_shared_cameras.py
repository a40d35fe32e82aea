"""Guests with whom only some cameras are shared: what these cameras see, and nothing of any other."""

import asyncio

import aiohttp
import pytest
from furnished import Bodies, addresses, call, furnish, furnish_beside

from doorwatch.accounts.roles import Role
from doorwatch.domain.access import Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import SECOND
from doorwatch.server.app import create_app
from doorwatch.server.evidence import evidence_blob
from doorwatch.server.live.frames import make_frame
from doorwatch.server.permissions import Permission
from doorwatch.store import cameras, configuration, crossings, evidence, moments
from doorwatch.store.audit_trail import audit
from doorwatch.store.evidence import Evidence
from doorwatch.store.people.users import find_by_email, update_user

PASSWORD = "a long enough password"
OPEN = {Permission.PUBLIC, Permission.SHARED}
MAY = {Permission.SIGNED_IN, Permission.VIEW_SHARED}


@pytest.fixture
async def shared(site):
    return await furnish(site, site.account, "zanzibar")


@pytest.fixture
async def hidden(site, shared):
    return await furnish_beside(site, shared, "quixote")


@pytest.fixture
async def guest(site, shared, hidden):
    body = {"email": "guest@example.com", "password": PASSWORD, "cameras": [shared.ids["camera_id"]]}
    await shared.callers["owner"].post("/api/users", body)
    return await site.signed_in("guest@example.com")


def secrets(shared, hidden):
    """What the guest may not read: what is of the hidden camera alone."""
    return hidden.secrets() - shared.secrets()


async def sharing(shared, of, **change):
    """Let the owner change what the guest may see."""
    owner = shared.callers["owner"]
    [person] = [one for one in await owner.get("/api/users") if one["email"] == of]
    return await owner.call("PATCH", f"/api/users/{person['id']}", change)


async def test_no_address_tells_a_guest_of_a_camera_that_is_not_shared(site, shared, hidden, guest):
    app = create_app(site.services.settings, site.services.clock, site.services)
    bodies, wrong, answered = Bodies(app), [], 0
    for address in addresses(app):
        alone = address.permission is Permission.SIGNED_IN and address.method != "GET"
        caller = await site.signed_in("guest@example.com") if alone else guest
        path, body, query = address.filled(hidden.ids), bodies.of(address), bodies.query(address)
        query = {name: hidden.ids.get(name, value) for name, value in query.items()}
        status, text = await call(caller, address.method, path, body, query)
        if (address.method, address.path) == ("DELETE", "/api/sessions"):
            await guest.post("/api/session", {"email": "guest@example.com", "password": PASSWORD})
        told = [secret for secret in secrets(shared, hidden) if secret in text]
        if address.permission not in OPEN | MAY and status != 403:
            wrong.append(f"{address} answered {status}, must be 403: {text[:160]}")
        if address.permission is Permission.VIEW_SHARED and (address.names() or query) and status != 404:
            wrong.append(f"{address} answered {status}, must be 404: {text[:160]}")
        if told or status >= 500:
            wrong.append(f"{address} answered {status} and tells {told}: {text[:160]}")
        answered += address.permission is Permission.VIEW_SHARED
    assert not wrong, "\n".join(wrong)
    assert answered >= 15


async def test_a_guest_sees_what_the_shared_camera_sees(shared, hidden, guest):
    ids = shared.ids
    assert [one["camera_id"] for one in await guest.get("/api/cameras")] == [ids["camera_id"]]
    assert [one["door_id"] for one in await guest.get("/api/doors")] == [ids["door_id"]]
    assert (await guest.get(f"/api/doors/{ids['door_id']}"))["pool"] is None
    assert [one["incident_id"] for one in await guest.get("/api/incidents")] == [ids["incident_id"]]
    assert (await guest.get("/api/incidents/counts"))["total"] == 1
    assert (await guest.get(f"/api/incidents/{ids['incident_id']}"))["reason"] == "zanzibar: 2 people, 1 grant"
    status, picture = await call(guest, "GET", f"/api/incidents/{ids['incident_id']}/picture.jpg")
    assert (status, "zanzibar" in picture) == (200, True)
    assert "zanzibar" in await guest.get("/api/incidents/table.csv")
    assert [one["door"]["door_id"] for one in await guest.get("/api/reports/summary")] == [ids["door_id"]]
    assert "zanzibar door" in await guest.get("/api/reports/weeks.csv")
    found = await guest.get("/api/search?q=tailgating")
    assert ([one["incident_id"] for one in found["moments"]], found["total"]) == ([ids["incident_id"]], 1)
    assert (await guest.get("/api/search?q=quixote"))["total"] == 0
    assert (await shared.callers["view"].get("/api/search?q=tailgating"))["total"] == 2
    assert (await guest.get("/api/suggest?q=quix"))["suggestions"] == []
    assert "zanzibar camera" in str(await guest.get("/api/suggest?q=zanz"))
    who = await guest.get("/api/session")
    assert who["user"]["cameras"] == [ids["camera_id"]]
    assert who["permissions"] == ["signed in", "view shared"]


async def test_what_is_refused_says_why(guest):
    refused = await guest.get("/api/gateways", expect=403)
    assert refused["reason"] == "cameras"
    assert "only some cameras are shared with you" in refused["error"]


async def test_of_an_incident_that_two_cameras_saw_a_guest_gets_the_part_of_the_shared_one(site, shared, hidden, guest):
    """The door's other camera has counted one of its people, and took its clip."""
    now, account, mine, other = site.clock.now(), shared.account, shared.ids, hidden.ids["camera_id"]
    incident_id, start = mine["incident_id"], site.clock.now() - 60 * SECOND

    def also_seen(conn):
        configuration.set_mapping(
            conn, account, mine["door_id"], [mine["camera_id"], other], now, since=now - 1800 * SECOND
        )
        passed = [
            Crossing(f"zanzibar-c{n}", mine["door_id"], camera, f"t{n}", start, Direction.IN, 0.9)
            for n, camera in ((1, mine["camera_id"]), (2, other))
        ]
        crossings.store_crossings(conn, account, passed, now)
        clip = evidence_blob(account, incident_id, "clip.mp4")
        piece = Evidence(incident_id, "clip.mp4", other, clip, 3, start, SECOND, 1, now)
        evidence.put(conn, account, piece)
        return piece

    piece = await site.services.db.write(also_seen)
    await asyncio.to_thread(site.services.blobs.put, piece.blob, b"mp4")
    whole = await shared.callers["view"].get(f"/api/incidents/{incident_id}")
    assert (len(whole["crossings"]), whole["clip_camera_id"]) == (2, other)
    told = await guest.get(f"/api/incidents/{incident_id}")
    assert [one["camera_id"] for one in told["crossings"]] == [mine["camera_id"]]
    assert (told["clip_url"], told["clip_camera_id"], told["picture_camera_id"]) == (None, None, mine["camera_id"])
    assert other not in str(told)
    refused = await guest.get(f"/api/incidents/{incident_id}/clip.mp4", expect=404)
    assert "by a camera that is shared with you" in refused["error"]
    assert other not in str(await guest.get("/api/doors"))
    assert other not in str(await guest.get("/api/moments"))
    assert other not in str(await guest.get("/api/search?q=tailgating"))
    assert other not in str(await guest.get("/api/search/results.json?q=tailgating"))


async def test_a_guest_hears_of_shared_cameras_alone(site, shared, hidden, guest):
    told, heard = "", asyncio.Event()

    async def listen():
        nonlocal told
        async with guest.http.get("/api/events", headers={"Last-Event-ID": "0"}) as stream:
            async for line in stream.content:
                told += line.decode()
                if "is back" in told:
                    heard.set()

    listening = asyncio.create_task(listen())
    now = site.clock.now()

    def back(conn):
        for world in (hidden, shared):
            title = f"{world.mark} camera is back"
            moments.record_health(
                conn, shared.account, world.mark, title, "", at=now, now=now, camera_ids=(world.ids["camera_id"],)
            )

    await shared.callers["owner"].call("PATCH", f"/api/cameras/{hidden.ids['camera_id']}", {"enabled": True})
    await site.services.db.write(back)
    await asyncio.wait_for(heard.wait(), 60)
    listening.cancel()
    assert "zanzibar camera is back" in told
    assert "incident-of-zanzibar" in told
    assert "event: camera" in told
    assert not [secret for secret in secrets(shared, hidden) if secret in told]


async def test_a_guest_watches_shared_cameras_alone(shared, hidden, guest):
    async with (
        guest.http.ws_connect("/api/live") as screen,
        shared.callers["analyzer token"].http.ws_connect("/api/analyzer/stream") as camera,
    ):
        await screen.send_json({"watch": [hidden.ids["camera_id"], shared.ids["camera_id"]]})
        while (told := await camera.receive_json(timeout=20)).get("command") != "live":
            pass
        assert told["camera_id"] == shared.ids["camera_id"]
        for world in (hidden, shared):
            head = {"camera_id": world.ids["camera_id"], "kind": "people", "at_us": 1, "people": []}
            await camera.send_bytes(make_frame(head))
        assert shared.ids["camera_id"].encode() in await screen.receive_bytes(timeout=20)


async def test_streams_end_soon_after_other_cameras_are_shared_or_the_session_ended(site, shared, guest, monkeypatch):
    monkeypatch.setattr("doorwatch.server.live.admission.LOOK_AGAIN", SECOND // 10)
    stream = await guest.http.get("/api/events")
    screen = await guest.http.ws_connect("/api/live")
    await stream.content.readline()
    await sharing(shared, "guest@example.com", cameras=None)
    assert (await screen.receive(timeout=5)).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
    # The event stream looks when it has something to say.
    await shared.callers["owner"].call("PATCH", f"/api/cameras/{shared.ids['camera_id']}", {"enabled": True})
    assert shared.ids["camera_id"] not in (await asyncio.wait_for(stream.content.read(), 5)).decode()
    assert len(await guest.get("/api/cameras")) == 2


async def test_an_invitation_may_share_some_cameras(site, shared, hidden, guest):
    owner, ids = shared.callers["owner"], shared.ids
    body = {"email": "friend@example.com", "cameras": [ids["camera_id"], ids["camera_id"]]}
    sent = await owner.post("/api/invitations", body)
    assert sent["invitation"]["cameras"] == [ids["camera_id"]]
    sent = await owner.post(f"/api/invitations/{sent['invitation']['invitation_id']}/again")
    secret = sent["url"].partition("#")[2]
    friend = site.caller({"X-Doorwatch": "1"})
    joined = await friend.post("/api/join", {"link": secret, "name": "", "password": PASSWORD})
    assert joined["user"]["cameras"] == [ids["camera_id"]]
    assert [one["camera_id"] for one in await friend.get("/api/cameras")] == [ids["camera_id"]]
    await friend.get(f"/api/cameras/{hidden.ids['camera_id']}", expect=404)


async def test_who_may_change_things_sees_all_cameras(site, shared, guest):
    cameras_ = [shared.ids["camera_id"]]
    owner = shared.callers["owner"]
    for body in (
        {"email": "x@example.com", "role": "manage", "cameras": cameras_},
        {"email": "x@example.com", "role": "view", "cameras": []},
    ):
        await owner.post("/api/users", body, expect=422)
        await owner.post("/api/invitations", body, expect=422)
    unknown = await owner.post("/api/users", {"email": "x@example.com", "cameras": ["cam_nowhere"]}, expect=404)
    assert "no camera 'cam_nowhere'" in unknown["error"]
    raised = await sharing(shared, "guest@example.com", role="manage")
    assert (raised["role"], raised["cameras"]) == ("manage", None)
    await guest.get("/api/gateways")
    lowered = await sharing(shared, "guest@example.com", role="view", cameras=cameras_)
    assert (lowered["role"], lowered["cameras"]) == ("view", cameras_)
    await guest.get("/api/gateways", expect=403)
    entries = await site.services.db.read(lambda conn: audit.list_entries(conn, shared.account, action="user.cameras"))
    assert (entries[0].subject, entries[0].address) == ("guest@example.com", "127.0.0.1")
    assert entries[0].detail == {"before": None, "after": cameras_}


async def test_even_a_manager_in_the_database_with_some_cameras_may_only_look_at_them(site, shared, hidden, guest):
    """A row that no address writes: somebody repaired the database by hand."""

    def raise_role(conn):
        user = find_by_email(conn, "guest@example.com")
        update_user(conn, shared.account, user.user_id, role=Role.MANAGE.value)

    await site.services.db.write(raise_role)
    await guest.call("PATCH", f"/api/cameras/{shared.ids['camera_id']}", {"name": "x"}, expect=403)
    await guest.get(f"/api/cameras/{hidden.ids['camera_id']}", expect=404)
    now = site.clock.now()
    await site.services.db.write(lambda conn: cameras.remove_camera(conn, shared.account, shared.ids["camera_id"], now))
    assert await guest.get("/api/cameras") == []
