"""One's own sessions over HTTP, fresh proofs for what could do much harm, and one's own password."""

from sqlalchemy import update

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.store.schema.people import sessions

PASSWORD = "a long enough password"


async def stale(site):
    """Let everybody's last proof be long ago."""
    long_ago = site.clock.now() - 11 * 60_000_000
    await site.services.db.write(lambda conn: conn.execute(update(sessions).values(proved_at=long_ago)))


async def test_what_could_do_much_harm_needs_a_fresh_proof(site, owner):
    acts = [
        ("POST", "/api/tokens", {"name": "x", "kind": "read"}),
        ("POST", "/api/users", {"email": "x@example.com"}),
    ]
    made = await owner.post("/api/tokens", {"name": "made when fresh", "kind": "read"})
    acts.append(("POST", f"/api/tokens/{made['info']['id']}/secret", {}))
    await stale(site)
    for method, path, body in acts:
        refused = await owner.call(method, path, body, expect=403)
        assert (refused["reason"], "enter your password again" in refused["error"]) == ("prove", True)
    await owner.call("DELETE", f"/api/tokens/{made['info']['id']}")
    await owner.post("/api/session/proof", {"password": "wrong password"}, expect=401)
    await owner.call(*acts[0], expect=403)
    await owner.post("/api/session/proof", {"password": PASSWORD})
    for method, path, body in acts[:2]:
        await owner.call(method, path, body)


async def test_machines_are_not_asked_for_a_proof(site):
    program = await site.machine(TokenKind.API)
    await stale(site)
    await program.post("/api/users", {"email": "x@example.com"})
    await program.post("/api/session/proof", {"password": PASSWORD}, expect=403)
    await program.get("/api/sessions", expect=403)


async def test_a_proof_gives_the_cookie_another_secret(site, owner):
    before = next(cookie.value for cookie in owner.http.cookie_jar if cookie.key == "doorwatch_session")
    await owner.post("/api/session/proof", {"password": PASSWORD})
    after = next(cookie.value for cookie in owner.http.cookie_jar if cookie.key == "doorwatch_session")
    assert after != before
    await site.caller({"Cookie": f"doorwatch_session={before}"}).get("/api/session", expect=401)
    await owner.get("/api/session")


async def test_a_viewer_sees_and_ends_the_own_sessions_and_changes_the_own_password(site):
    here = await site.user(Role.VIEW)
    email = "view-main@example.com"
    there = await site.signed_in(email)
    third = await site.signed_in(email)
    listed = await here.get("/api/sessions")
    assert [one["current"] for one in listed].count(True) == 1
    assert all(one["address"] == "127.0.0.1" and one["method"] == "password" for one in listed)
    theirs = await there.get("/api/sessions")
    current = next(one["id"] for one in theirs if one["current"])
    assert await here.call("DELETE", f"/api/sessions/{current}") == {"ended": 1}
    await there.get("/api/session", expect=401)
    await here.call("DELETE", f"/api/sessions/{current}", expect=404)
    assert await here.call("DELETE", "/api/sessions") == {"ended": 1}
    await third.get("/api/session", expect=401)

    wrong = {"former": "wrong password", "password": "another good one"}
    await here.put("/api/session/password", wrong, expect=401)
    weak = await here.put("/api/session/password", {"former": PASSWORD, "password": "password1234"}, expect=422)
    assert "first that are tried" in weak["error"]
    await here.put("/api/session/password", {"former": PASSWORD, "password": "another good one"})
    await here.get("/api/session")
    await site.caller({"X-Doorwatch": "1"}).post("/api/session", {"email": email, "password": "another good one"})


async def test_an_owner_ends_the_sessions_of_a_person_and_nobody_else_does(site, owner):
    viewer, manager = await site.user(Role.VIEW), await site.user(Role.MANAGE)
    people = {person["email"]: person["id"] for person in await owner.get("/api/users")}
    path = f"/api/users/{people['view-main@example.com']}/sessions"
    await manager.get(path, expect=403)
    await manager.call("DELETE", path, expect=403)
    theirs = await site.user(Role.OWNER, await site.other_account())
    await theirs.get(path, expect=404)
    await theirs.call("DELETE", path, expect=404)
    assert len(await owner.get(path)) == 1
    assert await owner.call("DELETE", path) == {"ended": 1}
    await viewer.get("/api/session", expect=401)


async def test_the_browser_gets_a_mark_that_no_script_reads(site, owner):
    mark = next(cookie for cookie in owner.http.cookie_jar if cookie.key == "doorwatch_browser")
    assert (mark["httponly"], mark["samesite"], mark["path"]) == (True, "strict", "/")
    body = {"email": "owner-main@example.com", "password": "wrong password"}
    stranger = site.caller({"X-Doorwatch": "1"})
    for _ in range(6):
        async with stranger.http.post("/api/session", json=body):
            pass
    await stranger.post("/api/session", {**body, "password": PASSWORD}, expect=429)
    await owner.post("/api/session", {**body, "password": PASSWORD})
