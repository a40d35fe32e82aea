"""Callbacks of other systems through the API: registered by token, narrowed by a search, delivered to a real receiver."""

import json
from dataclasses import replace

import pytest
from test_vertical import crossing

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.alerts import callbacks
from doorwatch.alerts.callbacks import TYPES
from doorwatch.alerts.channels.webhook import signature
from doorwatch.store import settings as stored

KEY = "Bearer of-the-receiver"


def wanted(posts, *events, **more):
    return {"name": "Guard tour", "url": posts.url, "events": list(events), **more}


async def follow(site):
    """All that happened until now is followed; the server does the same twice a second."""
    while await site.services.follower.follow():
        pass


async def test_a_system_registers_by_token_and_hears_what_happens_at_the_doors_it_asked_for(
    reachable, posts, eventually
):
    site, api = reachable, await reachable.machine(TokenKind.API)
    owner, gateway = await site.user(Role.OWNER), await site.machine(TokenKind.GATEWAY)
    analyzer = await site.machine(TokenKind.ANALYZER)
    await follow(site)
    door_id, camera_id = await site.furnish(owner, gateway)
    entered = [
        {"device_id": "lobby", "timestamp": site.iso(-900), "event_type": "AccessGranted", "actor_name": "Too Early"}
    ]
    await gateway.post("/api/pacs/webhooks", {"events": entered})
    kinds = ("incident.provisional", "pacs.events.created", "crossings.created", "camera.created", "hook.created")
    made = await api.post(
        "/api/callbacks",
        wanted(
            posts, *kinds, method="PUT", headers={"Authorization": KEY}, filter="lobby -person:rivera", message="HQ"
        ),
        expect=201,
    )
    await follow(site)
    events = [
        {"device_id": device, "timestamp": site.iso(at), "event_type": "AccessGranted", "actor_name": name}
        # who came long before is not told of in the incident, which the filter would leave out otherwise
        for device, name, at in (("lobby", "Ann Lee", -4), ("lobby", "J. Rivera", -400), ("dock", "Ann Lee", -4))
    ]
    walked = [crossing(site, f"c{n}", camera_id, door_id, -2 + 0.5 * n) for n in range(3)]
    await gateway.post("/api/pacs/webhooks", {"events": events[1:]})
    await gateway.post("/api/pacs/webhooks", {"events": events[:1]})
    await analyzer.post("/api/analyzer/crossings", {"crossings": walked})
    await owner.post("/api/cameras", {"name": "Roof", "url": "rtsp://u:secret@127.0.0.1/roof"})

    async def all_arrived():
        return all(posts.of(kind) for kind in kinds[:4])

    await eventually(all_arrived)
    assert [one["actor_name"] for told in posts.of("pacs.events.created") for one in told["events"]] == ["Ann Lee"]
    [event] = posts.of("pacs.events.created")[0]["events"]
    assert (event["device_id"], event["device_name"], event["event_type"]) == ("lobby", "Lobby east", "AccessGranted")
    told = [one for part in posts.of("crossings.created") for one in part["crossings"]]
    assert [one["crossing_id"] for one in told] == ["c0", "c1", "c2"]
    incident = posts.of("incident.provisional")[0]
    assert (incident["door"], incident["camera_name"], incident["camera_ip"]) == (
        "Lobby east",
        "Lobby camera",
        "127.0.0.1",
    )
    assert incident["counter_events"]["excess"] == {
        "counter": "excess",
        "description": "People without a grant",
        "value": incident["excess"],
    }
    [camera] = posts.of("camera.created")  # and not of the one that was there when it was registered
    assert (camera["name"], camera["by"]) == ("Roof", "owner-main@example.com")
    assert not posts.of("hook.created"), "a callback does not hear of itself"
    for method, headers, raw, body in posts:
        assert (method, headers["Authorization"], body["message"]) == ("PUT", KEY, "HQ")
        assert body["id"] == headers["X-Doorwatch-Delivery"]
        assert body["data"]["user"]["email"] == "owner-main@example.com"
        at = int(headers["X-Doorwatch-Signature"].partition(",")[0].removeprefix("t=")) * 1_000_000
        assert headers["X-Doorwatch-Signature"] == signature([made["secret"]], at, raw)
        assert b"secret@" not in raw, "no password of a camera leaves"

    async def noted():
        listed = await api.get(f"/api/callbacks/{made['callback_id']}/deliveries")
        return len(listed) == len(posts) and {one["state"] for one in listed} == {"sent"}

    await eventually(noted)
    await follow(site)
    assert await noted(), "nothing is told twice"


