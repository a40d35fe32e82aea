"""The page of tokens: generate, copy once, rotate, revoke; in a real browser against a real server."""

import urllib.error
import urllib.request

from playwright.sync_api import expect

PHONE = (390, 844)


def status(server, secret, path="/api/doors"):
    request = urllib.request.Request(server[0] + path, headers={"Authorization": f"Bearer {secret}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_token_is_shown_once_copied_rotated_and_revoked(visit, server):
    page = visit("/settings/tokens")
    page.get_by_label("Name").fill("Report of building B")
    page.get_by_label("For").select_option("read")
    page.get_by_label("Works").select_option("90")
    page.get_by_role("button", name="Generate token").click()
    secret = page.locator(".secret").inner_text()
    assert secret.startswith("dwr_")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    page.get_by_role("button", name="I have kept it").click()
    page.reload()
    line = page.locator(".lines li").filter(has_text="building B")
    expect(line).to_contain_text("works until")
    expect(line).to_contain_text("never used")
    assert secret not in page.content()
    assert status(server, secret) == 200

    page.get_by_role("button", name="Rotate Report of building B").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("The former secret shall").select_option("168")
    dialog.get_by_role("button", name="Rotate").click()
    renewed = page.locator(".secret").inner_text()
    assert (status(server, secret), status(server, renewed)) == (200, 200)
    expect(line).to_contain_text("two secrets")
    page.reload()
    expect(line).to_contain_text("from 127.0.0.1")
    page.get_by_role("button", name="End the former secret of Report of building B").click()
    page.get_by_role("button", name="End it", exact=True).click()
    expect(line).not_to_contain_text("two secrets")
    assert (status(server, secret), status(server, renewed)) == (401, 200)

    page.get_by_role("button", name="Revoke Report of building B").click()
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(line).to_have_count(0)
    assert status(server, renewed) == 401


def test_who_may_only_look_is_told_who_generates_tokens(visit, server):
    viewer = {"email": "tilda@example.com", "password": "another long password"}
    server[1]("POST", "/api/users", {**viewer, "role": "view"})
    page = visit("/settings/tokens", PHONE, signed_in=False)
    assert page.context.request.post("/api/session", data=viewer, headers={"X-Doorwatch": "1"}).ok
    page.goto("/settings/tokens")
    expect(page.locator("#main")).to_contain_text("ask one of them")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_secret_of_a_rotation_is_shown_though_the_dialog_was_closed_meanwhile(visit, server):
    server[1]("POST", "/api/tokens", {"name": "Report of building C", "kind": "read"})
    page = visit("/settings/tokens")
    held = []
    page.route("**/api/tokens/*/secret", lambda route: held.append(route))  # noqa: PLW0108 - a method of C has no place for its handler's mark
    page.get_by_role("button", name="Rotate Report of building C").click()
    with page.expect_request("**/api/tokens/*/secret"):
        page.get_by_role("dialog").get_by_role("button", name="Rotate").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    held[0].continue_()
    expect(page.locator(".secret")).to_contain_text("dwr_")
