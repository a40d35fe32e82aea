"""What a browser is told, and what another site can make it do: walked over every route of a real server."""

import base64
import hashlib
import itertools
import re

import pytest
from starlette.routing import Route
from yarl import URL

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.server.app import create_app
from doorwatch.server.page import PAGE_FOLDER
from doorwatch.server.permissions import all_routes
from doorwatch.server.settings import Settings

SAFE = {"GET", "HEAD", "OPTIONS"}
ENDLESS = {"/api/events"}
FOREIGN = {
    "no header of our page": {},
    "another origin": {"X-Doorwatch": "1", "Origin": "https://evil.example.com"},
    "no origin at all": {"X-Doorwatch": "1", "Origin": "null"},
    "another site": {"X-Doorwatch": "1", "Sec-Fetch-Site": "cross-site"},
    "a neighbour of the same domain": {"X-Doorwatch": "1", "Sec-Fetch-Site": "same-site"},
}


@pytest.fixture(scope="module")
def routes(tmp_path_factory):
    """(method, path with some ids) of every route."""
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("unused")))
    return [
        (method, re.sub(r"\{[^}]*\}", "x", route.path))
        for route in all_routes(app.router)
        if isinstance(route, Route)
        for method in sorted(route.methods or ())
        if route.path not in ENDLESS
    ]


