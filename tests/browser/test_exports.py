"""Evidence is exported on the incident's page: asked for, watched, downloaded, verified, deleted; and its key is shown."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect


def verified(file, *options):
    command = [Path(sys.executable).with_name("doorwatch"), "verify", file, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_evidence_is_exported_downloaded_and_verified_with_the_key_of_the_settings(visit, incident, tmp_path):
    page = visit(f"/incidents/{incident['incident_id']}")
    page.get_by_role("button", name="Export evidence").click()
    form = page.get_by_role("form", name="Export evidence")
    form.get_by_label("Seconds before the first entry").fill("1")
    form.get_by_label("Seconds after the last entry").fill("0.5")
    form.get_by_role("button", name="Export", exact=True).click()
    expect(form).to_be_hidden()
    with page.expect_download(timeout=60_000) as saved:
        page.get_by_role("link", name="Evidence, signed").click(timeout=60_000)
    file = tmp_path / "evidence.zip"
    saved.value.save_as(file)
    assert "video/Lobby-inside.mp4" in zipfile.ZipFile(io.BytesIO(file.read_bytes())).namelist()

    page = visit("/settings/privacy")
    with page.expect_download() as key:
        page.get_by_role("link", name="Public key (PEM)").click()
    key.value.save_as(tmp_path / "key.pem")
    fingerprint = page.locator(".fingerprint").inner_text()
    for options in (["--key", tmp_path / "key.pem"], ["--fingerprint", fingerprint]):
        done = verified(file, *options)
        assert done.returncode == 0, done.stdout
        assert "checked with the key that you named" in done.stdout
    assert "--key" in verified(file).stdout


def test_what_is_missing_is_said_and_an_export_is_deleted(visit, incident):
    page = visit(f"/incidents/{incident['incident_id']}", size=(390, 844))
    page.get_by_role("button", name="Export evidence").click()
    form = page.get_by_role("form", name="Export evidence")
    form.get_by_label("Seconds before the first entry").fill("30")
    form.get_by_label("Seconds after the last entry").fill("0")
    form.get_by_role("checkbox", name="Draw tiles, threshold and time into the video").uncheck()
    form.get_by_role("button", name="Export", exact=True).click()
    line = page.locator(".export-line").filter(has_text="nothing drawn in")
    missing = line.get_by_text("1 thing is missing")
    missing.click(timeout=60_000)
    expect(line).to_contain_text("no pictures from")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    line.get_by_role("button", name="Delete the export").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(line).to_have_count(0)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_a_time_that_cannot_be_exported_is_refused_beside_the_form(visit, incident, size):
    page = visit(f"/incidents/{incident['incident_id']}", size=size)
    # The page allows five minutes; what the server thinks of a wish is shown all the same.
    page.route(
        "**/exports",
        lambda route: (
            route.fulfill(status=422, json={"error": "ask for less"})
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    page.get_by_role("button", name="Export evidence").click()
    form = page.get_by_role("form", name="Export evidence")
    form.get_by_role("button", name="Export", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("ask for less")
