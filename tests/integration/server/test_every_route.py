"""Every address of the server, asked by everybody: strangers find nothing, and members what their role says."""

import asyncio

import aiohttp
import pytest
from furnished import MACHINES, PEOPLE, WHOLE, Address, Bodies, addresses, call, furnish

from doorwatch.accounts.roles import SCOPES_OF_KIND, Role, TokenKind
from doorwatch.accounts.users import admit
from doorwatch.server.app import create_app
from doorwatch.server.auth import PERMISSIONS_OF_SCOPE
from doorwatch.server.live.frames import make_frame
from doorwatch.server.permissions import PERMISSIONS_OF_ROLE, Permission
from doorwatch.store import tenants

PASSWORD = "a long enough password"
OPEN = {Permission.PUBLIC, Permission.SHARED}
CALLERS = [*(role.value for role in PEOPLE), *(f"{kind.value} token" for kind in MACHINES)]


@pytest.fixture
def app(site):
    return create_app(site.services.settings, site.services.clock, site.services)


@pytest.fixture
async def ours(site):
    return await furnish(site, site.account, "zanzibar")


@pytest.fixture
async def theirs(site):
    return await furnish(site, await site.other_account(), "quixote")


def holds(name, permission):
    """Whether a caller of this name holds the permission."""
    if permission in OPEN:
        return True
    if name in PERMISSIONS_OF_ROLE:
        return permission in PERMISSIONS_OF_ROLE[name]
    scopes = SCOPES_OF_KIND[TokenKind(name.removesuffix(" token"))]
    return any(permission in PERMISSIONS_OF_SCOPE[scope.value] for scope in scopes)


async def caller_for(site, world, name, address):
    """The caller; with a session of its own for what may end or change one."""
    if address.permission is Permission.SIGNED_IN and address.method != "GET" and name in set(PEOPLE):
        return await site.signed_in(f"{name}-{world.account}@example.com")
    return world.callers[name]


async def back_again(world, name, address):
    """Who has just ended all other sessions of a person ended the world's, too."""
    if (address.method, address.path) == ("DELETE", "/api/sessions") and name in set(PEOPLE):
        await world.callers[name].post(
            "/api/session", {"email": f"{name}-{world.account}@example.com", "password": PASSWORD}
        )


def wrong_for_a_stranger(address, name, status, text, secrets):
    """What is wrong about an answer to somebody of another account; None when nothing is."""
    if not holds(name, address.permission):
        return None if status == 403 else "must be 403"
    if address.names() and address.permission not in OPEN:
        return None if status == 404 else "must be 404"
    if status >= 500 and status != 503:
        return "is a fault"
    told = [secret for secret in secrets if secret in text]
    return f"tells {told}" if told and address.permission is not Permission.SHARED else None


async def test_every_role_of_another_account_gets_404_at_every_address_that_names_something_of_ours(
    site, app, ours, theirs
):
    bodies, wrong, asked = Bodies(app), [], 0
    for address in addresses(app):
        for name in CALLERS:
            caller = await caller_for(site, theirs, name, address)
            path, body, query = address.filled(ours.ids), bodies.of(address), bodies.query(address)
            status, text = await call(caller, address.method, path, body, query)
            await back_again(theirs, name, address)
            asked += 1
            problem = wrong_for_a_stranger(address, name, status, text, ours.secrets())
            if problem:
                wrong.append(f"{name}: {address} answered {status}, {problem}: {text[:160]}")
    assert not wrong, "\n".join(wrong)
    assert asked > 500
    await _nothing_changed(ours)


async def _nothing_changed(ours):
    owner, ids = ours.callers["owner"], ours.ids
    assert [one["camera_id"] for one in await owner.get("/api/cameras")] == [ids["camera_id"]]
    assert [one["cameras"][0]["camera_id"] for one in await owner.get("/api/doors")] == [ids["camera_id"]]
    assert (await owner.get(f"/api/incidents/{ids['incident_id']}"))["review"] == "new"
    assert ids["token_id"] in str(await owner.get("/api/tokens"))
    assert ids["hook_id"] in str(await owner.get("/api/webhooks"))
    assert len((await owner.get(f"/api/commissioning/{ids['run_id']}"))["marks"]) == 1


async def test_who_is_not_signed_in_gets_401_at_every_address_that_is_not_public(site, app, ours):
    nobody, bodies, wrong = site.caller({"X-Doorwatch": "1"}), Bodies(app), []
    for address in addresses(app):
        if address.permission not in OPEN:
            status, text = await call(nobody, address.method, address.filled(ours.ids), bodies.of(address))
            if status != 401:
                wrong.append(f"{address} answered {status}: {text[:160]}")
    assert not wrong, "\n".join(wrong)


