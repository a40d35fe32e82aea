"""One's own account in a real browser: proofs, password, sessions."""

import os
import re
import socket
import time

import pytest
from playwright.sync_api import expect

from doorwatch.accounts.totp import STEP, code_at

EMAIL, PASSWORD = "olga@example.com", "a long enough password"
PHONE = (390, 844)


@pytest.fixture(scope="module")
def home(serve, home_at, mailbox, tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    (folder / "password").write_text(PASSWORD)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    arguments = ("--owner", EMAIL, "--owner-password-file", folder / "password", "--port", port)
    mail = {"smtp_host": "127.0.0.1", "smtp_port": str(mailbox.port), "public_url": f"http://127.0.0.1:{port}"}
    with serve(folder, *arguments, **mail) as (base, _):
        yield home_at(base, folder / "data" / "doorwatch.db")


def test_after_a_while_a_dangerous_act_asks_for_the_password_and_then_goes_on(home, visit_home):
    page = visit_home("/settings/tokens")
    home.let_proofs_be_old()
    page.get_by_label("Name").fill("Report")
    page.get_by_role("button", name="Generate token").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Is it you?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("alert")).to_contain_text("enter your password again")
    page.get_by_role("button", name="Generate token").click()
    dialog.get_by_label("Your password").fill("not the password")
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_role("alert")).to_contain_text("wrong")
    dialog.get_by_label("Your password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".secret")).to_contain_text("dwg_")
    expect(dialog).to_have_count(0)


def test_sessions_elsewhere_are_seen_and_ended_and_the_password_is_changed(home, visit_home):
    elsewhere, _, page = (visit_home("/settings/account") for _ in range(3))
    lines = page.locator(".lines li")
    here = lines.filter(has_text="this browser")
    expect(here).to_contain_text("Chrome on Linux")
    expect(here.get_by_role("button")).to_have_count(0)
    page.get_by_role("button", name="End all others").click()
    page.get_by_role("alertdialog").get_by_role("button", name="End it").click()
    expect(lines).to_have_count(1)
    elsewhere.reload()
    expect(elsewhere.get_by_role("heading", name="Sign in")).to_be_visible()

    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill("Doorwatch2026")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_contain_text("first that are tried")
    page.get_by_label("New password").fill("another long password")
    page.get_by_role("button", name="Change password").click()
    expect(page.locator(".message")).to_contain_text("holds from now on")
    page.reload()
    expect(here).to_be_visible()
    page.get_by_label("Current password").fill("another long password")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator(".message")).to_contain_text("holds from now on")


def test_a_forgotten_password_is_replaced_with_the_link_of_a_mail(home, visit_home, mailbox, eventually):
    page = visit_home("/search?q=red", PHONE, signed_in=False)
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("status")).to_contain_text(f"If {EMAIL} signs in here")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    [mail] = eventually(lambda: mailbox.mails)
    [link] = re.findall(rf"{home.base}(/forgotten#\S+)", mail.get_body(["plain"]).get_content())

    page = visit_home(link, PHONE, signed_in=False)
    expect(page.get_by_label("E-mail address")).to_have_value(EMAIL)
    page.get_by_label("New password").fill("Doorwatch2026")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_contain_text("first that are tried")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status")).to_contain_text("signed out everywhere")
    page.get_by_role("link", name="To the sign-in").click()
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()

    again = visit_home(link, PHONE, signed_in=False)
    expect(again.get_by_role("alert")).to_contain_text("ask for another on the sign-in page")


