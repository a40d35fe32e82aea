"""What a search finds as a file: all of it up to a limit that is said, safe to open, and noted in the trail."""

import csv
import io

import pytest

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.domain.time import SECOND
from doorwatch.server.api import search_files
from doorwatch.server.errors import ApiError
from doorwatch.store import moments

EVIL = '=HYPERLINK("http://x")'
HEALTH = 30


@pytest.fixture
async def owner(site):
    owner = await site.user(Role.OWNER)
    await site.furnish(owner, await site.machine(TokenKind.GATEWAY))

    start = site.services.clock.now()

    def fill(conn):
        for n in range(HEALTH):
            at = start + n * SECOND
            moments.record_health(conn, site.account, f"h{n}", EVIL, f"line {n}", at=at, now=at, labels=("cellar",))

    await site.services.db.write(fill)
    return owner


def rows(text):
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


async def test_a_table_holds_every_page_of_what_was_found(owner, monkeypatch):
    monkeypatch.setattr(search_files, "_PAGE", 7)
    async with owner.http.get("/api/search/results.csv", params={"q": "cellar"}) as answer:
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        name = answer.headers["Content-Disposition"]
        found = rows(await answer.text())
    assert name.startswith('attachment; filename="doorwatch-cellar-20')
    assert name.endswith('Z.csv"')
    assert [row["detail"] for row in found] == [f"line {n}" for n in reversed(range(HEALTH))]
    assert {row["title"] for row in found} == {f"'{EVIL}"}, "a spreadsheet must not calculate it"
    assert found[0]["at"].endswith("+00:00"), "times carry the zone of the site"
    assert "cellar" in found[0]["labels"]


async def test_a_document_tells_the_moments_as_search_does(owner, monkeypatch):
    monkeypatch.setattr(search_files, "_PAGE", 7)
    told = await owner.get("/api/search/results.json?q=cellar")
    search = await owner.get("/api/search?q=cellar&limit=100")
    assert told["query"] == "cellar"
    assert told["ended"] is None
    assert told["moments"] == [
        {name: value for name, value in one.items() if name != "picture_url"} for one in search["moments"]
    ]


async def test_a_search_that_finds_nothing_gives_an_empty_file(owner):
    assert rows(await owner.get("/api/search/results.csv?q=nowhere")) == []
    assert (await owner.get("/api/search/results.json?q=nowhere"))["moments"] == []


async def test_a_file_ends_at_the_limit_and_says_so(owner, monkeypatch):
    monkeypatch.setattr(search_files, "_PAGE", 7)
    monkeypatch.setattr(search_files, "MOST", 16)
    found = rows(await owner.get("/api/search/results.csv?q=cellar"))
    assert [row["detail"] for row in found[:-1]] == [f"line {n}" for n in range(HEALTH - 1, HEALTH - 17, -1)]
    assert found[-1]["title"] == "older moments are left out: a file holds the newest 16"
    told = await owner.get("/api/search/results.json?q=cellar")
    assert len(told["moments"]) == 16
    assert "newest 16" in told["ended"]


async def test_a_limit_that_is_just_reached_is_not_one(owner, monkeypatch):
    monkeypatch.setattr(search_files, "MOST", HEALTH)
    assert (await owner.get("/api/search/results.json?q=cellar"))["ended"] is None


async def test_a_file_that_is_stopped_on_the_way_says_so_at_its_end(owner, monkeypatch):
    asked, page_of = [], search_files.page_of

    def slow(*arguments, **options):
        asked.append(arguments)
        if len(asked) > 2:
            raise ApiError(422, "this search took too long")
        return page_of(*arguments, **options)

    monkeypatch.setattr(search_files, "_PAGE", 7)
    monkeypatch.setattr(search_files, "page_of", slow)
    told = await owner.get("/api/search/results.json?q=cellar")
    assert len(told["moments"]) == 14
    assert told["ended"] == "older moments are left out: this search took too long"


async def test_that_somebody_took_results_away_is_in_the_trail(owner):
    await owner.get("/api/search/results.csv?q=%20cellar")
    (entry,) = (await owner.get("/api/audit?act=search.export"))["entries"]
    assert entry["subject"] == "cellar"
    assert entry["detail"] == {"format": "csv", "found": HEALTH, "most": search_files.MOST}


async def test_a_name_of_a_file_is_made_of_letters_whatever_was_looked_for(owner):
    async with owner.http.get("/api/search/results.csv", params={"q": 'Zoë "; rm -rf /\r\n<b>'}) as answer:
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="doorwatch-zoe-rm-rf-b-20')
