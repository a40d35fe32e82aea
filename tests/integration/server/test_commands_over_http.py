"""`doorwatch site`, `doorwatch person` and `doorwatch restore --erasures` as people type them, at a real server."""

import asyncio
import json
import shutil

import pytest
from typer.testing import CliRunner

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.cli.administering import NotOneError
from doorwatch.cli.main import app
from doorwatch.cli.person import WhichPersonError
from doorwatch.server.administration import AdministrationError
from doorwatch.server.backup import back_up

ZOE = {"actor_id": "0f3c-77aa", "actor_name": "Zoë Rivera", "actor_email": "zoe@example.com"}
JON = {"actor_id": "91bb-02cd", "actor_name": "Jon Rivera"}


class Typed:
    """What `doorwatch` does with some words, against one server or one data folder."""

    def __init__(self, *where):
        self._where = [str(part) for part in where]

    async def __call__(self, *words, fails=None, answer=None):
        arguments = [*map(str, words), *self._where]
        done = await asyncio.to_thread(CliRunner().invoke, app, arguments, input=answer)
        if fails is None:
            assert done.exit_code == 0, (done.output, done.exception)
        else:
            assert isinstance(done.exception, fails), (done.output, done.exception)
        return str(done.exception) if fails else done.output

    async def lines(self, *words):
        return [json.loads(line) for line in (await self(*words, "--json")).splitlines()]


@pytest.fixture
async def doorwatch(site, tmp_path):
    (tmp_path / "token").write_text(await site.token(TokenKind.API))
    return Typed("--server", site.base, "--token-file", tmp_path / "token")


async def badge(site, gateway, who, number):
    event = {
        "device_id": "lobby",
        "event_type": "AccessGranted",
        "timestamp": site.iso(-number),
        "event_id": f"e{number}",
    }
    await gateway.post("/api/pacs/webhooks", {"event": event | who})


async def test_a_site_is_added_gets_its_door_and_camera_another_zone_and_goes_again(site, owner, gateway, doorwatch):
    door_id, camera_id = await site.furnish(owner, gateway)
    [main] = await doorwatch.lines("site", "list")
    assert "all" in await doorwatch("site", "list"), "with one site everything is there"
    [yard] = await doorwatch.lines("site", "add", "Auckland yard", "--time-zone", "Pacific/Auckland")
    assert (yard["time_zone"], yard["door_ids"], yard["default"]) == ("Pacific/Auckland", [], False)

    [moved] = await doorwatch.lines("site", "assign", "auckland yard", "--door", "Lobby east", "--camera", camera_id)
    assert (moved["door_ids"], moved["camera_ids"]) == ([door_id], [camera_id])
    assert "(Pacific/Chatham)" in await doorwatch("site", "change", yard["site_id"], "--time-zone", "Pacific/Chatham")
    listed = {one["name"]: one for one in await doorwatch.lines("site", "list")}
    assert listed["Auckland yard"]["time_zone"] == "Pacific/Chatham"

    told = await doorwatch("site", "remove", "Auckland yard", fails=AdministrationError)
    assert "move them to another one first" in told
    await doorwatch("site", "assign", main["site_id"], "--door", door_id, "--camera", "Lobby camera")
    await doorwatch("site", "change", "Auckland yard", "--name", "The yard")
    assert "is removed" in await doorwatch("site", "remove", "the yard")
    assert [one["site_id"] for one in await doorwatch.lines("site", "list")] == [main["site_id"]]


async def test_what_cannot_be_done_with_a_site_is_one_sentence(site, owner, doorwatch):
    assert "Main site" in await doorwatch("site", "change", "Nowhere", "--name", "x", fails=NotOneError)
    assert "zone" in await doorwatch("site", "add", "Mars", "--time-zone", "Mars/Base", fails=AdministrationError)
    for words in (("change", "Main site"), ("assign", "Main site")):
        assert await doorwatch("site", *words, fails=SystemExit) == "2", "that is wrong usage"


async def test_a_person_is_found_exported_into_a_file_of_ones_own_and_erased_when_that_was_meant(
    site, owner, gateway, doorwatch, tmp_path
):
    await site.furnish(owner, gateway)
    for number, who in enumerate((ZOE, ZOE, JON), start=1):
        await badge(site, gateway, who, number)
    found = await doorwatch.lines("person", "find", "rivera")
    assert {one["name"]: one["events"] for one in found} == {"Zoë Rivera": 2, "Jon Rivera": 1}
    assert "2 people are called" in await doorwatch("person", "erase", "rivera", "--yes", fails=WhichPersonError)
    assert "nobody is called" in await doorwatch("person", "export", "Nadia", tmp_path / "x", fails=WhichPersonError)

    file = tmp_path / "zoe.json"
    assert "2 events" in await doorwatch("person", "export", "0f3c-77aa", file)
    assert file.stat().st_mode & 0o077 == 0, "only its owner reads it"
    kept = json.loads(file.read_text())
    assert [one["name"] for one in kept["people"]] == ["Zoë Rivera"]
    assert "Jon" not in file.read_text()
    told = await doorwatch("person", "export", "Zoë", tmp_path / "no" / "folder.json", fails=WhichPersonError)
    assert "name another file" in told

    await doorwatch("person", "erase", "Zoë", answer="n\n", fails=SystemExit)
    assert len(await doorwatch.lines("person", "find", "Zoë")) == 1, "who says no erases nobody"
    assert "cleaned" in await doorwatch("person", "erase", "Zoë", answer="y\n")
    assert await doorwatch.lines("person", "find", "Zoë") == []
    assert len(await doorwatch.lines("person", "find", "rivera")) == 1
    [entry] = (await owner.get("/api/audit", params={"act": "person.erase"}))["entries"]
    assert "Zoë" not in json.dumps(entry)


async def test_who_was_erased_after_the_backup_stays_erased_where_restore_is_told_of_the_erasures(
    tmp_path, prepared, run_server
):
    lost, restored = tmp_path / "lost", tmp_path / "restored"
    shutil.copytree(prepared, lost)
    async with run_server(lost) as site:
        gateway = await site.machine(TokenKind.GATEWAY)
        await site.furnish(await site.user(Role.OWNER), gateway)
        await badge(site, gateway, ZOE, 1)
        await badge(site, gateway, JON, 2)
        await asyncio.to_thread(back_up, site.services.settings, tmp_path / "copy")
        (tmp_path / "token").write_text(await site.token(TokenKind.API))
        there = Typed("--server", site.base, "--token-file", tmp_path / "token")
        await there("person", "erase", "Zoë", "--yes")
    doorwatch = Typed("--data-dir", restored)
    said = await doorwatch("restore", tmp_path / "copy", "--erasures", lost / "erasures.jsonl")
    assert "restored as of" in said
    async with run_server(restored) as site:
        owner = await site.signed_in("owner-main@example.com")
        assert [one["name"] for one in await owner.get("/api/cardholders", params={"q": "rivera"})] == ["Jon Rivera"]