async def test_a_hook_of_the_kind_that_others_document_is_registered_as_it_is_and_told_of_what_matches(
    reachable, posts, eventually
):
    site, api = reachable, await reachable.machine(TokenKind.API)
    owner, gateway = await site.user(Role.OWNER), await site.machine(TokenKind.GATEWAY)
    analyzer = await site.machine(TokenKind.ANALYZER)
    door_id, camera_id = await site.furnish(owner, gateway)
    request = {"callback_url": posts.url, "type": "label_hit", "parsedQuery": "camera == 'Lobby camera'"}
    made = await api.post("/api/users/me/hooks", request, expect=201)
    assert (made["url"], made["filter"]) == (posts.url, 'camera:"Lobby camera"')
    narrow = {"type": "query_match", "parsed_query": "'access denied' in labels and camera in ['Lobby camera']"}
    refused = await api.post("/api/users/me/hooks", {"callback_url": posts.url, **narrow}, expect=201)
    await follow(site)
    granted = {"device_id": "lobby", "timestamp": site.iso(-4), "event_type": "AccessGranted", "actor_name": "Ann Lee"}
    await gateway.post("/api/pacs/webhooks", {"events": [granted, granted | {"device_id": "dock"}]})
    walked = [crossing(site, "c0", camera_id, door_id, -2)]
    await analyzer.post("/api/analyzer/crossings", {"crossings": walked})

    async def all_arrived():
        return posts.of("pacs.events.created") and posts.of("crossings.created")

    await eventually(all_arrived)
    assert [one["device_id"] for told in posts.of("pacs.events.created") for one in told["events"]] == ["lobby"]
    assert [one["camera_names"] for one in posts.of("crossings.created")[0]["crossings"]] == [["Lobby camera"]]
    assert await api.get(f"/api/callbacks/{refused['callback_id']}/deliveries") == []


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("type", "job_completed", "job_completed"),
        ("type", "query_match_ad_hoc", "query_match_ad_hoc"),
        ("parsed_query", "date.hour > 18", "date can't be asked for"),
        ("parsed_query", "camera == 'Cellar'", "'Cellar'"),
        ("parsed_query", "'_color_octarine' in labels", "_color_octarine"),
        ("callback_url", "ftp://guard.example/in", "ftp://guard.example/in"),
        ("images", True, "images"),
    ],
)
async def test_what_a_hook_asks_for_and_no_filter_says_is_refused_with_its_name(site, field, value, named):
    api = await site.machine(TokenKind.API)
    draft = {"callback_url": "https://guard.example/in", "type": "query_match", "parsed_query": "'vip' in labels"}
    told = await api.post("/api/users/me/hooks", draft | {field: value}, expect=422)
    assert told["field"] == field
    assert named in json.dumps(told)
    assert await api.get("/api/callbacks") == []


async def test_a_callback_is_tried_changed_rotated_and_removed_and_the_trail_says_so(site):
    api = await site.machine(TokenKind.API)
    draft = {"callback_url": "https://guard.example/in", "event_types": ["incident.created"], "name": "Guard"}
    made = await api.post("/api/callbacks", draft | {"headers": {"X-Key": "very-secret"}}, expect=201)
    path = f"/api/callbacks/{made['callback_id']}"
    assert made["secret"].startswith("dwhook_")
    assert (made["header_names"], made["last_delivery"]) == (["X-Key"], None)
    await api.post(f"{path}/test")
    again = await api.post(f"{path}/secret")
    assert again["secret"] != made["secret"]
    changed = await api.put(path, draft | {"name": "Night guard", "enabled": False, "filter": "lobby"})
    assert (changed["name"], changed["enabled"], changed["header_names"]) == ("Night guard", False, ["X-Key"])
    elsewhere = await api.put(path, draft | {"callback_url": "https://other.example/in"}, expect=422)
    assert elsewhere["field"] == "headers", "whoever may change the address does not come by the secrets so"
    assert changed["last_delivery"]["state"] in {"waiting", "failed"}
    assert await api.get("/api/callbacks") == [await api.get(path)]
    everything = json.dumps([await api.get("/api/callbacks"), await api.get("/api/alerts/outbox")])
    trail = json.dumps(await api.get("/api/audit"))
    assert "very-secret" not in everything + trail
    assert again["secret"] not in everything + trail
    await api.call("DELETE", path)
    assert await api.get("/api/callbacks") == []
    for call in (api.get(path), api.call("DELETE", path), api.post(f"{path}/test"), api.get(f"{path}/deliveries")):
        with pytest.raises(AssertionError, match="404"):
            await call
    acts = [entry["act"] for entry in (await api.get("/api/audit"))["entries"]]
    assert {"callback.add", "callback.change", "callback.rotate", "callback.remove"} <= set(acts)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "ftp://host/in"),
        ("headers", {"Host": "inside.example"}),
        ("headers", {"X-Doorwatch-Signature": "t=1"}),
        ("headers", {"X-A": "one\r\nX-B: two"}),
        ("headers", {"no name": "x"}),
        ("events", ["incident.invented"]),
        ("events", []),
        ("method", "GET"),
        ("filter", "kind:nonsense"),
        ("filter", "every 5 minutes"),
        ("filter", "?!"),
        ("filter", 'lobby like:"a person with a red jacket"'),
        ("filter", "like:crossing:c1"),
    ],
)
async def test_what_can_be_no_callback_is_refused_by_its_field(site, field, value):
    api = await site.machine(TokenKind.API)
    draft = {"name": "Guard", "url": "https://guard.example/in", "events": ["incident.created"]}
    told = await api.post("/api/callbacks", draft | {field: value}, expect=422)
    assert told["field"].partition(".")[0] == field
    assert await api.get("/api/callbacks") == []


