"""The mail that follows tailgating, on its page in a real browser, and in the mailbox that it reaches."""

import re
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

OWNER, PASSWORD = "olga@example.com", "a long enough password"


@pytest.fixture(scope="module")
def server(server_folder, serve, mailbox, api_at):
    secret = server_folder / "password"
    secret.write_text(PASSWORD)
    arguments = ("--owner", OWNER, "--owner-password-file", secret)
    with serve(server_folder, *arguments, smtp_host="127.0.0.1", smtp_port=str(mailbox.port)) as (base, _):
        owner = api_at(base)
        owner("POST", "/api/session", {"email": OWNER, "password": PASSWORD})
        yield base, owner


def body(page):
    """The box with the mail's text."""
    return page.get_by_label("Text; empty means that no mails are sent")


def shadowed(page, selector):
    """Something within the mail as it is shown."""
    return page.locator(".mail-html").locator(selector)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_a_mail_is_begun_with_the_default_and_previewed_with_a_real_incident(visit, incident, size):
    page = visit("/settings/integrations", size=size)
    page.get_by_role("main").get_by_role("link", name="Tailgating mail").last.click()
    expect(page.get_by_text("Off: there is no text")).to_be_visible()
    page.get_by_role("button", name="Use Default").click()
    expect(page.get_by_text("Each person whose badge was used gets")).to_be_visible()
    expect(shadowed(page, "p").first).to_contain_text("Hello")
    expect(shadowed(page, "main")).to_contain_text("Lobby east")
    expect(shadowed(page, "img")).to_have_js_property("complete", True)
    assert shadowed(page, "img").evaluate("one => one.naturalWidth") > 0
    page.get_by_role("button", name="Text only").click()
    expect(page.locator(".mail-paper pre")).to_contain_text(incident["reason"])
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0], "nothing sticks out of the page"


def test_what_is_wrong_is_told_while_one_writes_and_one_press_leads_to_it(visit):
    page = visit("/settings/mail")
    page.get_by_role("button", name="Use Default").click()
    body(page).fill("🚪 Hello,\nat {{dor}} somebody")
    problem = page.get_by_role("listitem").filter(has_text="did you mean {{door}}?")
    problem.get_by_role("button", name="Text, line 2, column 4").click()
    selected = "one => one.value.slice(one.selectionStart, one.selectionEnd)"
    assert body(page).evaluate(selected) == "{{dor}}"
    expect(page.get_by_text("The mail is shown as soon as its text is right.")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert").get_by_text("the body (line 2, column 4) has {{dor}}")).to_be_visible()


def test_a_mail_is_customised_saved_and_tested_and_its_delivery_can_be_read(visit, mailbox, incident, eventually):
    page = visit("/settings/mail")
    page.get_by_role("button", name="Text for the security desk").click()
    page.get_by_label("Subject").fill("Look: {{door}}")
    page.get_by_label("Name beside it").fill("Front desk")
    page.get_by_label("Recipients").fill("desk@example.com\nnot an address")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert").get_by_text("recipient 2, 'not', is no mail address")).to_be_visible()
    page.get_by_label("Recipients").fill("desk@example.com")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The mail is saved.")).to_be_visible()
    expect(page.get_by_text("It goes to desk@example.com.")).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text(f"A test is on its way to {OWNER}.")).to_be_visible()
    eventually(lambda: mailbox.mails)
    mail = mailbox.mails[0]
    assert mail["Subject"] == "[Test] Look: Lobby east"
    assert mail["From"].startswith("Front desk <")
    assert incident["reason"] in mail.get_body(("plain",)).get_content()
    page.goto("/settings/alerts")
    page.get_by_role("button", name=re.compile(r"^Tries: \[Test\] Look")).click()
    expect(page.get_by_text(re.compile(r"taken after \d+ ms"))).to_be_visible()


def test_a_door_has_words_of_its_own_which_its_incidents_are_mailed_in_until_it_has_none(
    visit, server, door, now, incident, eventually
):
    _, owner = server
    words = {"subject": "All doors: {{door}}", "body": "{{reason}}"}
    owner("PUT", "/api/alerts", {"template": words, "recipients": ["desk@example.com"]})
    page = visit("/settings/mail")
    page.get_by_role("button", name="Give a door words of its own").click()
    page.get_by_role("option", name="Lobby east").click()
    expect(page.get_by_label("Words for")).to_have_value(door.door_id)
    page.get_by_label("Subject").fill("Lobby alone: {{door}}")
    expect(page.locator(".mail-paper")).to_contain_text("Lobby alone: Lobby east")
    page.get_by_label("Words for").select_option("All other doors")
    expect(page.get_by_label("Subject")).to_have_value(words["subject"])
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The mail is saved.")).to_be_visible()
    told = door.run_once(now() - 300 * 1_000_000)
    [mail] = eventually(lambda: owner("GET", f"/api/alerts/outbox?incident_id={told['incident_id']}"))
    assert mail["subject"] == "Lobby alone: Lobby east"
    page.get_by_label("Words for").select_option("Lobby east")
    page.get_by_role("button", name="As for all other doors").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Words for")).to_have_count(0)
    eventually(lambda: not owner("GET", "/api/alerts")["doors"])


def test_the_link_of_a_mail_opens_one_incident_until_it_is_ended(visit, server, mailbox, incident, eventually):
    words = {"subject": "x", "body": "{{event_link}}"}
    trial = {"template": words, "incident_id": incident["incident_id"], "to": "guard@example.com"}
    server[1]("POST", "/api/alerts/test", trial)
    [mail] = eventually(lambda: [one for one in mailbox.mails if one["To"] == trial["to"]])
    link = mail.get_body(("plain",)).get_content().split()[0]
    page = visit(link.removeprefix(server[0]), signed_in=False)
    expect(page.get_by_text(incident["reason"])).to_be_visible()
    page = visit(f"/incidents/{incident['incident_id']}")
    page.get_by_text(re.compile(r"Links without signing in \(\d\)")).click()
    mine = page.get_by_role("listitem").filter(has_text="guard@example.com")
    expect(mine).to_contain_text("opened 1 times")
    mine.get_by_role("button", name="End the link to guard@example.com").click()
    page.get_by_role("button", name="End it", exact=True).click()
    expect(mine).to_contain_text("ended by")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(link, timeout=10)


def test_an_empty_text_switches_mails_off(visit, server):
    page = visit("/settings/mail")
    page.get_by_role("button", name="Empty it").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The mail is saved.")).to_be_visible()
    assert server[1]("GET", "/api/alerts")["template"] is None
