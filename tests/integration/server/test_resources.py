"""The browser's API: sessions, cameras, doors, tokens, alerts, reports, and who may do what."""

import re

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.store.people import users as rows


async def test_signing_in_gives_a_cookie_that_scripts_cannot_read_and_says_who_one_is(site):
    owner = await site.user(Role.OWNER)
    who = await owner.get("/api/session")
    assert (who["user"]["role"], who["site"]["time_zone"]) == ("owner", "UTC")
    assert {"view", "review", "manage", "own"} <= set(who["permissions"])
    cookie = next(iter(owner.http.cookie_jar))
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"


async def test_a_wrong_password_is_401_and_guessing_becomes_429(site, owner):
    stranger = site.caller({"X-Doorwatch": "1"})
    body = {"email": "owner-main@example.com", "password": "wrong password"}
    answers = []
    for _ in range(7):
        async with stranger.http.post("/api/session", json=body) as response:
            answers.append(response.status)
            assert (await response.json())["error"]
    assert answers[0] == 401
    assert answers[-1] == 429
    async with stranger.http.post("/api/session", json=body) as response:
        assert int(response.headers["Retry-After"]) >= 1


async def test_signing_out_ends_the_session_on_the_server(site, owner):
    cookie = next(iter(owner.http.cookie_jar))
    await owner.call("DELETE", "/api/session")
    again = site.caller({"Cookie": f"{cookie.key}={cookie.value}"})
    await again.get("/api/session", expect=401)


async def test_without_signing_in_nothing_is_shown(site):
    nobody = site.caller()
    for path in ("/api/session", "/api/cameras", "/api/doors", "/api/incidents", "/api/search", "/api/events"):
        await nobody.get(path, expect=401)


async def test_roles_hold_back(site, owner):
    viewer, manager = await site.user(Role.VIEW), await site.user(Role.MANAGE)
    await viewer.get("/api/doors")
    new = {"name": "Camera", "url": "rtsp://x/y"}
    assert "manage" in (await viewer.post("/api/cameras", new, expect=403))["error"]
    await manager.post("/api/cameras", new)
    await manager.post("/api/users", {"email": "x@example.com"}, expect=403)
    await manager.post("/api/tokens", {"name": "all", "kind": "api"}, expect=403)
    await owner.post("/api/tokens", {"name": "all", "kind": "api"})


async def test_a_post_from_another_site_is_refused(site, owner):
    for headers in ({"X-Doorwatch": "0"}, {"Origin": "https://evil.example.com"}):
        async with owner.http.post("/api/cameras", json={"name": "x", "url": "rtsp://x"}, headers=headers) as response:
            assert response.status == 403


async def test_a_camera_is_added_changed_and_removed_and_its_password_never_shown(owner):
    made = await owner.post("/api/cameras", {"name": "Lobby", "url": "rtsp://user:s3cret@10.0.0.9/stream?x=1"})
    assert made["url"] == "rtsp://user:***@10.0.0.9/stream?x=1"
    path = f"/api/cameras/{made['camera_id']}"
    changed = await owner.call("PATCH", path, {"name": "Lobby east", "url": "rtsp://user:***@10.0.0.10/stream"})
    assert (changed["name"], changed["url"]) == ("Lobby east", "rtsp://user:***@10.0.0.10/stream")
    assert changed["status"]["message"] == "waiting for the analyzer"
    await owner.post("/api/cameras", {"name": "lobby EAST", "url": "rtsp://x"}, expect=409)
    await owner.call("DELETE", path)
    await owner.get(path, expect=404)
    assert await owner.get("/api/cameras") == []


async def test_the_analyzer_is_given_the_password_that_a_masked_url_kept(site, owner):
    made = await owner.post("/api/cameras", {"name": "Lobby", "url": "rtsp://user:s3cret@10.0.0.9/a"})
    await owner.call("PATCH", f"/api/cameras/{made['camera_id']}", {"url": "rtsp://user:***@10.0.0.9/b"})
    analyzer = await site.machine(TokenKind.ANALYZER)
    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        told = await socket.receive_json(timeout=20)
    assert told["cameras"][0]["url"] == "rtsp://user:s3cret@10.0.0.9/b"


