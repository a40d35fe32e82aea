"""The cases of bench/verdict.py that run the whole server: what happens is posted to it, and its database is asked."""

import asyncio
import os
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest import Server
from serving import verdict_load as load
from serving.verdict_server import furnish
from sqlalchemy import Connection, func, select

from doorwatch.accounts.roles import TokenKind
from doorwatch.domain.incident import Incident
from doorwatch.domain.time import SECOND, Micros, from_iso, to_iso
from doorwatch.domain.verdict import DoorInputs, judge
from doorwatch.store.schema.happenings import crossings, incident_revisions, incidents

_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE_SECONDS = 30.0
_GONE = ("explained", "withdrawn")


def live(
    case: str, rate: float, count: int, seconds: float, *, database: str | None, judges: int | None
) -> dict[str, Any]:
    """Offer what happens in real time, then wait until every incident is told and final."""
    settings = {} if judges is None else {"DOORWATCH_JUDGES": str(judges)}
    with Server(watch=True, database=database, settings=settings) as server:
        now = _now()
        account, _, doors = server.change(lambda conn: furnish(conn, count, now))
        story = load.STORIES[case](doors, rate, seconds)
        tokens = {"gateway": server.token(), "analyzer": server.token(TokenKind.ANALYZER)}
        begin, due = _made(story, [f"cam-{device}" for device in doors], seconds)
        before = _used(server.pid)
        posting = asyncio.run(_post(server, due, begin, tokens, seconds))
        used = {name: value - before.get(name, 0.0) for name, value in _used(server.pid).items()}
        wall = seconds
        memory = {name: sum(values) for name, values in _memory(server.pid).items()}
        expected = _expected(account, doors, story, begin)
        found = _wait(server, expected)
        late, arrived = server.ask(_lateness)

    return {
        "events": len(story.events),
        "crossings": len(story.crossings),
        "wall": wall,
        "late": late,
        "arrived": arrived,
        "incidents": sum(found.values()),
        "expected": sum(expected.values()),
        "wrong": sum((found - expected).values()) + sum((expected - found).values()),
        "refused": posting.refused,
        "behind_s": round(max(posting.waits), 2),
        "cores": {name: round(value / wall, 2) for name, value in used.items()},
        "rss": memory,
    }


def _now() -> Micros:
    return time.time_ns() // 1000


def _made(story: load.Story, cameras: list[str], seconds: float) -> tuple[Micros, list[load.Due]]:
    """Bodies that are ready before their time comes."""
    ahead = 2.0 + len(story.events) / 50_000
    while True:
        begin = _now() + round(ahead * SECOND)
        made = load.posts(story, cameras, begin, seconds)
        if _now() < begin:
            return begin, made
        ahead *= 2


async def _post(
    server: Server, due: list[load.Due], begin: Micros, tokens: dict[str, str], seconds: float
) -> load.Posted:
    """All that happens; returns when it is over, though coverage is still posted meanwhile."""
    last = round(seconds * SECOND)
    happening = [one for one in due if one[0] <= last]
    posted = await load.post_when_due(server.port, happening, begin, tokens, connections=8)
    rest = [one for one in due if one[0] > last]
    await load.post_when_due(server.port, rest, begin, tokens, connections=2)
    return posted


def _expected(account: str, doors: dict[str, str], story: load.Story, begin: Micros) -> Counter[tuple[Any, ...]]:
    """What the rule says of the whole story at once."""
    inputs = {door: ([], []) for door in doors.values()}  # type: dict[str, tuple[list[Any], list[Any]]]
    for event in story.events:
        inputs[doors[event.device_id]][0].append(event._replace(at=from_iso(to_iso(begin + event.at, 3))))
    for crossing in story.crossings:
        inputs[crossing.door][1].append(replace(crossing, at=begin + crossing.at))
    return Counter(
        _told(incident)
        for door, (events, seen) in inputs.items()
        for incident in judge(DoorInputs(account, door, events, seen), begin + 10**12).incidents
    )


def _told(incident: Incident) -> tuple[Any, ...]:
    return (incident.incident_id, incident.kind.value, "final", incident.excess, incident.people)


def _wait(server: Server, expected: Counter[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    """What is stored, as soon as it is what is expected, or after some patience."""
    started = time.monotonic()
    while True:
        found = server.ask(_stored)
        if found == expected or time.monotonic() - started > _PATIENCE_SECONDS:
            return found
        time.sleep(0.5)


def _stored(conn: Connection) -> Counter[tuple[Any, ...]]:
    table = incidents.c
    query = select(table.incident_id, table.kind, table.state, table.excess, table.people)
    return Counter(tuple(row) for row in conn.execute(query.where(table.state.not_in(_GONE))))


def _lateness(conn: Connection) -> tuple[list[float], list[float]]:
    """Seconds from the capture, and from the arrival, of an incident's last entry to its first word."""
    captured: list[float] = []
    arrived: list[float] = []
    first = select(func.max(crossings.c.arrived_at)).where(
        crossings.c.account_id == incidents.c.account_id,
        crossings.c.door_id == incidents.c.door_id,
        crossings.c.at == incident_revisions.c.at - incidents.c.delay_us,
    )
    query = select(incident_revisions.c.at, incidents.c.delay_us, first.scalar_subquery()).where(
        incident_revisions.c.account_id == incidents.c.account_id,
        incident_revisions.c.incident_id == incidents.c.incident_id,
        incident_revisions.c.revision == 1,
    )
    for at, delay, came in conn.execute(query):
        captured.append(delay / SECOND)
        if came is not None:
            arrived.append((at - came) / SECOND)
    return captured, arrived


def _processes(pid: int) -> dict[str, list[int]]:
    """The server and the processes that judge for it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    judges = [int(child) for child in children if b"watch.judge" in Path(f"/proc/{child}/cmdline").read_bytes()]
    return {"server": [pid], "judges": judges}


def _used(pid: int) -> dict[str, float]:
    """Seconds of processor time so far."""
    used = {}
    for name, pids in _processes(pid).items():
        stats = [Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split() for one in pids]
        used[name] = sum(int(stat[11]) + int(stat[12]) for stat in stats) / _TICKS
    return used


def _memory(pid: int) -> dict[str, list[float]]:
    """The most memory of each, in MiB."""
    found = {}
    for name, pids in _processes(pid).items():
        lines = [Path(f"/proc/{one}/status").read_text().splitlines() for one in pids]
        found[name] = [
            round(int(line.split()[1]) / 1024, 1) for status in lines for line in status if line.startswith("VmHWM")
        ]
    return found