def code_of(secret, late=0):
    return code_at(secret.replace(" ", ""), time.time_ns() // 1000 // STEP + late)


def test_a_second_factor_is_added_required_and_asked_for(home, visit_home):
    page = visit_home("/settings/account")
    page.get_by_role("button", name="Add an authenticator app").click()
    expect(page.get_by_alt_text("QR code")).to_have_js_property("complete", True)
    assert page.get_by_alt_text("QR code").evaluate("img => img.naturalWidth") > 100
    secret = page.locator(".new-factor .secret").inner_text()
    page.get_by_label("The six digits").fill("000000")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    page.get_by_label("The six digits").fill(code_of(secret))
    page.get_by_role("button", name="Confirm").click()
    codes = page.locator(".once .secret").inner_text().split()
    assert len(codes) == 10
    page.get_by_role("button", name="I have kept it").click()
    expect(page.locator("#main")).to_contain_text("10 recovery codes are left")
    page.get_by_text("Everybody in this account needs").click()
    expect(page.locator(".message")).to_contain_text("Everybody needs")
    home.let_proofs_be_old()
    page.get_by_role("button", name="New recovery codes").click()
    page.get_by_role("button", name="Make new ones").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_label("Code of your authenticator").fill(codes[0])
    dialog.get_by_role("button", name="Go on").click()
    fresh = page.locator(".once .secret").inner_text().split()
    assert not set(fresh) & set(codes)

    newcomer = visit_home("/", PHONE, signed_in=False)
    newcomer.get_by_label("E-mail address").fill(EMAIL)
    newcomer.get_by_label("Password").fill(PASSWORD)
    newcomer.get_by_role("button", name="Sign in").click()
    newcomer.get_by_label("Code of your authenticator").fill("000000")
    newcomer.get_by_role("button", name="Sign in").click()
    expect(newcomer.get_by_role("alert")).to_contain_text("wrong")
    newcomer.get_by_label("Code of your authenticator").fill(code_of(secret, late=1))
    newcomer.get_by_role("button", name="Sign in").click()
    expect(newcomer.get_by_role("heading", name="Live", level=1)).to_be_attached()

    viewer = {"email": "vera@example.com", "password": "another long password"}
    made = page.context.request.post("/api/users", data={**viewer, "role": "view"}, headers={"X-Doorwatch": "1"})
    assert made.ok
    gated = visit_home("/", PHONE, signed_in=False)
    gated.get_by_label("E-mail address").fill(viewer["email"])
    gated.get_by_label("Password").fill(viewer["password"])
    gated.get_by_role("button", name="Sign in").click()
    expect(gated.get_by_role("heading", name="A second factor is required")).to_be_visible()
    gated.get_by_role("button", name="Add an authenticator app").click()
    assert gated.evaluate("document.documentElement.scrollWidth <= innerWidth")
    gated.get_by_label("The six digits").fill(code_of(gated.locator(".new-factor .secret").inner_text()))
    gated.get_by_role("button", name="Confirm").click()
    gated.get_by_role("button", name="I have kept it").click()
    expect(gated.get_by_role("navigation", name="Pages")).to_be_visible()


def test_a_usage_notice_is_written_and_accepted_before_anything_else(serve, browser, visit_at, tmp_path):
    (tmp_path / "password").write_text(PASSWORD)
    arguments = ("--owner", EMAIL, "--owner-password-file", tmp_path / "password")
    with serve(tmp_path, *arguments) as (base, _), visit_at(browser, base) as visit:
        page = visit("/settings/account")
        page.get_by_label("Usage notice that").fill("Pictures are for the guards alone.\nAsk before you export.")
        page.get_by_role("button", name="Save the notice").click()
        expect(page.locator(".message")).to_contain_text("asked to accept it")
        viewer = {"email": "vera@example.com", "password": "another long password", "role": "view"}
        assert page.context.request.post("/api/users", data=viewer, headers={"X-Doorwatch": "1"}).ok
        gated = visit("/", PHONE, signed_in=False)
        gated.get_by_label("E-mail address").fill(viewer["email"])
        gated.get_by_label("Password").fill(viewer["password"])
        gated.get_by_role("button", name="Sign in").click()
        expect(gated.get_by_role("region", name="Usage notice")).to_contain_text("Ask before you export.")
        assert gated.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if folder := os.environ.get("DOORWATCH_SCREENSHOTS"):
            gated.screenshot(path=f"{folder}/notice-phone.png")
            page.screenshot(path=f"{folder}/notice-setting.png", full_page=True)
        gated.get_by_role("button", name="I accept").click()
        expect(gated.get_by_role("navigation", name="Pages")).to_be_visible()