async def test_a_camera_has_a_stream_to_count_with_and_one_to_record(site, owner):
    body = {"name": "Lobby", "url": "rtsp://u:s3cret@10.0.0.9/sub", "main_url": "rtsp://u:***@10.0.0.9/main"}
    made = await owner.post("/api/cameras", body)
    assert (made["url"], made["main_url"]) == ("rtsp://u:***@10.0.0.9/sub", "rtsp://u:***@10.0.0.9/main")
    path = f"/api/cameras/{made['camera_id']}"
    assert (await owner.call("PATCH", path, {"name": "Hall"}))["main_url"] == made["main_url"]
    moved = await owner.call("PATCH", path, {"main_url": "rtsp://u:***@10.0.0.9/main2"})
    assert moved["main_url"] == "rtsp://u:***@10.0.0.9/main2"
    analyzer = await site.machine(TokenKind.ANALYZER)
    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        told = await socket.receive_json(timeout=20)
    assert told["cameras"][0]["main_url"] == "rtsp://u:s3cret@10.0.0.9/main2"
    assert (await owner.call("PATCH", path, {"main_url": ""}))["main_url"] is None
    assert "s3cret" not in str(await owner.get("/api/audit"))


async def test_doors_tell_when_they_were_last_heard_of(owner, gateway):
    devices = [{"device_id": name, "device_name": name.title()} for name in ("east", "west", "north")]
    await gateway.post("/api/pacs/devices", {"devices": devices})
    ids = {door["name"]: door["door_id"] for door in await owner.get("/api/doors")}
    asked = {"door_ids": [ids["East"], ids["North"], "door_of_nobody"]}
    assert await owner.post("/api/last-events", asked, expect=200) == []
    times = {"east": "2026-01-31T08:00:00Z", "west": "2026-01-31T08:05:00Z"}
    events = [{"device_id": door, "timestamp": at, "event_type": "AccessGranted"} for door, at in times.items()]
    await gateway.post("/api/pacs/webhooks", {"events": events})
    [told] = await owner.post("/api/last-events", asked, expect=200)
    assert told == {"door_id": ids["East"], "at": "2026-01-31T08:00:00.000000Z", "event_type": "AccessGranted"}


async def test_a_wrong_value_names_its_field(owner):
    answer = await owner.post("/api/cameras", {"name": "", "url": "rtsp://x"}, expect=422)
    assert answer["field"] == "name"
    answer = await owner.post("/api/cameras", {"nam": "x", "url": "rtsp://x"}, expect=422)
    assert answer["field"] in {"nam", "name"}
    assert (await owner.get("/api/nothing", expect=404))["error"]
    assert (await owner.call("DELETE", "/api/doors", expect=405))["error"]


async def test_a_scene_is_kept_and_a_wrong_one_explained(site, owner, gateway):
    door_id, camera_id = await site.furnish(owner, gateway)
    camera = await owner.get(f"/api/cameras/{camera_id}")
    assert camera["doors"] == [{"door_id": door_id, "name": "Lobby east"}]
    assert camera["scenes"][0]["floor"]["size_m"] == [3.0, 2.0]
    wrong = {"size": [768, 432], "threshold": [[9000, 0], [9000, 400]], "inside": [400, 300]}
    answer = await owner.put(f"/api/cameras/{camera_id}/scenes/{door_id}", wrong, expect=422)
    assert "outside of the picture" in answer["error"]
    good = wrong | {"threshold": [[90, 0], [90, 400]]}
    await owner.put(f"/api/cameras/{camera_id}/scenes/nowhere", good, expect=404)


