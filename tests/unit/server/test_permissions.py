"""Every route says what it needs."""

from pathlib import Path

import pytest
from starlette.routing import Route, WebSocketRoute

from doorwatch.accounts.roles import Role
from doorwatch.server.app import create_app
from doorwatch.server.permissions import PERMISSIONS_OF_ROLE, Caller, Permission, all_routes, needs, permission_of
from doorwatch.server.settings import Settings

# They ask for the secret of a set-up link, and only while nobody can sign in.
SETTING_UP = {"/api/setup", "/api/setup/check"}
# What everybody keeps for themselves; sharing a search asks for more in the route itself.
KEPT = {"/api/past-searches", "/api/saved-searches", "/api/saved-searches/{saved_search_id}"}
# Asks about more doors than an address has room for.
ASKING = {"/api/last-events"}
# Makes a copy that a browser can play of what the caller may see anyway.
PLAYING = {"/api/cameras/{camera_id}/playable", "/api/incidents/{incident_id}/playable"}
# What everybody may do about their own way to sign in.
OWN = {
    "/api/session/browsers",
    "/api/session/browsers/{subscription_id}",
    "/api/session/browsers/{subscription_id}/test",
    "/api/session/factor",
    "/api/session/factors/authenticator",
    "/api/session/factors/authenticator/confirm",
    "/api/session/factors/passkeys",
    "/api/session/factors/passkeys/confirm",
    "/api/session/factors/passkeys/{passkey_id}",
    "/api/session/factors/recovery-codes",
    "/api/session/notice",
    "/api/session/passkey",
    "/api/session/proof",
    "/api/session/password",
    "/api/sessions",
    "/api/sessions/{session_id}",
}
LOOKING = {Permission.PUBLIC, Permission.SIGNED_IN, Permission.VIEW_SHARED, Permission.VIEW}
# They ask for what a provider of single sign-on gave to this browser, or tell that there is one.
SIGNING_ON = {"/api/session/ways", "/api/session/sign-on", "/api/session/sign-on/finish"}
# They mail a link to the person alone, or ask for its secret.
FORGOTTEN = {"/api/session/forgotten", "/api/session/forgotten/check", "/api/session/forgotten/password"}
# They ask for the secret of an invitation.
JOINING = {"/api/join", "/api/join/check"}


@pytest.fixture
def routes():
    return all_routes(create_app(Settings(data_dir=Path("unused"))).router)


def test_every_route_declares_the_permission_that_it_needs(routes):
    assert len(routes) > 50
    missing = [getattr(route, "path", route) for route in routes if permission_of(route) is None]
    assert missing == []


def test_a_route_that_declares_nothing_is_noticed():
    async def forgotten(request):
        raise AssertionError

    assert permission_of(Route("/api/forgotten", forgotten)) is None


def test_what_anybody_may_call_is_a_short_list_that_is_meant(routes):
    public = {route.path for route in routes if permission_of(route) is Permission.PUBLIC}
    assert (
        public
        == {"/openapi.json", "/api/session", "/healthz", "/readyz", "/metrics", "/{path:path}"}
        | SETTING_UP
        | JOINING
        | SIGNING_ON
        | FORGOTTEN
    )
    shared = {route.path for route in routes if permission_of(route) is Permission.SHARED}
    assert shared == {
        "/share/{token}",
        "/share/pictures/{token}",
        *(f"/share/{{token}}/{name}" for name in ("picture.jpg", "clip.mp4", "playable.mp4")),
    }


def test_what_changes_something_needs_more_than_to_look(routes):
    harmless = (
        {"/api/session", "/api/session/account", "/api/session/join"}
        | SETTING_UP
        | JOINING
        | SIGNING_ON
        | FORGOTTEN
        | OWN
        | KEPT
        | PLAYING
        | ASKING
    )
    for route in routes:
        methods = set(getattr(route, "methods", None) or ()) - {"GET", "HEAD"}
        if methods and route.path not in harmless:
            assert permission_of(route) not in LOOKING, route.path


def test_ingest_needs_the_scope_of_its_producer(routes):
    for route in routes:
        if route.path.startswith("/api/pacs/"):
            assert permission_of(route) is Permission.PACS_WRITE
        if route.path.startswith("/api/analyzer/"):
            assert permission_of(route) is Permission.ANALYZER_WRITE


def test_the_sockets_declare_theirs_too(routes):
    sockets = {route.path: permission_of(route) for route in routes if isinstance(route, WebSocketRoute)}
    assert sockets == {"/api/analyzer/stream": Permission.ANALYZER_WRITE, "/api/live": Permission.VIEW_SHARED}


def test_every_role_of_people_has_permissions_and_a_higher_one_has_more():
    view, manage, owner = (PERMISSIONS_OF_ROLE[role] for role in (Role.VIEW, Role.MANAGE, Role.OWNER))
    assert view < manage < owner
    machine = {Permission.PACS_WRITE, Permission.ANALYZER_WRITE, Permission.INSTALLATION}
    assert not machine & owner


def test_a_caller_may_what_it_holds_and_what_is_public():
    caller = Caller("acc", "somebody", frozenset({Permission.VIEW}))
    assert caller.may(Permission.VIEW)
    assert caller.may(Permission.PUBLIC)
    assert not caller.may(Permission.MANAGE)


def test_a_mark_stays_on_the_handler():
    @needs(Permission.REVIEW)
    async def handler():
        raise AssertionError

    assert permission_of(Route("/x", handler)) is Permission.REVIEW
