"""Measures what an operator sees how soon: real server, real cameras over RTSP, a real browser.

    doorwatch bench live [--case incident|picture|page|wall] [--incidents N] [--runs N] [--tiles N] [--seconds N]

Prints one JSON object per case. `incident`: from the telling of a second person's crossing (`told`), and from the moment
that the server had the incident (`stored`), until its result stands on a search page that was open all the time.
`picture`: from the capture of a camera's picture until the browser displays it; every picture carries its number,
which is read off the screen. `page`: the search page with 50 results that have pictures, nothing in the cache, at
10 Mbit/s and 20 ms: until the results are drawn and the page is free to answer keys; what its JavaScript weighs as it is
sent, and how long the page's main thread worked. `wall`: as many cameras as a wall has tiles, whether all of them play, and what the page holds after garbage
was collected; half an hour before a release: `--case wall --seconds 1800`. Needs Chromium and a built page.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from pysqlite3 import dbapi2 as sqlite
from watching.live_door import Doors, Told, still
from watching.live_wall import percentiles, picture, tiles
from watching.page_rig import Api, chromium, serving, sign_in

from doorwatch.domain.time import SECOND, Micros, SystemClock

RESULTS = 50
_BYTES_PER_S = 10_000_000 // 8
_LATENCY_MS = 20
_DOORS = 10
_PACE = 0.5
_SEARCH = "/search?q=tailgating"
_CLOCK = SystemClock()

_WATCH_RESULTS = """
() => {
  window.firstSeen = {};
  const look = () => {
    for (const link of document.querySelectorAll('a.result')) {
      const id = decodeURIComponent(link.pathname.split('/').at(-1));
      window.firstSeen[id] ??= Date.now();
    }
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  look();
}
"""
_WATCH_OPENING = """
window.opening = { drawn: 0, busy: 0 };
new PerformanceObserver((told) => {
  for (const task of told.getEntries()) window.opening.busy = Math.max(window.opening.busy, task.startTime + task.duration);
}).observe({ type: 'longtask', buffered: true });
new MutationObserver(() => {
  if (window.opening.drawn || document.querySelectorAll('a.result').length < RESULTS) return;
  window.opening.drawn = -1;
  requestAnimationFrame(() => setTimeout(() => { window.opening.drawn = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
""".replace("RESULTS", str(RESULTS))
_SENT = """
() => performance.getEntriesByType('resource').filter((one) => one.name.endsWith('.js'))
  .reduce((sum, one) => sum + one.encodedBodySize, 0)
"""


def incident(count: int) -> dict[str, Any]:
    """Until an incident's result stands on an open page."""
    with (
        tempfile.TemporaryDirectory(prefix="doorwatch-live-") as folder,
        serving(Path(folder), []) as owner,
        sync_playwright() as playwright,
    ):
        doors = Doors(owner, _DOORS)
        browser = chromium(playwright)
        context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=owner.base)
        sign_in(context)
        page = context.new_page()
        page.goto(_SEARCH)
        page.locator(".notice.empty").wait_for()
        page.evaluate(_WATCH_RESULTS)
        told = []
        for number in range(count):
            begun = time.monotonic()
            told.append(doors.follow(number, _CLOCK.now()))
            page.wait_for_timeout(max(0.0, begun + _PACE - time.monotonic()) * 1000)
        page.wait_for_timeout(3000)
        seen: dict[str, float] = page.evaluate("window.firstSeen")
        browser.close()
        return _soon(told, seen, _stored(Path(folder) / "data" / "doorwatch.db"))


def _stored(database: Path) -> dict[str, tuple[Micros, Micros]]:
    """When each incident's first excess entry was, and when the server had it."""
    with closing(sqlite.connect(database)) as connection:
        rows = connection.execute("SELECT incident_id, at, arrived_at FROM moments WHERE incident_id IS NOT NULL")
        return {row[0]: (row[1], row[2]) for row in rows}


def _soon(told: list[Told], seen: dict[str, float], stored: dict[str, tuple[Micros, Micros]]) -> dict[str, Any]:
    begun = {one.at: one.begun for one in told}
    found = {name: at for name, at in seen.items() if name in stored and stored[name][0] in begun}
    since = [at - begun[stored[name][0]] / 1000 for name, at in found.items()]
    after = [at - stored[name][1] / 1000 for name, at in found.items()]
    return {
        "items": len(told),
        "lost": len(told) - len(found),
        **{f"told_{name}": value for name, value in percentiles(since).items()},
        **percentiles(after),
    }


def page(runs: int) -> dict[str, Any]:
    """The first page of results on a slow line with nothing in the cache."""
    with (
        tempfile.TemporaryDirectory(prefix="doorwatch-live-") as folder,
        serving(Path(folder), []) as owner,
        sync_playwright() as playwright,
    ):
        _furnish(owner)
        browser = chromium(playwright)
        opened = [_open(browser, owner.base) for _ in range(runs)]
        browser.close()
    drawn, free = [one["drawn"] for one in opened], [one["free"] for one in opened]
    told = {f"drawn_{name}": value for name, value in percentiles(drawn).items()}
    cpu = round(statistics.median(one["cpu"] for one in opened))
    sizes = {"runs": runs, "results": RESULTS, "javascript_kb": opened[0]["kb"], "page_cpu_ms": cpu}
    return {**sizes, **told, **percentiles(free)}


def _furnish(owner: Api) -> None:
    doors = Doors(owner, _DOORS)
    now = _CLOCK.now()
    for number in range(RESULTS + 10):
        doors.follow(number, now - (number + 1) * 60 * SECOND)
    deadline = time.monotonic() + 60
    while len(found := owner("GET", f"/api/search?q=tailgating&limit={RESULTS + 10}")["moments"]) < RESULTS + 10:
        if time.monotonic() > deadline:
            raise SystemExit(f"only {len(found)} of {RESULTS + 10} incidents came to be")
        time.sleep(0.5)
    for number, moment in enumerate(found):
        doors.picture(owner("GET", f"/api/incidents/{moment['incident_id']}"), still(number))


def _open(browser: Browser, base: str) -> dict[str, float]:
    """One visit: milliseconds until the results are drawn and until the page is free, kB of JavaScript as sent."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=base)
    sign_in(context)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    line = {"downloadThroughput": _BYTES_PER_S, "uploadThroughput": _BYTES_PER_S}
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": _LATENCY_MS, **line})
    page.add_init_script(_WATCH_OPENING)
    page.goto(_SEARCH, wait_until="commit")
    page.wait_for_function("() => window.opening.drawn > 0", timeout=60_000)
    # A page that works on something for a second more is not free yet.
    page.wait_for_timeout(1000)
    told = page.evaluate("window.opening")
    worked = next(
        one["value"] for one in session.send("Performance.getMetrics")["metrics"] if one["name"] == "TaskDuration"
    )
    page.keyboard.press("/")
    page.keyboard.type("x")
    page.wait_for_function("() => document.activeElement?.value?.endsWith('x')", timeout=10_000)
    kb = page.evaluate(_SENT) / 1000
    context.close()
    return {"drawn": told["drawn"], "free": max(told["drawn"], told["busy"]), "kb": round(kb), "cpu": worked * 1000}


def main() -> None:
    """Measure the cases and print one JSON object each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=("incident", "picture", "page", "wall"), help="one case instead of all")
    parser.add_argument("--incidents", type=int, default=100, help="how many people follow somebody in, two a second")
    parser.add_argument("--runs", type=int, default=10, help="how often the page of results is opened")
    parser.add_argument("--tiles", type=int, default=16, help="cameras on the wall")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long picture and wall are looked at")
    parser.add_argument("--json", action="store_true", help="JSON is printed in any case")
    told = parser.parse_args()
    cases: dict[str, Callable[[], dict[str, Any]]] = {
        "incident": lambda: incident(told.incidents),
        "picture": lambda: picture(told.seconds),
        "page": lambda: page(told.runs),
        "wall": lambda: tiles(told.tiles, told.seconds),
    }
    for case in [told.case] if told.case else cases:
        load = os.getloadavg()[0]
        row = {"bench": "live", "case": case, **cases[case]()}
        loads = {"before": round(load, 1), "after": round(os.getloadavg()[0], 1)}
        print(
            json.dumps({**row, "load": loads, "machine": f"{platform.machine()}, {os.cpu_count()} cores"}), flush=True
        )


if __name__ == "__main__":
    main()
