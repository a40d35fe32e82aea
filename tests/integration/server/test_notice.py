"""The usage notice: set by an owner, accepted before anything else, and asked again when it changes."""

import pytest

from doorwatch.accounts.roles import Role, TokenKind


@pytest.fixture
async def viewer(site):
    return await site.user(Role.VIEW)


async def test_nothing_else_is_usable_until_the_notice_is_accepted(site, owner, viewer):
    nothing = {"text": None, "version": None, "set_at": None}
    assert await viewer.get("/api/notice") == nothing
    assert (await owner.put("/api/notice", {"text": " For the guards alone. "}))["text"] == "For the guards alone."
    # Who has written it needs not read it; machines read nothing.
    await owner.get("/api/doors")
    await (await site.machine(TokenKind.READ)).get("/api/doors")

    refused = await viewer.get("/api/doors", expect=403)
    assert refused["reason"] == "usage_notice"
    assert (await viewer.get("/api/session"))["limited"] == "usage_notice"
    notice = await viewer.get("/api/notice")
    assert (notice["text"], notice["version"]) == ("For the guards alone.", 1)
    await viewer.post("/api/session/notice", {"version": 2}, expect=409)
    await viewer.post("/api/session/notice", {"version": 1})
    await viewer.get("/api/doors")
    assert (await viewer.get("/api/session"))["limited"] is None
    again = await site.signed_in("view-main@example.com")
    await again.get("/api/doors")
    accepted = (await owner.get("/api/audit?act=notice.accept"))["entries"]
    assert [(one["who"], one["detail"]) for one in accepted] == [("view-main@example.com", {"version": 1})]


async def test_a_changed_text_asks_again_and_no_text_asks_nobody(owner, viewer):
    await owner.put("/api/notice", {"text": "one"})
    await viewer.post("/api/session/notice", {"version": 1})
    await owner.put("/api/notice", {"text": "one"})
    await viewer.get("/api/doors")
    changed = await owner.put("/api/notice", {"text": "two"})
    assert changed["version"] == 2
    assert (await viewer.get("/api/doors", expect=403))["reason"] == "usage_notice"
    old = await viewer.post("/api/session/notice", {"version": 1}, expect=409)
    assert "changed meanwhile" in old["error"]
    await owner.put("/api/notice", {"text": ""})
    await viewer.get("/api/doors")
    assert (await viewer.get("/api/notice"))["text"] is None
    await owner.put("/api/notice", {"text": "two"})
    assert (await viewer.get("/api/doors", expect=403))["reason"] == "usage_notice"
    told = (await owner.get("/api/audit?act=notice.set"))["entries"]
    assert [one["detail"]["after"] for one in told] == ["two", None, "two", "one"]


async def test_only_owners_set_it(viewer):
    await viewer.put("/api/notice", {"text": "mine"}, expect=403)


async def test_who_joins_a_second_account_is_told_at_once_what_is_asked_for_there(site, owner):
    other = await site.other_account()
    theirs = await site.user(Role.OWNER, other)
    await theirs.put("/api/notice", {"text": "Ours."})
    link = (await theirs.post("/api/invitations", {"email": "owner-main@example.com"}))["url"].partition("#")[2]
    joined = await owner.post("/api/session/join", {"link": link})
    assert (joined["account"]["id"], joined["limited"]) == (other, "usage_notice")
    await owner.get("/api/doors", expect=403)
