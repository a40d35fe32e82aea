"""People on the settings page: inviting, joining by the link, roles, and leaving; in a real browser."""

import pytest
from playwright.sync_api import expect

PASSWORD = "a long enough password"


def invited(page, email, role):
    page.get_by_label("Invite by e-mail").fill(email)
    page.get_by_role("form", name="Invite").get_by_role("combobox").first.select_option(role)
    page.get_by_role("button", name="Invite", exact=True).click()
    told = page.locator(".once")
    expect(told).to_contain_text("no mail server is set")
    url = told.locator("code").inner_text()
    page.get_by_role("button", name="I have kept it").click()
    return url


def test_somebody_is_invited_joins_by_the_link_and_gets_another_role(visit, server):
    page = visit("/settings/people")
    url = invited(page, "ines@example.com", "view")
    waiting = page.get_by_role("list", name="People").get_by_role("listitem").filter(has_text="ines@example.com")
    expect(waiting).to_contain_text("Invited")
    expect(waiting).to_contain_text("not mailed")

    guest = visit(url.removeprefix(server[0]), signed_in=False)
    expect(guest.get_by_text("Can View")).to_be_visible()
    guest.get_by_label("Your name").fill("Ines")
    guest.get_by_label("Password", exact=True).fill(PASSWORD)
    guest.get_by_role("button", name="Join").click()
    expect(guest.get_by_role("navigation", name="Pages")).to_be_visible()
    assert server[1]("GET", "/api/invitations") == []

    page.reload()
    page.get_by_label("Role of ines@example.com").select_option("manage")
    until = page.get_by_role("list", name="People").get_by_role("listitem").filter(has_text="ines@example.com")
    expect(until.get_by_label("Role of ines@example.com")).to_have_value("manage")
    page.reload()
    expect(page.get_by_label("Role of ines@example.com")).to_have_value("manage")
    page.get_by_role("button", name="Remove ines@example.com").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("ines@example.com")).to_have_count(0)
    guest.reload()
    expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_an_invitation_is_sent_again_and_taken_back(visit, server, size):
    page = visit("/settings/people", size=size)
    first = invited(page, "later@example.com", "manage")
    page.get_by_role("button", name="Invite later@example.com again").click()
    expect(page.locator(".once code")).not_to_have_text(first)
    second = page.locator(".once code").inner_text()
    page.get_by_role("button", name="I have kept it").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Take the invitation of later@example.com back").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("later@example.com")).to_have_count(0)
    guest = visit(second.removeprefix(server[0]), signed_in=False)
    expect(guest.get_by_text("ask whoever invited you")).to_be_visible()


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_some_cameras_are_shared_with_a_guest_who_sees_no_more(visit, server, door, size):
    owner = server[1]
    other = owner("POST", "/api/cameras", {"name": "Vault", "url": "rtsp://127.0.0.1:9/vault"})["camera_id"]
    page = visit("/settings/people", size=size)
    page.get_by_label("What the guest sees").select_option("some")
    expect(page.get_by_role("button", name="Invite", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Cameras to share with the guest").click()
    page.get_by_role("combobox", name="Cameras to share with the guest").fill("lobby")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="Shared with the guest")).to_contain_text("Lobby inside")
    url = invited(page, "nina@example.com", "view")
    waiting = page.get_by_role("list", name="People").get_by_role("listitem").filter(has_text="nina@example.com")
    expect(waiting).to_contain_text("sees 1 camera")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    guest = visit(url.removeprefix(server[0]), signed_in=False, size=size)
    guest.get_by_label("Your name").fill("Nina")
    guest.get_by_label("Password", exact=True).fill(PASSWORD)
    guest.get_by_role("button", name="Join").click()
    expect(guest.get_by_role("navigation", name="Pages")).to_be_visible()
    for path in ("/doors", "/reports", "/incidents", "/search?q=lobby", "/settings/people"):
        guest.goto(path)
        guest.wait_for_function("() => !document.querySelector('[aria-busy=true], .loading')")
        assert "Vault" not in guest.locator("body").inner_text()
        expect(guest.locator(".failure")).to_have_count(0)
    expect(guest.get_by_role("navigation", name="Settings").get_by_role("link")).to_have_text(["Account"])
    guest.goto("/doors")
    expect(guest.get_by_role("heading", name="Lobby east")).to_be_visible()

    page.reload()
    page.get_by_role("button", name="Cameras of nina@example.com").click()
    page.get_by_label("What nina@example.com sees").select_option("all")
    page.get_by_role("button", name="Save").click()
    line = page.get_by_role("list", name="People").get_by_role("listitem").filter(has_text="nina@example.com")
    expect(line).to_contain_text("sees all cameras")
    guest.reload()
    expect(guest.get_by_text("Vault")).not_to_have_count(0)
    page.get_by_role("button", name="Remove nina@example.com").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    owner("DELETE", f"/api/cameras/{other}")