async def test_every_role_of_our_account_may_what_its_permission_says(site, app, ours):
    nothing = dict.fromkeys(ours.ids, "nothing_here")
    wrong = []
    for address in addresses(app):
        for name in CALLERS:
            caller = await caller_for(site, ours, name, address)
            # Without a body: who may is told that one is missing, who may not is refused before.
            status, text = await call(caller, address.method, address.filled(nothing))
            await back_again(ours, name, address)
            allowed = holds(name, address.permission)
            # A machine may do what is for those who are signed in, but is nobody who has a session.
            machine = address.permission is Permission.SIGNED_IN and name not in set(PEOPLE)
            if ((status == 403) == allowed and not (allowed and machine)) or status == 401:
                wrong.append(f"{name}: {address} answered {status}: {text[:160]}")
    assert not wrong, "\n".join(wrong)


STRANGE = [
    ("PUT", "/api/doors/{mine.door_id}/cameras", {"camera_ids": ["{camera_id}"]}),
    ("PATCH", "/api/doors/{mine.door_id}", {"camera_ids": ["{camera_id}"]}),
    ("PUT", "/api/doors/{mine.door_id}/pool", {"door_ids": ["{door_id}"]}),
    ("PUT", "/api/integrations/mapping", {"changes": [{"door_id": "{door_id}", "before": [], "after": []}]}),
    (
        "PUT",
        "/api/integrations/mapping",
        {"changes": [{"door_id": "{mine.door_id}", "before": ["{mine.camera_id}"], "after": ["{camera_id}"]}]},
    ),
    ("POST", "/api/integrations/doors/{mine.door_id}/follow", {"door_id": "{door_id}"}),
    ("POST", "/api/cameras/probe", {"camera_id": "{camera_id}"}),
    ("POST", "/api/tokens", {"name": "x", "kind": "gateway", "pacs": "{pacs_id}"}),
    ("PUT", "/api/session/account", {"account_id": "{account}"}),
    ("PUT", "/api/cameras/{mine.camera_id}/scenes/{door_id}", WHOLE["SceneInput"]),
    ("DELETE", "/api/commissioning/{mine.run_id}/marks/{mark_id}", None),
]
ASKED = [
    "/api/incidents?door_id={door_id}&review=new",
    "/api/incidents/counts?door_id={door_id}",
    "/api/incidents/table.csv?door_id={door_id}",
    "/api/incidents?before={incident_id}",
    "/api/search?q={mark}",
    "/api/search?q={door_id}",
    "/api/search/results.csv?q={mark}",
    "/api/search/results.json?q={door_id}",
    "/api/suggest?q={mark}",
    "/api/cameras/{mine.camera_id}/proposal?door_id={door_id}",
]


def written(template, ours, theirs):
    """A template with ids of both accounts in it."""
    if isinstance(template, str):
        for name, value in theirs.ids.items():
            template = template.replace("{mine." + name + "}", value)
        for name, value in {**ours.ids, "account": ours.account, "mark": ours.mark}.items():
            template = template.replace("{" + name + "}", value)
        return template
    if isinstance(template, list):
        return [written(one, ours, theirs) for one in template]
    if isinstance(template, dict):
        return {name: written(one, ours, theirs) for name, one in template.items()}
    return template


async def test_an_id_of_another_account_inside_of_a_body_is_not_known_either(site, ours, theirs):
    owner = theirs.callers["owner"]
    for method, path, body in STRANGE:
        status, text = await call(owner, method, written(path, ours, theirs), written(body, ours, theirs))
        harmless = "/marks/" in path and status == 200
        assert status in {404, 409, 422} or harmless, f"{method} {path} answered {status}: {text}"
        assert ours.mark not in text.replace(ours.ids["mark_id"], "")
    await _nothing_changed(ours)


async def test_a_question_that_names_something_of_another_account_finds_nothing_of_it(ours, theirs):
    for path in ASKED:
        asked = written(path, ours, theirs)
        status, text = await call(theirs.callers["owner"], "GET", asked)
        assert status in {200, 404, 422}, f"{path} answered {status}"
        known = {ours.mark} if ours.mark not in asked and ours.ids["incident_id"] not in asked else set()
        assert not [
            one
            for one in known | {ours.ids["camera_id"], ours.ids["incident_id"]} - {asked}
            if one in text and one not in asked
        ], path


async def test_the_event_stream_of_one_account_tells_nothing_of_another(site, ours, theirs):
    heard = asyncio.Event()

    async def first_camera_event(caller):
        async with caller.http.get("/api/events", headers={"Last-Event-ID": "0"}) as stream:
            told = ""
            async for line in stream.content:
                told += line.decode()
                heard.set()
                if line.startswith(b"data:") and b"camera" in line and "event: camera" in told:
                    return told
        return told

    listening = asyncio.create_task(first_camera_event(theirs.callers["view"]))
    await asyncio.wait_for(heard.wait(), 60)
    for world in (ours, theirs):
        await world.callers["owner"].call("PATCH", f"/api/cameras/{world.ids['camera_id']}", {"enabled": True})
    told = await asyncio.wait_for(listening, 60)
    assert theirs.ids["camera_id"] in told
    assert not [secret for secret in ours.secrets() if secret in told]