async def test_a_filter_by_looks_is_refused_because_it_ranks_and_a_callback_that_is_there_cannot_be_given_one(site):
    api = await site.machine(TokenKind.API)
    draft = {"name": "Guard", "url": "https://guard.example/in", "events": ["incident.created"]}
    made = await api.post("/api/callbacks", draft, expect=201)
    ranking = draft | {"filter": 'like:"a person with a red jacket"'}
    told = await api.put(f"/api/callbacks/{made['callback_id']}", ranking, expect=422)
    assert told["field"] == "filter"
    assert "ranks" in json.dumps(told)


async def test_a_filter_that_was_taken_before_and_finds_nothing_now_is_told_and_keeps_nobody_from_switching_it_off(
    site,
):
    api = await site.machine(TokenKind.API)
    draft = {"name": "Guard", "url": "https://guard.example/in", "events": ["incident.created"]}
    made = await api.post("/api/callbacks", draft, expect=201)
    path = f"/api/callbacks/{made['callback_id']}"
    assert (await api.get(path))["problem"] is None
    before = draft | {"filter": 'like:"a red jacket"'}

    def of_a_version_before(conn):
        kept = callbacks.get_callback(conn, site.account, made["callback_id"])
        callbacks.save_callback(conn, site.account, replace(kept, finds=before["filter"]), 0)

    await site.services.db.write(of_a_version_before)
    told = await api.get("/api/callbacks")
    assert "ranks" in told[0]["problem"]
    paused = await api.put(path, before | {"enabled": False})
    assert (paused["enabled"], paused["filter"]) == (False, before["filter"])
    assert (await api.put(path, before | {"filter": "like:crossing:c1"}, expect=422))["field"] == "filter"
    assert (await api.put(path, draft | {"filter": "tailgating"}))["problem"] is None


async def test_a_filter_of_what_no_search_can_narrow_is_refused(site):
    api = await site.machine(TokenKind.API)
    draft = {"name": "Guard", "url": "https://guard.example/in", "events": ["camera.created"], "filter": "lobby"}
    assert (await api.post("/api/callbacks", draft, expect=422))["field"] == "filter"


async def test_only_managers_of_the_account_have_to_do_with_callbacks(site):
    owner, draft = await site.user(Role.OWNER), {"url": "https://guard.example/in", "events": list(TYPES)}
    made = await owner.post("/api/callbacks", draft, expect=201)
    path = f"/api/callbacks/{made['callback_id']}"
    for caller in (await site.user(Role.VIEW), await site.machine(TokenKind.READ)):
        await caller.get("/api/callbacks", expect=403)
        await caller.post("/api/users/me/hooks", {}, expect=403)
        await caller.post("/api/callbacks", draft, expect=403)
    stranger = await site.user(Role.OWNER, await site.other_account())
    assert await stranger.get("/api/callbacks") == []
    await stranger.get(path, expect=404)
    await stranger.call("DELETE", path, expect=404)
    await stranger.post(f"{path}/secret", expect=404)


async def test_the_secrets_of_a_callback_are_sealed_in_the_database(site):
    owner = await site.user(Role.OWNER)
    draft = {"url": "https://guard.example/in", "events": ["incident.created"], "headers": {"X-Key": "very-secret"}}
    await owner.post("/api/callbacks", draft, expect=201)
    [rule] = await site.services.db.read(lambda conn: stored.list_alert_rules(conn, site.account))
    assert json.loads(rule.settings["headers"]) == {"X-Key": "very-secret"}
    raw = await site.services.db.read(lambda conn: str(conn.exec_driver_sql("SELECT settings FROM alert_rules").all()))
    assert "very-secret" not in raw
    assert "guard.example" not in raw
