"""Searches that people keep: their own, those of the account, and what they asked lately."""

import pytest

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.store import saved_searches as stored
from doorwatch.store.scrubbing import Words, clean_texts

LOBBY = {"name": "Lobby by night", "text": "tailgating lobby night"}


@pytest.fixture
async def owner(site):
    return await site.user(Role.OWNER)


@pytest.fixture
async def viewer(site):
    return await site.user(Role.VIEW)


def names(found):
    return [(one["name"], one["mine"]) for one in found]


async def test_a_search_is_kept_for_oneself_with_a_colour_and_changed_and_deleted(owner, viewer):
    made = await owner.post("/api/saved-searches", {**LOBBY, "name": " Lobby by night ", "colour": "amber"})
    assert (made["name"], made["colour"], made["shared"], made["owner"]) == (
        "Lobby by night",
        "amber",
        False,
        "owner-main@example.com",
    )
    assert await viewer.get("/api/saved-searches") == []
    address = f"/api/saved-searches/{made['saved_search_id']}"
    await viewer.call("PATCH", address, {"name": "x"}, expect=404)
    await viewer.call("DELETE", address, expect=404)
    changed = await owner.call("PATCH", address, {"text": "lobby", "colour": "red"})
    assert (changed["name"], changed["text"], changed["colour"]) == ("Lobby by night", "lobby", "red")
    await owner.call("DELETE", address)
    await owner.call("DELETE", address, expect=404)
    assert await owner.get("/api/saved-searches") == []


async def test_a_shared_search_is_seen_by_all_and_changed_by_its_owner_and_whoever_may_manage(site, owner, viewer):
    made = await viewer.post("/api/saved-searches", {**LOBBY, "shared": True})
    manager, other = await site.user(Role.MANAGE), await site.machine(TokenKind.READ)
    assert names(await owner.get("/api/saved-searches")) == [("Lobby by night", True)]
    assert names(await other.get("/api/saved-searches")) == [("Lobby by night", False)]
    address = f"/api/saved-searches/{made['saved_search_id']}"
    assert (await manager.call("PATCH", address, {"name": "Ours"}))["name"] == "Ours"
    await other.call("PATCH", address, {"name": "x"}, expect=403)
    owned = await owner.post("/api/saved-searches", {**LOBBY, "shared": True})
    refused = await viewer.call("DELETE", f"/api/saved-searches/{owned['saved_search_id']}", expect=403)
    assert "belongs to owner-main@example.com" in refused["error"]
    acts = [one["act"] for one in (await owner.get("/api/audit"))["entries"]]
    assert (acts.count("search.share"), acts.count("search.change")) == (2, 1)


async def test_a_token_saves_for_the_account_alone_if_it_may_manage(site, owner):
    program, reader = await site.machine(TokenKind.API), await site.machine(TokenKind.READ)
    await reader.post("/api/saved-searches", LOBBY, expect=403)
    made = await program.post("/api/saved-searches", LOBBY)
    assert (made["shared"], made["owner"]) == (True, "")
    address = f"/api/saved-searches/{made['saved_search_id']}"
    await owner.call("PATCH", address, {"shared": False}, expect=409)
    await owner.call("DELETE", address)


async def test_somebody_who_sees_some_cameras_keeps_searches_alone_and_sees_no_shared_ones(site, owner):
    _, camera_id = await site.furnish(owner, await site.machine(TokenKind.GATEWAY))
    guest = await site.user(Role.VIEW)
    people = await owner.get("/api/users")
    user_id = next(one["id"] for one in people if one["email"].startswith("view"))
    await owner.call("PATCH", f"/api/users/{user_id}", {"cameras": [camera_id]})
    await owner.post("/api/saved-searches", {**LOBBY, "shared": True})
    assert await guest.get("/api/saved-searches") == []
    await guest.post("/api/saved-searches", {**LOBBY, "shared": True}, expect=403)
    await guest.post("/api/saved-searches", LOBBY)
    assert names(await guest.get("/api/saved-searches")) == [("Lobby by night", True)]


async def test_who_leaves_leaves_what_was_shared_and_nothing_else(site, owner, viewer):
    await viewer.post("/api/saved-searches", LOBBY)
    await viewer.post("/api/saved-searches", {**LOBBY, "name": "Shared", "shared": True})
    await viewer.get("/api/search?q=tailgating")
    user_id = next(one["id"] for one in await owner.get("/api/users") if one["email"].startswith("view"))
    await owner.call("DELETE", f"/api/users/{user_id}")
    left = await owner.get("/api/saved-searches")
    assert [(one["name"], one["owner"]) for one in left] == [("Shared", "")]


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"text": ""}, {"text": "x" * 501}, {"colour": "mauve"}, {"name": "a\0b"}, {"user_id": "somebody"}],
)
async def test_what_cannot_be_kept_is_refused(owner, wrong):
    refused = await owner.post("/api/saved-searches", {**LOBBY, **wrong}, expect=422)
    assert refused["error"]


async def test_only_so_many_searches_are_kept_for_one_person(owner, monkeypatch):
    monkeypatch.setattr(stored, "MOST_OF_ONE", 2)
    for _ in range(2):
        await owner.post("/api/saved-searches", LOBBY)
    refused = await owner.post("/api/saved-searches", LOBBY, expect=409)
    assert "delete one first" in refused["error"]


async def test_what_one_searched_is_offered_again_the_newest_first_until_it_is_forgotten(site, owner, viewer):
    for text in ("tailgating", "lobby", "gate", "tailgating"):
        await owner.get(f"/api/search?q={text}")
    await owner.get("/api/search?q=lob&as_typed=true")
    assert (await owner.get("/api/past-searches"))["texts"] == ["tailgating", "gate", "lobby"]
    assert (await viewer.get("/api/past-searches"))["texts"] == []
    await owner.call("DELETE", "/api/past-searches?text=gate")
    assert (await owner.get("/api/past-searches"))["texts"] == ["tailgating", "lobby"]
    await owner.call("DELETE", "/api/past-searches")
    assert (await owner.get("/api/past-searches"))["texts"] == []
    machine = await site.machine(TokenKind.API)
    await machine.get("/api/search?q=lobby")
    assert (await machine.get("/api/past-searches"))["texts"] == []


async def test_only_the_newest_searches_are_remembered(owner, monkeypatch):
    monkeypatch.setattr(stored, "MOST_PAST", 2)
    for text in ("a", "b", "c"):
        await owner.get(f"/api/search?q={text}")
    monkeypatch.undo()
    assert (await owner.get("/api/past-searches"))["texts"] == ["c", "b"]


async def test_an_erased_person_is_in_nobodys_searches(site, owner):
    await owner.post("/api/saved-searches", {"name": "Rivera at night", "text": '"J. Rivera" night'})
    await owner.get('/api/search?q="J. Rivera"')
    await owner.get("/api/search?q=lobby")
    words = Words.of(["J. Rivera", "Rivera"])
    cleaned = await site.services.db.write(lambda conn: clean_texts(conn, site.account, words, ()))
    assert (cleaned["saved searches"], cleaned["past searches"]) == (1, 1)
    [saved] = await owner.get("/api/saved-searches")
    assert "Rivera" not in saved["name"] + saved["text"]
    assert (await owner.get("/api/past-searches"))["texts"] == ["lobby"]
