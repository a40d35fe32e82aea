"""Who comes with a password that the server made: every address but those that replace it is shut."""

import pytest
from furnished import PATH_PARAMETERS, addresses

from doorwatch.server.app import create_app
from doorwatch.server.permissions import Permission

OPEN = {
    ("GET", "/api/session"),
    ("DELETE", "/api/session"),
    ("PUT", "/api/session/password"),
    ("POST", "/api/session/passkey"),
}
"""Who one is, going again, another password, and the passkey that is asked for it."""
EMAIL = "guard@example.com"


@pytest.fixture
async def guard(site, owner):
    """Somebody at the first sign-in, and the password that was made."""
    made = (await owner.post("/api/users", {"email": EMAIL, "role": "view"}, expect=201))["password"]
    caller = site.caller({"X-Doorwatch": "1"})
    begun = await caller.post("/api/session", {"email": EMAIL, "password": made})
    assert begun["limited"] == "password"
    return caller, made


async def test_a_password_that_was_made_opens_nothing_but_choosing_another(site, guard):
    caller, made = guard
    app = create_app(site.services.settings, site.services.clock, site.services)
    asked = [one for one in addresses(app) if one.permission not in {Permission.PUBLIC, Permission.SHARED}]
    shut = [
        one
        for one in asked
        if (one.method, one.path) not in OPEN and not one.path.startswith(("/api/pacs/", "/api/analyzer/"))
    ]
    assert len(shut) > 100
    assert {"/api/session/factors/passkeys", "/api/session/account", "/api/session/join"} < {one.path for one in shut}
    for one in shut:
        refused = await caller.call(one.method, PATH_PARAMETERS.sub("x", one.path), expect=403)
        assert refused["reason"] == "password", one
    changed = await caller.put("/api/session/password", {"former": made, "password": "a sentence of my own"})
    assert changed["limited"] is None
    await caller.post("/api/session/factors/authenticator", expect=201)