def test_who_lost_a_computer_is_signed_out_everywhere_and_gets_a_new_second_factor(visit, server):
    page = visit("/settings/people")
    url = invited(page, "lost@example.com", "view")
    guest = visit(url.removeprefix(server[0]), signed_in=False)
    guest.get_by_label("Your name").fill("Lou")
    guest.get_by_label("Password", exact=True).fill(PASSWORD)
    guest.get_by_role("button", name="Join").click()
    expect(guest.get_by_role("navigation", name="Pages")).to_be_visible()

    page.reload()
    page.get_by_role("button", name="Sign lost@example.com out everywhere").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Sign out").click()
    expect(page.locator(".message")).to_contain_text("1 browser was signed out")
    guest.reload()
    expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()

    page.get_by_role("button", name="Reset the second factor of lost@example.com").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Reset").click()
    expect(page.locator(".message")).to_contain_text("lost@example.com has no second factor")
    acts = [one["act"] for one in server[1]("GET", "/api/audit")["entries"]]
    assert "session.end" in acts
    page.get_by_role("button", name="Remove lost@example.com").click()
    page.get_by_role("button", name="Remove", exact=True).click()


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_who_comes_with_a_password_that_was_made_chooses_another_before_anything_else(visit, size):
    page = visit("/settings/people", size=size)
    page.get_by_text("Add somebody without an invitation").click()
    page.get_by_label("E-mail address").fill("made@example.com")
    page.get_by_role("button", name="Add person").click()
    given = page.locator(".once code").inner_text()
    line = page.get_by_role("list", name="People").get_by_role("listitem").filter(has_text="made@example.com")
    expect(line).to_contain_text("has not replaced the password that was made")

    guest = visit("/incidents", signed_in=False, size=size)
    guest.get_by_label("E-mail address").fill("made@example.com")
    guest.get_by_label("Password", exact=True).fill(given)
    guest.get_by_role("button", name="Sign in").click()
    expect(guest.get_by_role("heading", name="Choose your own password")).to_be_visible()
    assert guest.evaluate("document.documentElement.scrollWidth <= innerWidth")
    guest.get_by_label("The password that you were given").fill(given)
    guest.get_by_label("Your own password").fill(given)
    guest.get_by_role("button", name="Go on").click()
    expect(guest.get_by_role("alert")).to_contain_text("choose another one")
    guest.get_by_label("Your own password").fill("a sentence of my very own")
    guest.keyboard.press("Enter")
    expect(guest.get_by_role("heading", name="Incidents", level=1)).to_be_attached()

    page.reload()
    expect(line).to_contain_text("signed in")
    page.get_by_role("button", name="Remove made@example.com").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("made@example.com")).to_have_count(0)


def test_the_last_owner_is_told_why_leaving_is_refused(visit):
    page = visit("/settings/people")
    page.get_by_role("button", name="Leave", exact=True).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Leave").click()
    expect(page.locator(".message")).to_contain_text("is the only owner")
