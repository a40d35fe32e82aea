"""`/api/tokens` over HTTP: who issues which, what each may do, and what is said to one that is refused."""

import pytest

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.domain.token_form import new_secret
from doorwatch.store.people import tokens


def bearer(site, secret, scheme="Bearer"):
    return site.caller({"Authorization": f"{scheme} {secret}"})


async def issue(owner, kind="api", **more):
    return await owner.post("/api/tokens", {"name": f"{kind} of a test", "kind": kind, **more})


@pytest.fixture
async def manager(site, owner):
    return await site.user(Role.MANAGE)


async def test_the_secret_is_told_once_and_the_list_says_the_rest(site, owner):
    made = await issue(owner, "gateway", expires_days=90)
    [listed] = await owner.get("/api/tokens")
    assert listed == made["info"]
    assert made["token"] not in str(listed)
    assert (listed["scopes"], listed["created_by"], listed["expired"]) == (
        ["pacs:write"],
        "owner-main@example.com",
        False,
    )
    assert listed["last_used_at"] is None
    await bearer(site, made["token"]).post("/api/pacs/devices", {"devices": []})
    [listed] = await owner.get("/api/tokens")
    assert listed["last_used_at"]
    assert listed["last_used_from"] == "127.0.0.1"


async def test_each_kind_may_do_its_own_and_a_refusal_names_the_scope_that_is_missing(site, owner):
    callers = {
        kind: bearer(site, (await issue(owner, kind))["token"]) for kind in ("gateway", "analyzer", "read", "api")
    }
    event = {"event": {"device_id": "d", "timestamp": site.iso(), "event_type": "AccessGranted"}}
    camera = {"name": "Camera", "url": "rtsp://x/y"}
    tries = {
        "pacs:write": lambda caller, expect: caller.post("/api/pacs/webhooks", event, expect=expect),
        "analyzer:write": lambda caller, expect: caller.post("/api/analyzer/coverage", {"coverage": []}, expect=expect),
        "api:read": lambda caller, expect: caller.get("/api/doors", expect=expect),
        "api": lambda caller, expect: caller.post("/api/cameras", camera, expect=expect),
    }
    may = {"gateway": {"pacs:write"}, "analyzer": {"analyzer:write"}, "read": {"api:read"}, "api": {"api:read", "api"}}
    for kind, caller in callers.items():
        for scope, attempt in tries.items():
            if scope in may[kind]:
                await attempt(caller, None)
            else:
                refused = await attempt(caller, 403)
                assert scope in refused["scopes"]
                assert f"the scope {' or '.join(refused['scopes'])}" in refused["error"]


async def test_a_401_says_what_is_wrong_with_a_token_only_to_who_holds_it(site, owner):
    expired, revoked, replaced, good = [await issue(owner) for _ in range(4)]
    now = site.clock.now()

    def age(conn):
        kept = tokens.get_token(conn, site.account, expired["info"]["id"])
        conn.exec_driver_sql(f"UPDATE tokens SET expires_at = {now - 1} WHERE token_id = '{kept.token_id}'")

    await site.services.db.write(age)
    await owner.call("DELETE", f"/api/tokens/{revoked['info']['id']}")
    await owner.post(f"/api/tokens/{replaced['info']['id']}/secret", {"overlap_hours": 0})
    mistyped = good["token"][:-1] + ("a" if good["token"][-1] != "a" else "b")
    for secret, reason in (
        (expired["token"], "expired"),
        (revoked["token"], "revoked"),
        (replaced["token"], "replaced"),
        (mistyped, "mistyped"),
        (new_secret(TokenKind.API), "unknown"),
        ("anything", "mistyped"),
    ):
        for method, path in (("GET", "/api/doors"), ("POST", "/api/pacs/webhooks")):
            caller = bearer(site, secret)
            async with caller.http.request(method, path, json={} if method == "POST" else None) as answer:
                said = await answer.json()
                assert (answer.status, said["reason"]) == (401, reason)
                assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
                assert ":" in said["error"]
    odd = await site.caller({"Authorization": "Basic dXNlcjpwYXNz"}).get("/api/doors", expect=401)
    assert "Bearer <token>" in odd["error"]
    await bearer(site, good["token"], "token").get("/api/doors")


async def test_rotation_over_http_keeps_the_token_and_lets_both_secrets_work(site, owner):
    made = await issue(owner, "read")
    path = f"/api/tokens/{made['info']['id']}"
    renewed = await owner.post(f"{path}/secret", {"overlap_hours": 2})
    assert renewed["info"]["id"] == made["info"]["id"]
    assert renewed["info"]["former_until"] > renewed["info"]["rotated_at"]
    for secret in (made["token"], renewed["token"]):
        await bearer(site, secret).get("/api/doors")
    assert (await owner.get("/api/tokens"))[0]["former_used_at"]
    await owner.call("DELETE", f"{path}/former-secret")
    await bearer(site, made["token"]).get("/api/doors", expect=401)
    await bearer(site, renewed["token"]).get("/api/doors")


async def test_nobody_gets_a_token_that_may_more_than_they_may(site, owner, manager):
    everything = (await issue(owner, "api"))["info"]["id"]
    reader = bearer(site, (await issue(owner, "read"))["token"])
    viewer = await site.user(Role.VIEW)
    for kind in ("gateway", "analyzer", "read"):
        mine = await issue(manager, kind)
        await manager.post(f"/api/tokens/{mine['info']['id']}/secret", {})
    await manager.post("/api/tokens", {"name": "all", "kind": "api"}, expect=403)
    refused = await manager.post(f"/api/tokens/{everything}/secret", {}, expect=403)
    assert "only an owner" in refused["error"]
    await manager.call("DELETE", f"/api/tokens/{everything}")
    for nobody in (viewer, reader):
        await nobody.get("/api/tokens", expect=403)
        await nobody.post("/api/tokens", {"name": "x", "kind": "read"}, expect=403)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "kind": "read"}, "name"),
        ({"name": "x", "kind": "root"}, "kind"),
        ({"name": "x", "kind": "read", "expires_days": 0}, "expires_days"),
        ({"name": "x", "kind": "read", "expires_days": 1e9}, "expires_days"),
        ({"name": "x", "kind": "read", "scopes": ["api"]}, "scopes"),
    ],
)
async def test_a_token_that_makes_no_sense_is_refused_by_field(owner, body, field):
    assert (await owner.post("/api/tokens", body, expect=422))["field"] == field


async def test_tokens_of_another_account_are_not_there(site, owner):
    made = await issue(owner)
    theirs = await site.user(Role.OWNER, await site.other_account())
    assert await theirs.get("/api/tokens") == []
    path = f"/api/tokens/{made['info']['id']}"
    await theirs.post(f"{path}/secret", {}, expect=404)
    await theirs.call("DELETE", f"{path}/former-secret", expect=404)
    await theirs.call("DELETE", path, expect=404)
    await bearer(site, made["token"]).get("/api/doors")