async def test_video_of_one_account_is_not_shown_to_another_and_cannot_be_forged_by_it(site, ours, theirs):
    frame = make_frame({"camera_id": ours.ids["camera_id"], "kind": "people", "at_us": 1, "people": []})
    forged = make_frame({"camera_id": ours.ids["camera_id"], "kind": "people", "at_us": 2, "people": []})
    mine = make_frame({"camera_id": theirs.ids["camera_id"], "kind": "people", "at_us": 1, "people": []})
    wish = {"watch": [ours.ids["camera_id"], theirs.ids["camera_id"]]}
    async with (
        ours.callers["view"].http.ws_connect("/api/live") as insider,
        theirs.callers["owner"].http.ws_connect("/api/live") as stranger,
        ours.callers["analyzer token"].http.ws_connect("/api/analyzer/stream") as camera,
        theirs.callers["analyzer token"].http.ws_connect("/api/analyzer/stream") as forger,
    ):
        configured = await forger.receive_json(timeout=20)
        assert [one["camera_id"] for one in configured["cameras"]] == [theirs.ids["camera_id"]]
        await insider.send_json(wish)
        await stranger.send_json(wish)
        while (await camera.receive_json(timeout=20)).get("command") != "live":
            pass
        await forger.send_bytes(forged)
        await forger.send_bytes(mine)
        # Both came from the stranger's own analyzer, and went nowhere else.
        assert await stranger.receive_bytes(timeout=20) == forged
        assert await stranger.receive_bytes(timeout=20) == mine
        await camera.send_bytes(frame)
        assert await insider.receive_bytes(timeout=20) == frame
        with pytest.raises(TimeoutError):
            await stranger.receive_bytes(timeout=0.3)


@pytest.mark.parametrize(
    ("path", "permission"), [("/api/live", "view shared"), ("/api/analyzer/stream", "analyzer:write")]
)
async def test_a_socket_is_refused_before_it_opens(site, ours, path, permission):
    for name in [*CALLERS, "nobody"]:
        caller = site.caller() if name == "nobody" else ours.callers[name]
        if name != "nobody" and holds(name, Permission(permission)):
            await (await caller.http.ws_connect(path)).close()
            continue
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await caller.http.ws_connect(path)
        assert refused.value.status == (401 if name == "nobody" else 403), name


async def test_a_share_link_shows_its_one_incident_to_anybody_and_nothing_else(site, ours, theirs):
    nobody, token = site.caller(), ours.ids["token"]
    page = await nobody.get(f"/share/{token}")
    assert "zanzibar: 2 people" in page
    assert not [secret for secret in theirs.secrets() if secret in page]
    status, picture = await call(nobody, "GET", f"/share/{token}/picture.jpg")
    assert (status, ours.mark in picture) == (200, True), picture
    assert (await call(nobody, "GET", f"/share/{token[:-2]}/picture.jpg"))[0] == 404
    for path in ("/api/incidents", f"/api/incidents/{ours.ids['incident_id']}"):
        other = site.caller({"Cookie": f"doorwatch_session={token}", "Authorization": f"Bearer {token}"})
        assert (await call(other, "GET", path))[0] == 401


def test_the_walk_asks_for_what_it_does_not_know():
    with pytest.raises(KeyError, match=r"let furnished\.furnish make one"):
        Address("GET", "/api/x/{thing_id}", Permission.VIEW).filled({})


async def test_a_member_of_two_accounts_acts_in_one_of_them_at_a_time(site, ours, theirs):
    made = await ours.callers["owner"].post(
        "/api/users", {"email": "both@example.com", "password": "a long enough password"}
    )

    now = site.clock.now()
    await site.services.db.write(
        lambda conn: admit(conn, theirs.account, made["user"]["id"], role=Role.MANAGE, now=now, by="test")
    )
    both = await site.signed_in("both@example.com")
    who = await both.get("/api/session")
    assert {(one["name"], one["role"]) for one in who["accounts"]} == {
        ("Main site", "view"),
        ("Somebody else", "manage"),
    }
    assert (who["account"]["id"], who["user"]["role"]) == (ours.account, "view")
    assert [one["camera_id"] for one in await both.get("/api/cameras")] == [ours.ids["camera_id"]]
    await both.get(f"/api/cameras/{theirs.ids['camera_id']}", expect=404)
    who = await both.put("/api/session/account", {"account_id": theirs.account})
    assert (who["account"]["id"], who["user"]["role"]) == (theirs.account, "manage")
    assert [one["camera_id"] for one in await both.get("/api/cameras")] == [theirs.ids["camera_id"]]
    await both.get(f"/api/cameras/{ours.ids['camera_id']}", expect=404)
    again = await site.signed_in("both@example.com")
    assert (await again.get("/api/session"))["account"]["id"] == theirs.account, "where one was last"
    third = await site.services.db.write(lambda conn: tenants.create_account(conn, "Third", now))
    await both.put("/api/session/account", {"account_id": third.account_id}, expect=404)
    refused = await theirs.callers["owner"].put(f"/api/users/{made['user']['id']}/password", {}, expect=409)
    assert "belongs to other accounts too" in refused["error"]
