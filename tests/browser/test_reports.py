"""Reports: on paper, and mailed by themselves."""

import pytest
from playwright.sync_api import expect


def test_a_report_is_saved_as_pdf_and_has_itself_mailed_until_it_is_removed(visit, incident):
    page = visit("/reports")
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save as PDF").click()
    assert saving.value.suggested_filename.endswith("-7-days.pdf")
    assert saving.value.path().read_bytes().startswith(b"%PDF-")
    part = page.get_by_role("region", name="By mail")
    expect(part).to_contain_text("No report is mailed yet")
    part.get_by_role("button", name="Mail a report").click()
    dialog = page.get_by_role("dialog", name="Mail a report")
    expect(dialog.get_by_label("Mail to, one a line")).to_have_value("olga@example.com")
    dialog.get_by_label("Name, which begins the subject").fill("Lobby by month")
    dialog.get_by_label("How often").select_option("month")
    dialog.get_by_role("button", name="Save").click()
    line = part.get_by_role("listitem").filter(has_text="Lobby by month")
    expect(line).to_contain_text("on the first of every month")
    line.get_by_role("button", name="Send Lobby by month now").click()
    expect(page.get_by_text("no mail server is set")).to_be_visible()
    line.get_by_role("button", name="Remove Lobby by month").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(part).to_contain_text("No report is mailed yet")


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "phone"])
def test_the_report_by_mail_is_told_in_full_where_there_is_little_room(visit, incident, server, size):
    wanted = {"name": "Every morning", "every": "day", "hour": 6, "recipients": ["security-desk@example.com"]}
    made = server[1]("POST", "/api/report-schedules", wanted)
    page = visit("/reports", size=size)
    line = page.get_by_role("region", name="By mail").get_by_role("listitem")
    expect(line).to_contain_text("security-desk@example.com")
    line.scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    line.get_by_role("button", name="Change Every morning").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    server[1]("DELETE", f"/api/report-schedules/{made['schedule_id']}")
