"""Two reviewers never overwrite each other; incidents are assigned and talked about; links end, count and ask for passwords."""

import json

import pytest
import pytest_asyncio
from happened import put, tailgating

from conftest import running
from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.alerts.templates import Template

pytestmark = pytest.mark.asyncio(loop_scope="module")
PASSWORD = "for the insurer"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory):
    """A server with an incident and two who review: (site, one, other, incident's id)."""
    async with running(tmp_path_factory.mktemp("desk")) as site:
        owner, manager = await site.user(Role.OWNER), await site.user(Role.MANAGE)
        gateway, analyzer = await site.machine(TokenKind.GATEWAY), await site.machine(TokenKind.ANALYZER)
        happened = await tailgating(site, owner, gateway, analyzer)
        headers = {"X-Camera-Id": happened.camera_id, "X-Start": happened.incident["start"]}
        path = f"/api/analyzer/evidence/{happened.incident_id}/picture.jpg"
        await put(analyzer, path, b"\xff\xd8\xff" + b"picture", headers)
        yield site, owner, manager, happened.incident_id


async def incident(caller, incident_id):
    return await caller.get(f"/api/incidents/{incident_id}")


async def test_the_second_of_two_reviewers_is_told_who_was_first_and_nothing_is_lost(desk):
    _, one, other, incident_id = desk
    path = f"/api/incidents/{incident_id}/review"
    seen = (await incident(one, incident_id))["said"]
    first = await one.post(path, {"review": "dismissed", "dismissal": "authorized", "note": "a guest", "seen": seen})
    assert (first["dismissal"], first["said"]) == ("authorized", seen + 1)
    told = await other.post(path, {"review": "confirmed", "seen": seen}, expect=409)
    assert "owner-main@example.com dismissed it at" in told["error"]
    now = await incident(other, incident_id)
    assert (now["review"], now["note"], now["dismissal"]) == ("dismissed", "a guest", "authorized")
    again = await other.post(path, {"review": "confirmed", "seen": now["said"]})
    assert (again["review"], again["reviewed_by"], again["dismissal"]) == ("confirmed", "manage-main@example.com", None)


async def test_who_is_to_look_is_said_once_and_only_of_people_of_the_account(desk):
    _, one, other, incident_id = desk
    path = f"/api/incidents/{incident_id}/assignee"
    seen = (await incident(one, incident_id))["said"]
    taken = await one.put(path, {"to": "owner-main@example.com", "seen": seen})
    assert taken["assigned_to"] == "owner-main@example.com"
    await other.put(path, {"to": "manage-main@example.com", "seen": seen}, expect=409)
    assert "nobody of this account" in json.dumps(await one.put(path, {"to": "mallory@example.com"}, expect=422))
    assert (await one.put(path, {"to": None}))["assigned_to"] is None


async def test_comments_stay_as_they_were_said_in_order(desk):
    _, one, other, incident_id = desk
    path = f"/api/incidents/{incident_id}/comments"
    await one.post(path, {"text": "  <b>Do we know her?</b> "})
    await other.post(path, {"text": "Yes, the caterer."})
    said = (await incident(one, incident_id))["comments"]
    assert [(one["said_by"], one["text"]) for one in said] == [
        ("owner-main@example.com", "<b>Do we know her?</b>"),
        ("manage-main@example.com", "Yes, the caterer."),
    ]
    await one.post(path, {"text": "   "}, expect=422)


async def shared(caller, incident_id, **wish):
    made = await caller.post(f"/api/incidents/{incident_id}/share", wish)
    return "/share/" + made["url"].rpartition("/share/")[2], made["link_id"]


async def opened(site, path, visitor=None):
    visitor = visitor or site.caller()
    async with visitor.http.get(path, allow_redirects=False) as answer:
        return answer.status, (await answer.read()).decode("utf-8", "replace")


