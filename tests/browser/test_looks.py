"""Searching by looks: a text finds the picture that it tells of, the page says that it ranks, and leads to others alike."""

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import numpy as np
import pytest
from playwright.sync_api import expect
from tests.tiny_pair import make_pair

from doorwatch.analyzer.likenesses import Likenesses
from doorwatch.analyzer.wire import Message
from doorwatch.domain.time import HOUR, SystemClock

WIDE, PHONE = (1440, 900), (390, 844)
COLOURS = {"red": (30, 30, 200), "green": (40, 170, 40), "blue": (200, 40, 30)}  # blue first
PEOPLE = ["green", "blue", "red", *["green", "blue"] * 6]


@pytest.fixture(scope="module")
def server_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    make_pair(folder / "data" / "models" / "likeness")
    return folder


def encoded(data, people):
    """What the analyzer's own process makes of cut-outs of people in these colours, in a grey room."""

    async def work():
        heard, enough = [], asyncio.Event()

        def take(answer):
            heard.append(answer)
            if len(heard) == len(people):
                enough.set()

        likenesses = Likenesses(data, take, SystemClock())
        for number, colour in enumerate(people):
            picture = np.full((80, 50, 3), 150, np.uint8)
            picture[10:70, 15:35] = COLOURS[colour]
            header = {"kind": "cutout", "camera_id": "c", "ring": "r", "crossing_id": str(number), "size": [80, 50]}
            likenesses.want(Message(header, picture.tobytes()))
        task = asyncio.create_task(likenesses.run())
        async with asyncio.timeout(30):
            await enough.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return heard

    with ThreadPoolExecutor(1) as thread:  # the browser's own loop runs in this one
        return thread.submit(lambda: asyncio.run(work())).result()


@pytest.fixture(scope="module")
def seen(door, now, server_folder):
    """Fifteen people left an hour ago, one of them in red."""
    looks = encoded(server_folder / "data", PEOPLE)
    told = [
        {
            "crossing_id": f"{colour}-{number}",
            "camera_id": door.camera_id,
            "door_id": door.door_id,
            "track": str(number),
            "at": datetime.fromtimestamp((now() - HOUR) / 1_000_000 - number, UTC).isoformat(),
            "direction": "out",
            "upper": colour,
            "likeness": {"model": look["model"], "direction": look["direction"]},
        }
        for number, (colour, look) in enumerate(zip(PEOPLE, looks, strict=True))
    ]
    assert all(base64.b64decode(look["direction"]) for look in looks)
    door.analyzer("POST", "/api/analyzer/crossings", {"crossings": told})


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_red_finds_the_one_in_red_and_leads_to_others_who_look_alike(visit, seen, size):
    page = visit("/search?q=like%3A%22person%20with%20a%20red%20suitcase%22%20crossing", size=size)
    chips = page.get_by_role("list", name="How the search was understood")
    expect(chips).to_contain_text("person with a red suitcase")
    results = page.locator(".result")
    expect(results).to_have_count(len(PEOPLE))
    expect(results.first).to_contain_text("in red")
    expect(results.first).to_contain_text("stands out clearly")
    expect(results.last).not_to_contain_text("stands out clearly")
    expect(page.get_by_role("status").filter(has_text="the likest first")).to_be_visible()
    expect(page.get_by_text("Ranked by looks, not by time")).to_be_visible()
    page.screenshot(path=f"/tmp/semantic_{size[0]}.png")
    second = page.locator(".results > li", has_text="in blue").first
    second.get_by_role("link", name="More like this").click()
    expect(chips).to_contain_text("that picture")
    expect(results).to_have_count(len(PEOPLE) - 1)
    expect(results.first).to_contain_text("in blue")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
