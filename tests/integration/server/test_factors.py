"""Second factors over HTTP: adding one, signing in with it, requiring it, taking it away."""

import pytest

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.accounts.totp import STEP, code_at

PASSWORD = "a long enough password"
APP = "/api/session/factors/authenticator"


async def add_app(site, caller):
    """An app that was added by its first code: its secret, and the recovery codes."""
    app = await caller.post(APP)
    made = await caller.post(f"{APP}/confirm", {"code": code_at(app["secret"], site.clock.now() // STEP)})
    return app["secret"], made["recovery_codes"]


def later(site, secret):
    """A code that is good now and was not used yet."""
    return code_at(secret, site.clock.now() // STEP + 1)


async def test_an_app_is_added_and_asked_for_from_then_on(site, owner):
    assert await owner.get("/api/session/factors") == {
        "authenticator_since": None,
        "passkeys": [],
        "passkeys_possible": False,
        "recovery_codes_left": 0,
        "required": False,
    }
    app = await owner.post(APP)
    assert app["picture"].startswith("data:image/svg+xml")
    assert app["secret"] in app["address"]
    wrong = await owner.post(f"{APP}/confirm", {"code": "000000"}, expect=401)
    assert wrong["reason"] == "wrong_code"
    secret, codes = await add_app(site, owner)
    assert len(codes) == 10
    assert (await owner.get("/api/session"))["second_factor"]
    await owner.post(APP, expect=422)

    body = {"email": "owner-main@example.com", "password": PASSWORD}
    browser = site.caller({"X-Doorwatch": "1"})
    asked = await browser.post("/api/session", body, expect=401)
    assert asked["reason"] == "second_factor"
    assert "reason" not in await browser.post("/api/session", {**body, "password": "wrong password"}, expect=401)
    assert (await browser.post("/api/session", {**body, "code": "000000"}, expect=401))["reason"] == "wrong_code"
    await browser.post("/api/session", {**body, "code": later(site, secret)})
    await browser.post("/api/session", {**body, "code": codes[0]})
    assert (await browser.get("/api/session/factors"))["recovery_codes_left"] == 9
    fresh = await browser.post("/api/session/factors/recovery-codes")
    assert len(set(fresh["recovery_codes"]) & set(codes)) == 0
    assert (await browser.get("/api/sessions"))[0]["method"] == "password and code"
    await browser.call("DELETE", APP)
    await browser.post("/api/session", body)


@pytest.fixture
async def strict(site, owner):
    """The account requires a second factor; its owner's session, and the owner's app."""
    await owner.put("/api/security", {"second_factor_required": True}, expect=409)
    secret, _ = await add_app(site, owner)
    viewer = await site.user(Role.VIEW)
    assert await owner.put("/api/security", {"second_factor_required": True}) == {"second_factor_required": True}
    return viewer, secret


async def test_who_has_no_second_factor_where_one_is_required_may_only_add_one(site, owner, strict):
    viewer, _ = strict
    for path in ("/api/doors", "/api/incidents", "/api/security"):
        assert (await viewer.get(path, expect=403))["reason"] == "second_factor"
    session = await viewer.get("/api/session")
    assert (session["limited"], session["permissions"]) == ("second_factor", ["signed in"])
    await viewer.get("/api/sessions")
    await add_app(site, viewer)
    await viewer.get("/api/doors")
    assert not (await viewer.get("/api/session"))["limited"]
    refused = await viewer.call("DELETE", APP, expect=409)
    assert "requires" in refused["error"]
    await owner.put("/api/security", {"second_factor_required": False})
    await viewer.call("DELETE", APP)


async def test_an_owner_takes_a_lost_factor_away_and_the_sessions_end(site, owner, strict):
    viewer, _ = strict
    people = {person["email"]: person["id"] for person in await owner.get("/api/users")}
    path = f"/api/users/{people['view-main@example.com']}/factors"
    await owner.call("DELETE", path, expect=422)
    await add_app(site, viewer)
    theirs = await site.user(Role.OWNER, await site.other_account())
    await theirs.call("DELETE", path, expect=404)
    await (await site.machine(TokenKind.READ)).call("DELETE", path, expect=403)
    await owner.call("DELETE", path)
    await viewer.get("/api/session", expect=401)
    again = await site.signed_in("view-main@example.com")
    assert (await again.get("/api/session"))["limited"]


async def test_machines_have_no_second_factor_and_need_none(site, strict):
    program = await site.machine(TokenKind.API)
    await program.get("/api/doors")
    await program.get("/api/session/factors", expect=403)
    await program.post(APP, expect=403)
    await program.put("/api/security", {"second_factor_required": False})