async def test_of_two_who_draw_a_scene_the_second_is_told_and_overwrites_nothing(site, owner, gateway):
    door_id, camera_id = await site.furnish(owner, gateway)
    path = f"/api/cameras/{camera_id}/scenes/{door_id}"
    [drawn] = (await owner.get(f"/api/cameras/{camera_id}"))["scenes"]
    begun = {name: value for name, value in drawn.items() if name not in ("door", "door_id")}
    first, second = (begun | {"inside": inside} for inside in ([401, 301], [402, 302]))
    await owner.put(path, first | {"before": begun})
    refused = await owner.put(path, second | {"before": begun}, expect=409)
    assert "somebody else drew this scene" in refused["error"]
    assert (await owner.get(f"/api/cameras/{camera_id}"))["scenes"][0]["inside"] == [401, 301]
    await owner.put(path, second | {"before": None}, expect=409)
    await owner.put(path, first | {"before": begun})
    await owner.put(path, second | {"before": first})
    await owner.put(path, begun)
    assert (await owner.get(f"/api/cameras/{camera_id}"))["scenes"] == [drawn]


async def test_mapping_and_policy_of_a_door_are_set_whole_or_in_part(site, owner, gateway):
    door_id, _camera_id = await site.furnish(owner, gateway)
    door = await owner.put(f"/api/doors/{door_id}/policy", {"grant_after": 7})
    assert (door["policy"]["grant_after"], door["policy"]["settle"]) == (7, 6)
    door = await owner.call("PATCH", f"/api/doors/{door_id}", {"policy": {"settle": 3}, "camera_ids": []})
    assert (door["policy"]["grant_after"], door["policy"]["settle"], door["cameras"]) == (7, 3, [])
    answer = await owner.put(f"/api/doors/{door_id}/policy", {"grant_after": -1}, expect=422)
    assert "grant_after" in answer["error"]
    await owner.put(f"/api/doors/{door_id}/cameras", {"camera_ids": ["nobody"]}, expect=404)
    await owner.get("/api/doors/nowhere", expect=404)
    assert (await owner.get(f"/api/doors/{door_id}"))["device_id"] == "lobby"


async def test_a_token_is_told_once_works_and_is_worthless_once_revoked(site, owner):
    made = await owner.post("/api/tokens", {"name": "Gateway north", "kind": "gateway"})
    gateway = site.caller({"Authorization": f"Bearer {made['token']}"})
    await gateway.post("/api/pacs/devices", {"devices": []})
    listed = await owner.get("/api/tokens")
    assert made["token"] not in str(listed)
    assert listed[0]["last_used_at"]
    await owner.call("DELETE", f"/api/tokens/{made['info']['id']}")
    await gateway.post("/api/pacs/devices", {"devices": []}, expect=401)
    assert await owner.get("/api/tokens") == []
    await owner.call("DELETE", "/api/tokens/nothing", expect=404)


async def test_a_program_uses_the_api_with_a_token(site, owner):
    made = await owner.post("/api/tokens", {"name": "Program", "kind": "api"})
    program = site.caller({"Authorization": f"token {made['token']}"})
    await program.post("/api/cameras", {"name": "Camera", "url": "file:/x.mp4"})
    await program.get("/api/session", expect=403)


async def test_people_are_added_listed_and_given_new_passwords(site, owner):
    made = await owner.post("/api/users", {"email": "Guard@Example.com", "name": "Guard", "role": "view"})
    assert made["user"]["email"] == "guard@example.com"
    guard = site.caller({"X-Doorwatch": "1"})
    await guard.post("/api/session", {"email": "guard@example.com", "password": made["password"]})
    new = await owner.put(f"/api/users/{made['user']['id']}/password", {"password": "another long password"})
    assert new["password"] is None
    await guard.get("/api/session", expect=401)
    await guard.post("/api/session", {"email": "guard@example.com", "password": "another long password"})
    assert len(await owner.get("/api/users")) == 2
    await owner.post("/api/users", {"email": "guard@example.com"}, expect=409)
    await owner.put("/api/users/nobody/password", {}, expect=404)


