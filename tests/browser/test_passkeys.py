"""Passkeys in a real browser, with Chromium's own virtual authenticator: added, asked for, named, removed."""

import socket

import pytest
from playwright.sync_api import expect

EMAIL, PASSWORD = "olga@example.com", "a long enough password"
PHONE = (390, 844)


@pytest.fixture(scope="module")
def home(serve, home_at, tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    (folder / "password").write_text(PASSWORD)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
    base = f"http://localhost:{port}"
    arguments = ("--owner", EMAIL, "--owner-password-file", folder / "password", "--port", str(port))
    with serve(folder, *arguments, public_url=base):
        yield home_at(base, folder / "data" / "doorwatch.db")


def plug_in(page):
    """A security key in this browser, whose holder touches it at once."""
    link = page.context.new_cdp_session(page)
    link.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasUserVerification": False,
        "automaticPresenceSimulation": True,
    }
    return link, link.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def move_key(key, page):
    """Takes the credentials of a key to another browser."""
    link, number = key
    found = link.send("WebAuthn.getCredentials", {"authenticatorId": number})["credentials"]
    other, place = plug_in(page)
    for credential in found:
        other.send("WebAuthn.addCredential", {"authenticatorId": place, "credential": credential})
    return other, place


def sign_in(page, password=PASSWORD):
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_passkey_is_added_asked_for_named_and_removed(home, visit_home):
    page = visit_home("/settings/account")
    key = plug_in(page)
    page.get_by_label("what to call it").fill("Key on my ring")
    page.get_by_role("button", name="Add a passkey").click()
    codes = page.locator(".once .secret").inner_text().split()
    assert len(codes) == 10
    page.get_by_role("button", name="I have kept it").click()
    keys = page.get_by_role("list", name="Passkeys").get_by_role("listitem")
    expect(keys).to_contain_text(["Key on my ring"])
    expect(page.locator("#main")).to_contain_text("10 recovery codes are left")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("added before")

    home.let_proofs_be_old()
    page.get_by_role("button", name="New recovery codes").click()
    page.get_by_role("button", name="Make new ones").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_role("button", name="Use a passkey").click()
    page.locator(".once .secret").wait_for()
    page.get_by_role("button", name="I have kept it").click()

    other = visit_home("/", PHONE, signed_in=False)
    elsewhere = move_key(key, other)
    sign_in(other)
    other.get_by_role("button", name="Use a passkey").click()
    expect(other.get_by_role("heading", name="Live", level=1)).to_be_attached()
    other.goto("/settings/account")
    expect(other.get_by_role("list", name="Passkeys")).to_contain_text("used now")
    assert other.evaluate("document.documentElement.scrollWidth <= innerWidth")
    other.get_by_role("button", name="Rename Key on my ring").click()
    other.get_by_label("Name of the passkey").fill("Drawer")
    other.get_by_role("button", name="Save", exact=True).click()
    other.get_by_role("button", name="Remove Drawer").click()
    other.get_by_role("button", name="Remove", exact=True).click()
    expect(other.get_by_role("list", name="Passkeys")).to_have_count(0)
    expect(other.locator("#main")).to_contain_text("Nothing more is asked for")
    link, number = elsewhere
    assert link.send("WebAuthn.getCredentials", {"authenticatorId": number})["credentials"]


def test_without_a_key_at_hand_a_recovery_code_signs_in_and_what_failed_is_told(home, visit_home):
    page = visit_home("/settings/account")
    plug_in(page)
    page.get_by_role("button", name="Add a passkey").click()
    codes = page.locator(".once .secret").inner_text().split()
    page.get_by_role("button", name="I have kept it").click()
    other = visit_home("/", signed_in=False)
    link, number = plug_in(other)
    link.send("WebAuthn.setUserVerified", {"authenticatorId": number, "isUserVerified": True})
    sign_in(other)
    other.get_by_role("button", name="Use a passkey").click()
    expect(other.get_by_role("alert")).to_contain_text("No passkey answered")
    other.get_by_label("Or a code").fill(codes[0])
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("navigation", name="Pages")).to_be_visible()
