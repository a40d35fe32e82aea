"""`doorwatch demo --check`: wait until the first tailgating was found by search and its mail was received.

The figures are the chain's own: what the simulated PACS recorded, what the gateway counted, what the server's search
finds, and when the mailbox took the mail.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp

from doorwatch.demo.building import DESK, DOOR, Building
from doorwatch.demo.processes import DemoError
from doorwatch.domain.time import MILLISECOND, from_iso

T = TypeVar("T")
_MAIL_HEADERS = ("subject", "to")


async def check(building: Building) -> dict[str, Any]:
    """Follow one tailgating through the chain; the result as one JSON object.

    Raises DemoError that names the link that broke.
    """
    await _eventually(building, "access events reach the server (gateway, spool, ingest)", 40, _grants(building))
    await _eventually(building, "crossings are counted (camera, detector, analyzer)", 60, _crossings(building))
    incident = await _eventually(building, "the rule finds the tailgating (watch, verdict)", 60, _incident(building))
    hits = await _eventually(building, "search finds the incident", 15, _hits(building, incident["incident_id"]))
    mail = await _eventually(building, "the mail arrives (alerts, SMTP)", 30, _mail(building))
    final = await building.server.call("GET", f"/api/incidents/{incident['incident_id']}")
    camera = await building.server.call("GET", f"/api/cameras/{building.camera_id}")
    return {
        "incident": {key: final[key] for key in ("kind", "people", "grants", "excess", "reason", "state")},
        "search_hits": hits,
        "mail": {key: getattr(mail, key) for key in _MAIL_HEADERS},
        "events": await _events(building),
        "crossing_to_incident_ms": final["crossing_to_incident_ms"],
        "incident_to_mail_ms": (mail.at - _became_final(final)) // MILLISECOND,
        "detector": camera["detector"],
    }


async def _eventually(building: Building, link: str, seconds: float, look: Callable[[], Awaitable[T | None]]) -> T:
    deadline = building.clock.monotonic() + seconds
    while True:
        found = await look()
        if found:
            return found
        if building.clock.monotonic() > deadline:
            raise DemoError(f"the chain broke at: {link} (waited {seconds:.0f} s); logs are in {building.folder}")
        await building.clock.sleep(0.2)


async def _search(building: Building, text: str) -> dict[str, Any]:
    answer: dict[str, Any] = await building.server.call("GET", "/api/search", q=text, limit="100")
    return answer


def _grants(building: Building) -> Callable[[], Awaitable[int | None]]:
    async def look() -> int | None:
        return (await _search(building, "access granted"))["total"] or None

    return look


def _crossings(building: Building) -> Callable[[], Awaitable[int | None]]:
    async def look() -> int | None:
        moments = (await _search(building, "today"))["moments"]
        return sum(moment["kind"] == "crossing" for moment in moments) or None

    return look


def _incident(building: Building) -> Callable[[], Awaitable[dict[str, Any] | None]]:
    async def look() -> dict[str, Any] | None:
        incidents = await building.server.call("GET", "/api/incidents", limit="10")
        settled = [i for i in incidents if i["kind"] == "tailgating" and i["state"] == "final"]
        return settled[-1] if settled else None

    return look


def _hits(building: Building, incident_id: str) -> Callable[[], Awaitable[int | None]]:
    async def look() -> int | None:
        found = await _search(building, f"tailgating {DOOR.split()[0].lower()} today")
        return found["total"] if any(m["incident_id"] == incident_id for m in found["moments"]) else None

    return look


def _mail(building: Building) -> Callable[[], Awaitable[Any | None]]:
    async def look() -> Any | None:
        return next((mail for mail in building.mails if DESK in mail.to and DOOR in mail.subject), None)

    return look


def _became_final(incident: dict[str, Any]) -> int:
    times = [from_iso(step["at"]) for step in incident["history"] if step["state"] == "final"]
    return min(times)


async def _events(building: Building) -> dict[str, int]:
    """Events through the chain; waits until what was seen had time to arrive."""

    async def settled() -> dict[str, int] | None:
        seen = (await building.control("GET", "state"))["raised"]
        stored = (await _search(building, "kind:access_event"))["total"]
        forwarded = await _forwarded(building)
        counts = {"seen": seen, "forwarded": forwarded, "stored": stored, "lost": seen - stored}
        return counts if counts["lost"] <= 0 <= forwarded - stored else None

    return await _eventually(building, "every access event is stored (gateway, spool, ingest)", 20, settled)


async def _forwarded(building: Building) -> int:
    url = f"http://127.0.0.1:{building.ports['gateway']}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        for line in (await answer.text()).splitlines():
            if line.startswith("doorwatch_gateway_events_forwarded_total "):
                return int(float(line.rsplit(" ", 1)[1]))
    return 0