async def given(visitor, path, password):
    async with visitor.http.post(path, data={"password": password}, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def test_a_link_with_a_password_shows_nothing_before_it_was_given(desk):
    site, one, _, incident_id = desk
    path, _ = await shared(one, incident_id, password=PASSWORD, recipient="The insurer")
    visitor = site.caller()
    status, page = await opened(site, path, visitor)
    assert status == 200
    assert "asks for a password" in page
    assert "Ben Rivera" not in page
    for part in ("picture.jpg", "clip.mp4"):
        assert (await opened(site, f"{path}/{part}", visitor))[0] == 401
    assert (await given(visitor, path, "guessed"))[0] == 403
    assert (await given(visitor, path, PASSWORD))[0] == 303
    assert "Ben Rivera" in (await opened(site, path, visitor))[1]
    assert (await opened(site, f"{path}/picture.jpg", visitor))[0] == 200
    other, _ = await shared(one, incident_id, password="another password")
    assert "asks for a password" in (await opened(site, other, visitor))[1]  # one password opens one link


async def test_who_guesses_a_links_password_has_to_wait_and_is_in_the_trail(desk):
    site, one, _, incident_id = desk
    path, link_id = await shared(one, incident_id, password=PASSWORD)
    visitor = site.caller()
    answers = [await given(visitor, path, f"guess {number}") for number in range(7)]
    assert [status for status, _ in answers[:5]] == [403] * 5
    assert answers[-1][0] == 429
    assert "try again in" in answers[-1][1]
    assert (await given(visitor, path, PASSWORD))[0] == 429  # not even the right one, for a moment
    trail = (await one.get("/api/audit?limit=50"))["entries"]
    assert "link.refused" in {entry["act"] for entry in trail if entry["detail"].get("link") == link_id}


async def test_links_are_listed_with_their_views_and_end_when_somebody_says_so(desk):
    site, one, _, incident_id = desk
    path, link_id = await shared(one, incident_id, recipient="The insurer", hours=1)
    await opened(site, path)
    await opened(site, path)

    async def listed():
        found = await one.get(f"/api/incidents/{incident_id}/mail-links")
        return next(link for link in found if link["link_id"] == link_id)

    link = await listed()
    assert (link["recipient"], link["opened"], link["works"], link["password"]) == ("The insurer", 2, True, False)
    assert link["made_by"] == "owner-main@example.com"
    await one.call("DELETE", f"/api/incidents/{incident_id}/mail-links/{link_id}")
    assert (await opened(site, path))[0] == 404
    assert (await opened(site, f"{path}/picture.jpg"))[0] == 404
    assert (await listed())["works"] is False


async def test_an_ended_link_is_not_made_anew_by_the_next_mail_to_that_address(desk):
    site, one, _, incident_id = desk
    words, to = Template("{{event_link}} {{clip}}", "x"), "leak@example.com"
    write = site.services.alerts.trials.write_mails

    async def mailed():
        await site.services.db.write(lambda conn: write(conn, site.account, [to], words, incident_id))
        found = await one.get(f"/api/incidents/{incident_id}/mail-links")
        newest = (await one.get(f"/api/alerts/outbox?incident_id={incident_id}"))[0]
        return [link for link in found if link["recipient"] == to], newest["subject"]

    [link], subject = await mailed()
    assert subject.count("/share/") == 2
    await one.call("DELETE", f"/api/incidents/{incident_id}/mail-links/{link['link_id']}")
    [ended], subject = await mailed()
    assert not ended["works"]
    assert subject.count(f"/incidents/{incident_id}") == 2, "it leads to where one signs in"
    assert "/share/" not in subject


@pytest.mark.parametrize("wish", [{"password": "short"}, {"hours": 0}, {"hours": 10_000}, {"recipient": "x" * 201}])
async def test_a_link_that_makes_no_sense_is_refused(desk, wish):
    _, one, _, incident_id = desk
    await one.post(f"/api/incidents/{incident_id}/share", wish, expect=422)