async def test_no_route_changes_anything_for_another_site(site, owner, routes):
    cookies = {cookie.key: cookie.value for cookie in owner.http.cookie_jar}
    browser = site.caller({"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())})
    assert (await browser.get("/api/session"))["user"]["email"]
    # The form of a shared link does nothing in the person's name, and has no script to say whose it is.
    unsafe = [route for route in routes if route[0] not in SAFE and not route[1].startswith("/share/")]
    assert len(unsafe) > 40
    for foreign, headers in FOREIGN.items():
        for method, path in unsafe:
            answer = await browser.call(method, path, {}, headers=headers, expect=403)
            assert "another site" in answer["error"], (foreign, method, path)
    assert (await browser.get("/api/session"))["user"]["email"], "it was not even signed out"


async def test_every_answer_carries_the_headers_that_a_browser_needs(site, owner, routes):
    for method, path in [*routes, ("GET", "/nowhere"), ("GET", "/api/nowhere"), ("POST", "/api/doors")]:
        if method in {"GET", "HEAD", "POST"}:
            async with owner.http.request(method, path, headers={"X-Doorwatch": "1"}) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "unsafe" not in policy, path
                assert "default-src 'none'" in policy
                assert "frame-ancestors 'none'" in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff", path
                assert answer.headers["Referrer-Policy"] == "no-referrer", path
                assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", path
                assert "Server" not in answer.headers or "python" not in answer.headers["Server"].lower()
                if path.startswith(("/api/", "/share/")):
                    assert answer.headers["Cache-Control"].startswith(("no-store", "private")), path


async def test_no_route_sends_anybody_elsewhere(site, owner, routes):
    tries = ["?next=https://evil.example.com", "/", "?redirect_uri=//evil.example.com", "/..//evil.example.com"]
    for method, path in routes:
        for end in tries if method == "GET" else ():
            async with owner.http.request(method, path + end, allow_redirects=False) as answer:
                assert answer.status < 300 or answer.status >= 400, (path, end, answer.headers.get("Location"))
    address = URL(f"{site.base}//evil.example.com/%2e%2e", encoded=True)
    async with owner.http.get(address, allow_redirects=False) as answer:
        assert "Location" not in answer.headers


async def test_behind_tls_cookies_are_this_hosts_alone_and_browsers_stay_with_tls(tmp_path, run_server):
    async with run_server(tmp_path / "data", public_url="https://doors.example.com") as site:
        await site.user(Role.OWNER)
    async with run_server(tmp_path / "data", public_url="https://doors.example.com") as site:
        body = {"email": "owner-main@example.com", "password": "a long enough password"}
        api = site.caller({"X-Doorwatch": "1"})
        async with api.http.post("/api/session", json=body) as answer:
            cookie, mark = answer.headers.getall("Set-Cookie")
            assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert cookie.startswith("__Host-doorwatch_session=")
    assert mark.startswith("__Host-doorwatch_browser=")
    for one, same_site in ((cookie, "lax"), (mark, "strict")):
        assert {"Secure", "HttpOnly", "Path=/", f"SameSite={same_site}"} <= set(one.split("; "))
        assert "Domain" not in one


async def test_a_page_shown_inside_of_a_link_has_the_one_style_that_its_policy_names(site, owner):
    gateway, analyzer = await site.machine(TokenKind.GATEWAY), await site.machine(TokenKind.ANALYZER)
    door_id, camera_id = await site.furnish(owner, gateway)
    crossing = {
        "crossing_id": "c",
        "camera_id": camera_id,
        "door_id": door_id,
        "track": "t",
        "at": site.iso(-1),
        "direction": "in",
        "confidence": 0.9,
        "continuous": True,
        "possible": 0,
        "trail": [],
    }
    await analyzer.post("/api/analyzer/crossings", {"crossings": [crossing]})
    while not (found := await owner.get("/api/incidents")):
        pass
    token = site.services.links.make(site.account, found[0]["incident_id"], site.clock.now() + 10_000_000)
    async with site.caller().http.get(f"/share/{token}") as answer:
        html, policy = await answer.text(), answer.headers["Content-Security-Policy"]
    style = html.split("<style>")[1].split("</style>")[0]
    assert f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" in policy
    assert "style=" not in html


@pytest.mark.skipif(not PAGE_FOLDER.exists(), reason="the page is not built: make ui")
def test_the_page_brings_no_script_and_no_style_inside_of_its_markup():
    html = (PAGE_FOLDER / "index.html").read_text()
    assert re.findall(r"<script(?![^>]* src=)", html) == []
    assert "<style" not in html
    assert not re.search(r"\son\w+=|\sstyle=", html)


async def test_trace_is_not_answered(site, owner):
    async with owner.http.request("TRACE", "/api/session", headers={"X-Doorwatch": "1", "X-Secret": "abc"}) as answer:
        assert answer.status == 405
        assert "abc" not in await answer.text()


WAYS_OUT = [
    "/../../../../etc/passwd",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/%252e%252e%252fetc%252fpasswd",
    "/..%5c..%5c..%5cetc%5cpasswd",
    "/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
    "/....//....//etc/passwd",
    "//etc/passwd",
    "/.%00./etc/passwd",
]
SERVING_FILES = [
    *("", "/assets", "/share", "/share/x/picture.jpg", "/api/cameras/x/snapshot.jpg", "/api/cameras"),
    *("/api/incidents/x/clip.mp4", "/api/incidents", "/api/analyzer/evidence", "/api/cameras/x/recorded.mp4"),
]


async def test_no_address_leads_to_a_file_of_the_machine(site, owner):
    for start, way in itertools.product(SERVING_FILES, WAYS_OUT):
        async with owner.http.get(URL(site.base + start + way, encoded=True), allow_redirects=False) as answer:
            body = await answer.read()
            assert b"root:" not in body, start + way
            assert answer.status < 500, start + way


OWN = [
    "localhost:8400",
    "127.0.0.1:8400",
    "[::1]:8400",
    "doors.example.com",
    "DOORS.example.com:443",
    "inside.example.com",
]
FOREIGN_NAMES = ["evil.example.com", "127.0.0.1.evil.example.com", "doors.example.com@evil.example.com:80", "[::1", ""]


async def test_only_the_servers_own_names_are_answered(tmp_path, run_server):
    settings = {"public_url": "https://doors.example.com", "allowed_hosts": "inside.example.com, other"}
    async with run_server(tmp_path / "data", **settings) as site:
        token = await site.token(TokenKind.API)
        for host in OWN:
            await site.caller({"Host": host}).get("/openapi.json")
        for host in FOREIGN_NAMES:
            caller = site.caller({"Host": host})
            assert "DOORWATCH_ALLOWED_HOSTS" in (await caller.get("/api/session", expect=421))["error"]
            await caller.call("POST", "/api/session", {}, expect=421)
            await caller.get("/healthz")
            # A token is nothing that a browser adds by itself: gateways may use any name of the network.
            await caller.get("/api/doors", headers={"Authorization": f"Bearer {token}"})


async def test_signing_out_empties_what_the_browser_kept(owner):
    async with owner.http.delete("/api/session", headers={"X-Doorwatch": "1"}) as answer:
        assert answer.status == 200
        assert answer.headers["Clear-Site-Data"] == '"cache"'
        assert "Max-Age=0" in answer.headers["Set-Cookie"]
