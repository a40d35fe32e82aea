"""A wall of real RTSP cameras in a real browser: whether every tile plays, and what the page keeps over time."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import CDPSession, Page, sync_playwright
from watching.camera_rig import Cameras
from watching.live_clip import BITS, READ_NUMBERS, lateness, numbered_clip
from watching.page_rig import chromium, serving, sign_in

from doorwatch.domain.time import Micros

_PLAYING = "(count) => document.querySelectorAll('.live[data-state=playing]').length === count"
_TILES = """
() => [...document.querySelectorAll('.live video')].map((video) => {
  const { buffered } = video;
  let seconds = 0;
  for (let n = 0; n < buffered.length; n += 1) seconds += buffered.end(n) - buffered.start(n);
  const shown = video.getVideoPlaybackQuality();
  return [video.parentElement.dataset.state === 'playing', seconds, shown.totalVideoFrames, shown.droppedVideoFrames];
})
"""
_WARM_UP = 12.0
"""Seconds until every buffer holds what it will hold."""


@contextmanager
def wall(count: int) -> Iterator[tuple[Page, list[Micros]]]:
    """The page of so many cameras, each playing, and when each camera's first picture was captured."""
    with tempfile.TemporaryDirectory(prefix="doorwatch-live-") as name, sync_playwright() as playwright:
        folder = Path(name)
        cameras = Cameras(numbered_clip(folder / "numbered.mp4"), count)
        try:
            with serving(folder, [], analyzer=True, camera_networks="127.0.0.1/32") as owner:
                for number, url in enumerate(cameras.urls):
                    settings = {"record": False}
                    owner("POST", "/api/cameras", {"name": f"Camera {number:02}", "url": url, "settings": settings})
                browser = chromium(playwright)
                context = browser.new_context(viewport={"width": 1920, "height": 1080}, base_url=owner.base)
                sign_in(context)
                page = context.new_page()
                page.goto("/")
                page.wait_for_function(_PLAYING, arg=count, timeout=240_000)
                yield page, cameras.epochs
                browser.close()
        finally:
            cameras.close()


def picture(seconds: float) -> dict[str, Any]:
    """How far the picture of one camera lies behind what it shows."""
    with wall(1) as (page, epochs):
        page.wait_for_timeout(10_000)
        late = lateness(page.evaluate(READ_NUMBERS, [seconds, BITS]), epochs[0])
    return {"seconds": seconds, "pictures": len(late), **percentiles(late)}


def tiles(count: int, seconds: float) -> dict[str, Any]:
    """What a page with so many tiles holds over time, after garbage was collected."""
    with wall(count) as (page, epochs):
        page.wait_for_timeout(_WARM_UP * 1000)
        session = page.context.new_cdp_session(page)
        begun = time.monotonic()
        before = page.evaluate(_TILES)
        looks = [_look(page, session)]
        while (passed := time.monotonic() - begun) < seconds:
            page.wait_for_timeout(min(10.0, seconds / 8, seconds - passed) * 1000)
            looks.append(_look(page, session))
        wall_seconds = time.monotonic() - begun
        late = lateness(page.evaluate(READ_NUMBERS, [min(10.0, seconds), BITS]), epochs[0])
    shown = [now[2] - then[2] for now, then in zip(looks[-1]["tiles"], before, strict=True)]
    dropped = sum(now[3] - then[3] for now, then in zip(looks[-1]["tiles"], before, strict=True))
    return {
        "seconds": round(wall_seconds, 1),
        "tiles": count,
        "playing_least": min(sum(tile[0] for tile in look["tiles"]) for look in looks),
        "pictures_per_s_least": round(min(shown) / wall_seconds, 2),
        "dropped": round(dropped / max(1, sum(shown)), 4),
        "buffered_s_most": round(max(tile[1] for look in looks for tile in look["tiles"]), 1),
        "buffered_s_grown": _grown([sum(tile[1] for tile in look["tiles"]) for look in looks]),
        "heap_mib": round(looks[-1]["heap"], 2),
        "heap_mib_grown": _grown([look["heap"] for look in looks]),
        "nodes": looks[-1]["nodes"],
        "nodes_grown": _grown([look["nodes"] for look in looks]),
        "listeners_grown": _grown([look["listeners"] for look in looks]),
        **percentiles(late),
    }


def _look(page: Page, session: CDPSession) -> dict[str, Any]:
    session.send("HeapProfiler.collectGarbage")
    counters = session.send("Memory.getDOMCounters")
    return {
        "heap": session.send("Runtime.getHeapUsage")["usedSize"] / (1 << 20),
        "nodes": counters["nodes"],
        "listeners": counters["jsEventListeners"],
        "tiles": page.evaluate(_TILES),
    }


def _grown(values: list[float]) -> float:
    """What the second half held more than the first, by their medians."""
    half = len(values) // 2
    return round(float(np.median(values[half:]) - np.median(values[:half])), 2)


def percentiles(times: list[float]) -> dict[str, int]:
    """Of milliseconds."""
    p50, p95, p99 = np.percentile(times, [50, 95, 99])
    return {"p50_ms": round(p50), "p95_ms": round(p95), "p99_ms": round(p99), "max_ms": round(max(times))}
