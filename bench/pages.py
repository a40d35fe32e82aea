"""How quickly pages of a large account open and filter, in a real browser against a real server.

python bench/pages.py [--doors 10000] [--cameras 2000] [--runs 5] [--case NAME]

An account with so many doors and cameras is made, every camera mapped to the same number of doors, and one event told of
every door. `open` is the time from asking for the page until its rows are drawn, the program itself taken from the
browser's cache as at every visit but the first; `key` from a key until the frame that shows the typed letter; `filtered`
from the last key until the rows no longer change. Needs Chromium and a built page.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from watching.page_rig import Api, chromium, serving, sign_in

from doorwatch.domain.time import SECOND, SystemClock, to_iso

CASES = {
    "mapping": ("/settings/integrations", ".mapping-row", "Filter cameras and doors", "corridor 1777"),
    "doors": ("/doors", ".door-card", "Filter doors", "door 9998"),
    "cameras": ("/doors", ".camera-line", "Filter cameras", "corridor 1777"),
}
"""Page, what is drawn, the field in which one types, and what is typed."""

_MEASURE = """
() => {
  window.keys = []; window.changed = 0;
  addEventListener('keydown', () => {
    const begun = performance.now();
    requestAnimationFrame(() => setTimeout(() => window.keys.push(performance.now() - begun)));
  }, true);
  new MutationObserver(() => { window.changed = performance.now(); })
    .observe(document.body, { childList: true, subtree: true });
}
"""


def furnish(owner: Api, doors: int, cameras: int) -> None:
    """Doors, cameras, the mapping and an event of each door."""
    token = owner("POST", "/api/tokens", {"name": "gateway", "kind": "gateway"})["token"]
    gateway = Api(owner.base, token)
    names = [{"device_id": f"d{n}", "device_name": f"Door {n} floor {n % 40}"} for n in range(doors)]
    gateway("POST", "/api/pacs/devices", {"devices": names, "gateway_id": "bench"})
    rows = "".join(f"Corridor {n},rtsp://127.0.0.1:9/{n},Floor {n % 40}\n" for n in range(cameras))
    owner("POST", "/api/camera-list", {"csv": "name,url,groups\n" + rows, "apply": True})
    told = owner("GET", "/api/integrations/mapping")
    ids = [camera["camera_id"] for camera in told["cameras"]]
    changes = [
        {"door_id": door["door_id"], "before": [], "after": [ids[n % cameras]]} for n, door in enumerate(told["doors"])
    ]
    owner("PUT", "/api/integrations/mapping", {"changes": changes})
    now = SystemClock().now()
    events = [
        {"device_id": f"d{n}", "timestamp": to_iso(now - n * SECOND), "event_type": "AccessGranted"}
        for n in range(doors)
    ]
    for start in range(0, doors, 1000):
        gateway("POST", "/api/pacs/webhooks", {"events": events[start : start + 1000]})


def visit(browser: Browser, base: str) -> Page:
    """A page of somebody who is signed in and was here before."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=base)
    sign_in(context)
    page = context.new_page()
    page.goto("/reports")
    page.get_by_role("heading", name="Reports").wait_for()
    return page


def _server_cpu_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def settle(pid: int) -> None:
    """Wait until the server rests: what it still does for the doors, or for a page looked at before, opens none."""
    for _ in range(120):
        before = _server_cpu_ms(pid)
        time.sleep(1)
        if _server_cpu_ms(pid) - before < 50:
            return
    raise SystemExit("the server does not come to rest: its processor times would say nothing of pages")


def _page_cpu_ms(page: Page) -> Callable[[], float]:
    """Reads how long the page's main thread has worked."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def read() -> float:
        told = session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in told if one["name"] == "TaskDuration")) * 1000

    return read


def measure(page: Page, case: str, pid: int) -> dict[str, float]:
    """One visit: milliseconds until rows are there, of the slowest key, until the filter is done, and of processors."""
    path, row, field, text = CASES[case]
    settle(pid)
    worked, served = _page_cpu_ms(page), _server_cpu_ms(pid)
    begun = time.monotonic()
    page.goto(path, wait_until="commit")
    page.locator(row).first.wait_for()
    opened = (time.monotonic() - begun) * 1000
    page.wait_for_timeout(1500)
    page_cpu, server_cpu = worked(), _server_cpu_ms(pid) - served
    page.evaluate(_MEASURE)
    page.get_by_label(field).focus()
    for sign in text:
        page.keyboard.type(sign)
    typed = page.evaluate("performance.now()")
    page.wait_for_timeout(1000)
    changed, keys = page.evaluate("[window.changed, window.keys]")
    return {
        "open_ms": opened,
        "open_page_cpu_ms": page_cpu,
        "open_server_cpu_ms": server_cpu,
        "key_ms": max(keys),
        "filtered_ms": max(0.0, changed - typed),
        "key_page_cpu_ms": (worked() - page_cpu) / len(text),
    }


def main() -> None:
    """Measure the cases and print one JSON object each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--doors", type=int, default=10_000)
    parser.add_argument("--cameras", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--case", choices=sorted(CASES), action="append")
    asked = parser.parse_args()
    pid: list[int] = []
    with (
        tempfile.TemporaryDirectory(prefix="doorwatch-pages-") as folder,
        serving(Path(folder), pid) as owner,
        sync_playwright() as playwright,
    ):
        furnish(owner, asked.doors, asked.cameras)
        browser = chromium(playwright)
        page = visit(browser, owner.base)
        machine = f"{platform.machine()}, {os.cpu_count()} cores"
        for case in asked.case or CASES:
            runs = [measure(page, case, pid[0]) for _ in range(asked.runs)]
            told = {name: round(statistics.median(run[name] for run in runs), 1) for name in runs[0]}
            slowest = {f"{name}_max": round(max(run[name] for run in runs), 1) for name in runs[0]}
            sizes = {"doors": asked.doors, "cameras": asked.cameras, "runs": asked.runs}
            print(json.dumps({"bench": "pages", "case": case, **sizes, **told, **slowest, "machine": machine}))
        browser.close()


if __name__ == "__main__":
    main()
