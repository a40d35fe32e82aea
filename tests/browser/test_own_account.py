"""One's own account in a real browser: proofs, password, sessions."""

from contextlib import closing

import pytest
from playwright.sync_api import expect
from pysqlite3 import dbapi2 as sqlite

EMAIL, PASSWORD = "olga@example.com", "a long enough password"


class Home:
    """A server of one's own, with its database."""

    def __init__(self, base, database):
        self.base = base
        self._database = database

    def let_proofs_be_old(self):
        with closing(sqlite.connect(self._database, timeout=20)) as connection, connection:
            connection.execute("UPDATE sessions SET proved_at = 0")


@pytest.fixture(scope="module")
def home(serve, tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    (folder / "password").write_text(PASSWORD)
    with serve(folder, "--owner", EMAIL, "--owner-password-file", folder / "password") as (base, _):
        yield Home(base, folder / "data" / "doorwatch.db")


@pytest.fixture
def visit_home(browser, home, visit_at):
    with visit_at(browser, home.base) as open_page:
        yield open_page


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
    elsewhere = visit_home("/settings/account")
    page = visit_home("/settings/account")
    lines = page.locator(".lines li")
    here = lines.filter(has_text="this browser")
    expect(here).to_contain_text("Chrome on Linux")
    expect(here.get_by_role("button")).to_have_count(0)
    page.get_by_role("button", name="End all others").click()
    page.get_by_role("alertdialog").get_by_role("button", name="End it").click()
    expect(lines).to_have_count(1)
    elsewhere.reload()
    expect(elsewhere.get_by_role("heading", name="Sign in")).to_be_visible()

    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password").fill("Doorwatch2026")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_contain_text("first that are tried")
    page.get_by_label("New password").fill("another long password")
    page.get_by_role("button", name="Change password").click()
    expect(page.locator(".message")).to_contain_text("holds from now on")
    page.reload()
    expect(here).to_be_visible()
    page.get_by_label("Present password").fill("another long password")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator(".message")).to_contain_text("holds from now on")