async def test_when_somebody_signed_in_to_another_account_is_nothing_that_this_one_tells(site, owner):
    other = await site.other_account()
    theirs = await site.user(Role.OWNER, other)
    [known] = await theirs.get("/api/users")
    assert known["last_seen_at"] is not None
    person = await site.services.db.read(lambda conn: rows.get_user(conn, other, known["id"]))
    await site.services.db.write(
        lambda conn: rows.add_member(conn, site.account, person.user_id, role="view", now=site.clock.now())
    )
    seen = {one["email"]: one["last_seen_at"] for one in await owner.get("/api/users")}
    assert seen[known["email"]] is None
    await theirs.put("/api/session/account", {"account_id": site.account})
    seen = {one["email"]: one["last_seen_at"] for one in await owner.get("/api/users")}
    assert seen[known["email"]] is not None


async def test_alerts_are_saved_and_a_template_with_an_unknown_variable_is_refused(owner):
    assert (await owner.get("/api/alerts"))["template"] is None
    alerts = {"template": {"subject": "{{kind}}", "body": "{{reason}}"}, "recipients": ["desk@example.com"]}
    saved = await owner.put("/api/alerts", alerts)
    assert saved == await owner.get("/api/alerts")
    wrong = alerts | {"template": {"subject": "{{nonsense}}", "body": "x"}}
    assert "nonsense" in (await owner.put("/api/alerts", wrong, expect=422))["error"]
    refused = await owner.put("/api/alerts", alerts | {"recipients": ["a@example.com", "no address"]}, expect=422)
    assert refused["field"] == "recipients.1"
    assert "recipient 2, 'no address'" in refused["error"]
    assert "DOORWATCH_SMTP_HOST" in (await owner.post("/api/alerts/test", expect=409))["error"]
    assert await owner.get("/api/alerts/outbox") == []


async def test_the_report_counts_per_door(site, owner, gateway):
    await site.furnish(owner, gateway)
    event = {"device_id": "lobby", "timestamp": site.iso(), "event_type": "AccessGranted"}
    await gateway.post("/api/pacs/webhooks", {"event": event})
    rows = await owner.get("/api/reports/summary", params={"days": 1})
    assert [(row["door"]["name"], row["grants"], row["in"], row["reviewed"]) for row in rows] == [
        ("Lobby east", 1, 0, 0)
    ]
    await owner.get("/api/reports/summary", params={"days": 0}, expect=422)


async def test_health_readiness_metrics_and_the_document_are_public(site):
    nobody = site.caller()
    assert (await nobody.get("/healthz"))["status"] == "alive"
    assert (await nobody.get("/readyz")) == {"status": "ready", "missing": []}
    assert "doorwatch_http_requests_total" in await nobody.get("/metrics")
    assert "/api/incidents/{incident_id}" in (await nobody.get("/openapi.json"))["paths"]


async def test_every_answer_carries_its_id_and_the_security_headers(site):
    async with site.caller().http.get("/api/doors", headers={"X-Request-Id": "abc-1"}) as response:
        assert response.headers["X-Request-Id"] == "abc-1"
        assert response.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["Referrer-Policy"] == "no-referrer"
    async with site.caller().http.get("/healthz", headers={"X-Request-Id": "no good\tid"}) as response:
        assert re.fullmatch(r"[0-9a-f]{12}-[0-9a-f]+", response.headers["X-Request-Id"])


async def test_another_account_sees_and_changes_nothing(site, owner, gateway):
    door_id, camera_id = await site.furnish(owner, gateway)
    stranger = await site.user(Role.OWNER, await site.other_account())
    assert await stranger.get("/api/doors") == []
    assert await stranger.get("/api/cameras") == []
    await stranger.get(f"/api/doors/{door_id}", expect=404)
    await stranger.get(f"/api/cameras/{camera_id}", expect=404)
    await stranger.put(f"/api/doors/{door_id}/cameras", {"camera_ids": []}, expect=404)
    await stranger.call("DELETE", f"/api/cameras/{camera_id}", expect=404)
    assert len(await owner.get("/api/users")) == 1
