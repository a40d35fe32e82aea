"""Searching by looks over the API, with a real pair of encoders; without one nothing of it is there."""

import base64

import numpy as np
import pytest
from tests.tiny_pair import make_pair

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.vision.likeness import pair

PASSWORD = "a long enough password"
COLOURS = {"red": (30, 30, 200), "green": (40, 170, 40), "blue": (200, 40, 30)}  # blue first


class Looking:
    """A server with a pair, its door, and an analyzer that tells how people in colours look."""

    def __init__(self, site, folder):
        self.site, self.pair = site, pair.read(folder)
        self.pictures = self.pair.pictures()

    async def open(self):
        self.owner, gateway = await self.site.user(Role.OWNER), await self.site.machine(TokenKind.GATEWAY)
        self.analyzer = await self.site.machine(TokenKind.ANALYZER)
        self.door, self.camera = await self.site.furnish(self.owner, gateway)
        return self

    async def crosses(self, name, colour, *, model=None, seconds=0):
        direction = self.pictures.encode(np.full((60, 30, 3), COLOURS[colour], np.uint8))
        told = {
            "crossing_id": name,
            "camera_id": self.camera,
            "door_id": self.door,
            "track": name,
            "at": self.site.iso(-seconds),
            "direction": "out",  # who leaves makes no incident
            "likeness": {"model": model or self.pair.identity, "direction": base64.b64encode(direction).decode()},
        }
        await self.analyzer.post("/api/analyzer/crossings", {"crossings": [told]})

    async def search(self, text, caller=None, **more):
        return await (caller or self.owner).get("/api/search", params={"q": text, **more})


@pytest.fixture
async def looking(tmp_path, prepared, run_server):
    data = tmp_path / "data"
    data.mkdir()
    (data / "doorwatch.db").write_bytes((prepared / "doorwatch.db").read_bytes())
    folder = make_pair(data / "models" / "likeness")
    async with run_server(data) as site:
        yield await Looking(site, folder).open()


def names(found):
    return [moment["crossing_id"] for moment in found["moments"]]


async def test_red_finds_the_red_picture_among_others_and_says_how_much_it_stands_out(looking):
    for number, colour in enumerate(["green", "red", *["blue", "green"] * 7]):
        await looking.crosses(f"c{number}", colour, seconds=number)
    found = await looking.search('like:"person with a red suitcase" crossing')
    assert names(found)[0] == "c1"
    ranking = found["ranking"]
    assert (ranking["compared"], ranking["whole"], ranking["left_out"], found["total"]) == (16, True, 0, 16)
    assert ranking["scores"][0] == {
        "moment_id": "crossing:c1",
        "cosine": pytest.approx(1, abs=0.01),
        "stands_out": "clearly",
    }
    assert {one["stands_out"] for one in ranking["scores"][1:]} <= {"hardly", "not"}
    assert [chip["kind"] for chip in found["query"]["chips"]] == ["like", "kind"]
    assert found["query"]["problems"] == []


async def test_more_like_this_goes_from_one_picture_to_others_like_it(looking):
    for name, colour in (("a", "blue"), ("b", "red"), ("c", "blue")):
        await looking.crosses(name, colour)
    plain = await looking.search("crossing")
    assert plain["ranking"] is None
    assert sorted(plain["looks_known"]) == ["crossing:a", "crossing:b", "crossing:c"]
    found = await looking.search("like:crossing:a")
    assert names(found) == ["c", "b"]
    assert [one["stands_out"] for one in found["ranking"]["scores"]] == [None, None]


async def test_what_another_model_saw_is_left_out_and_that_is_said(looking):
    await looking.crosses("old", "red", model=5)
    await looking.crosses("new", "blue")
    found = await looking.search("like:red")
    assert (names(found), found["ranking"]["left_out"]) == (["new"], 1)
    assert (await looking.search("crossing"))["looks_known"] == ["crossing:new"]
    unknown = await looking.search("like:crossing:old")
    assert unknown["ranking"] is None
    assert unknown["query"]["problems"] == [
        "How that moment looks is not known, or not any more: nothing was compared with it"
    ]


async def test_pages_and_files_come_in_the_same_order(looking):
    for number, colour in enumerate(["green", "blue", "red", "red"]):
        await looking.crosses(f"c{number}", colour, seconds=number)
    first = await looking.search("like:red", limit=3)
    rest = await looking.search("like:red", before=first["next"])
    assert [*names(first), *names(rest)][:2] == ["c3", "c2"]
    assert rest["next"] is None
    table = await looking.owner.get("/api/search/results.csv", params={"q": "like:red"})
    assert [line.split(",")[-1].strip() for line in table.splitlines()[1:]] == [*names(first), *names(rest)]


async def test_who_sees_one_camera_is_told_nothing_of_how_others_look(looking):
    await looking.crosses("c1", "red")
    elsewhere = await looking.owner.post("/api/cameras", {"name": "Elsewhere", "url": "rtsp://127.0.0.1/else"})
    body = {"email": "guest@example.com", "password": PASSWORD, "cameras": [elsewhere["camera_id"]]}
    await looking.owner.post("/api/users", body)
    guest = await looking.site.signed_in("guest@example.com")
    assert names(await looking.search("like:red", guest)) == []
    told = await looking.search("like:crossing:c1", guest)
    assert (told["ranking"], len(told["query"]["problems"])) == (None, 1)


async def test_a_search_by_looks_cannot_alert(looking):
    saved = await looking.owner.post("/api/saved-searches", {"name": "Red", "text": "like:red", "colour": "red"})
    body = {"name": "Red", "saved_search_id": saved["saved_search_id"]}
    refused = await looking.owner.call("POST", "/api/alert-rules", body, expect=422)
    assert "can't alert" in refused["error"]


async def test_it_is_suggested_where_it_is_on(looking):
    found = await looking.owner.get("/api/suggest", params={"q": "lik"})
    assert found["suggestions"][0] == {"text": 'like:"person with a red suitcase"', "kind": "like"}


async def test_an_encoder_that_fails_later_is_told_and_the_words_are_searched_all_the_same(looking):
    await looking.crosses("c1", "red")
    (looking.pair.folder / "tokenizer.json").write_text("{")
    found = await looking.search("like:red crossing")
    assert names(found) == ["c1"]
    assert found["query"]["problems"][0].startswith("Searching by looks does not work: ")


async def test_without_a_pair_nothing_of_it_shows_and_the_words_are_searched(site, owner, gateway, analyzer):
    door, camera = await site.furnish(owner, gateway)
    told = {
        "crossing_id": "c1",
        "camera_id": camera,
        "door_id": door,
        "track": "1",
        "at": site.iso(),
        "direction": "in",
    }
    await analyzer.post("/api/analyzer/crossings", {"crossings": [told]})
    found = await owner.get("/api/search", params={"q": 'like:"red suitcase" crossing'})
    assert (names(found), found["ranking"], found["looks_known"]) == (["c1"], None, [])
    [problem] = found["query"]["problems"]
    assert "is off here" in problem
    assert "`doorwatch models pull likeness`" in problem
    assert (await owner.get("/api/suggest", params={"q": "lik"}))["suggestions"] == []
