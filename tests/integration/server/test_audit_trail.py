"""The audit trail is asked for through the API: filtered, in pages, as a table, and by nobody who may only look."""

import csv
import io

import pytest

from doorwatch.accounts.roles import Role
from doorwatch.domain.time import SECOND
from doorwatch.server.noting import Looks
from doorwatch.server.permissions import Caller
from doorwatch.store.audit_trail import audit
from doorwatch.store.audit_trail.acts import Act


@pytest.fixture
async def policies(site, owner, gateway):
    """Five changes of a door's policy; the door's id."""
    door_id, _ = await site.furnish(owner, gateway)
    for seconds in range(5, 10):
        await owner.put(f"/api/doors/{door_id}/policy", {"grant_after": seconds})
    return door_id


def acts(page):
    return [entry["act"] for entry in page["entries"]]


async def test_what_was_done_is_told_newest_first_with_who_what_and_from_where(owner, policies):
    first = (await owner.get("/api/audit"))["entries"][0]
    assert (first["act"], first["words"], first["subject"]) == ("door.policy", Act.DOOR_POLICY.words, policies)
    assert first["detail"]["grant_after"] == 9
    assert first["who"].endswith("@example.com")
    assert first["address"] == "127.0.0.1"


async def test_it_is_filtered_by_person_act_time_and_text(owner, policies):
    everything = await owner.get("/api/audit", params={"limit": 500})
    some = [entry for entry in everything["entries"] if entry["act"] == "door.policy"]
    assert len(some) == 5
    assert acts(await owner.get("/api/audit", params={"act": "door.policy"})) == ["door.policy"] * 5
    assert acts(await owner.get("/api/audit", params={"who": "nobody%"})) == []
    assert acts(await owner.get("/api/audit", params={"who": some[0]["who"][:6].upper(), "act": "door.map"})) == [
        "door.map"
    ]
    assert (
        acts(await owner.get("/api/audit", params={"text": policies, "since": some[1]["at"]}))[:2]
        == ["door.policy"] * 2
    )
    assert acts(await owner.get("/api/audit", params={"until": everything["entries"][-1]["at"]})) == []
    assert acts(await owner.get("/api/audit", params={"text": "grant_after", "act": "door.map"})) == []


async def test_pages_follow_each_other_without_a_gap(owner, policies):
    first = await owner.get("/api/audit", params={"limit": 2, "act": "door.policy"})
    before = first["entries"][-1]["number"]
    rest = await owner.get("/api/audit", params={"limit": 3, "act": "door.policy", "before": before})
    assert first["more"] is True
    assert rest["more"] is False
    assert [entry["detail"]["grant_after"] for entry in first["entries"] + rest["entries"]] == [9, 8, 7, 6, 5]


async def test_the_table_has_what_was_asked_for_and_its_export_is_recorded(owner, policies):
    table = await owner.get("/api/audit/table.csv", params={"act": "door.policy"})
    rows = list(csv.DictReader(io.StringIO(table.lstrip("\ufeff"))))
    assert [row["act"] for row in rows] == ["door.policy"] * 5
    assert rows[0]["subject"] == policies
    newest = (await owner.get("/api/audit"))["entries"][0]
    assert (newest["act"], newest["detail"]["rows"], newest["detail"]["act"]) == ("audit.export", 5, ["door.policy"])


async def test_what_cannot_be_read_is_refused(owner):
    await owner.get("/api/audit", params={"act": "door.kicked"}, expect=422)
    told = await owner.get("/api/audit", params={"since": "yesterday"}, expect=422)
    assert "since can't be read" in told["error"]


async def test_only_who_may_manage_sees_it_and_only_of_the_own_account(site, policies):
    viewer = await site.user(Role.VIEW)
    await viewer.get("/api/audit", expect=403)
    stranger = await site.user(Role.OWNER, await site.other_account())
    assert policies not in str(await stranger.get("/api/audit", params={"limit": 500}))


async def test_a_search_is_recorded_once_however_often_it_is_repeated(owner, policies):
    for _ in range(3):
        await owner.get("/api/search", params={"q": "tailgating lobby"})
    await owner.get("/api/search", params={"q": ""})
    found = await owner.get("/api/audit", params={"act": "search.run"})
    assert [(entry["subject"], entry["detail"]) for entry in found["entries"]] == [("tailgating lobby", {"found": 0})]


class _Clock:
    def __init__(self):
        self.at = 1_000 * SECOND

    def now(self):
        return self.at


async def test_a_look_is_noted_again_after_a_while_and_for_each_person(site):
    clock = _Clock()
    looks = Looks(site.services.db, clock)
    olga, ines = (Caller(site.account, name, frozenset(), address="192.0.2.1") for name in ("olga@x", "ines@x"))
    for after, who in ((0, olga), (Looks.WHILE - 1, olga), (0, ines), (1, olga)):
        clock.at += after
        await looks.note(who, Act.VIDEO_VIEW, "i1")
    stored = await site.services.db.read(lambda conn: audit.list_entries(conn, site.account, action="video.view"))
    assert [entry.actor for entry in stored] == ["olga@x", "ines@x", "olga@x"]


async def test_an_act_that_the_catalogue_does_not_know_is_not_recorded(site):
    with pytest.raises(ValueError, match=r"door\.kicked"):
        await site.services.db.write(
            lambda conn: audit.record(conn, site.account, at=0, actor="olga@x", action="door.kicked")
        )
