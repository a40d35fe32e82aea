"""What lasts: cameras that are away, gateways that are silent, what fills up or runs out; and what nobody reviews."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from doorwatch.alerts.settings import read_settings
from doorwatch.alerts.system import tell_lasting, tell_over
from doorwatch.alerts.troubles import Trouble
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.incident import IncidentState
from doorwatch.domain.recording import free_floor
from doorwatch.domain.time import DAY, HOUR, MINUTE, Micros, to_iso
from doorwatch.server import tls
from doorwatch.server.patrol import damage
from doorwatch.server.room import disks
from doorwatch.store import cameras, gateway_reports, incidents, tenants
from doorwatch.store.alerting import conditions, outbox
from doorwatch.store.alerting.conditions import Condition
from doorwatch.store.incidents import StoredIncident

SILENT = MINUTE
UNHEARD = 3 * MINUTE
"""A camera of which no analyzer has said anything for so long is away, too."""
SPOOLED = 1000
EXPIRING = 21 * DAY
UNENDED = 12 * HOUR
"""After so long without an end a door's trouble is taken as over: its end may be of a type that is not subscribed."""
_OVERDUE_FOR = DAY
_FOUND = tuple(
    trouble.value
    for trouble in (
        Trouble.CAMERA_OFFLINE,
        Trouble.GATEWAY_SILENT,
        Trouble.SPOOL_FILLING,
        Trouble.DISK_FILLING,
        Trouble.RECORDING_STOPPED,
        Trouble.FOOTAGE_DAMAGED,
        Trouble.CERTIFICATE_EXPIRING,
    )
)


@dataclass(frozen=True, slots=True)
class Installation:
    """What there is to know of the machine: the page's address, the data folder, the certificate if there is one."""

    base_url: str
    data_dir: Path
    certificate: Path | None = None


def look(conn: Connection, account: str, place: Installation, now: Micros) -> bool:
    """Compare what is wrong now with what was, and tell what began and what is over; whether anything was told."""
    found = {
        one.condition_id: one
        for one in (
            *_cameras(conn, account, now),
            *_gateways(conn, account, now),
            *_disk(place.data_dir, now),
            *_recordings(conn, account, now),
            *_footage(conn, account, now),
            *_certificate(place.certificate, now),
        )
    }
    told = False
    for over in conditions.compare(conn, account, _FOUND, found):
        told = tell_over(conn, account, over, place.base_url, now) or told
    for old in conditions.lasting(conn, account):
        if old.kind not in _FOUND and old.began_at < now - UNENDED:
            conditions.over(conn, account, old.condition_id)
            how = "Nothing was heard of its end for 12 hours; that type of event may not be subscribed."
            told = tell_over(conn, account, old, place.base_url, now, how) or told
    return bool(tell_lasting(conn, account, place.base_url, now)) or told


def _cameras(conn: Connection, account: str, now: Micros) -> Iterator[Condition]:
    for camera in cameras.list_cameras(conn, account):
        status = camera.status
        if not camera.enabled or status.at is None:
            continue
        key = f"{Trouble.CAMERA_OFFLINE.value}:{camera.camera_id}"
        unheard = now - status.at > UNHEARD
        if status.code >= 400 or unheard:
            why = (
                "no analyzer reports it any more: see whether one runs"
                if unheard
                else status.message or "it can't be read"
            )
            yield Condition(key, Trouble.CAMERA_OFFLINE.value, camera.name, f"{_sentence(why)}", now)


def _gateways(conn: Connection, account: str, now: Micros) -> Iterator[Condition]:
    for pacs in tenants.list_pacs(conn, account):
        if pacs.heard_at is None:
            continue
        if now - pacs.heard_at > SILENT:
            detail = (
                f"Nothing was heard of it since {to_iso(pacs.heard_at, 0)}; what happens at its doors is not known until it is "
                "back. See whether the gateway runs and reaches this server."
            )
            kind = Trouble.GATEWAY_SILENT.value
            yield Condition(f"{kind}:{pacs.pacs_id}", kind, pacs.name, detail, now)
        stats = next(iter(gateway_reports.newest(conn, account, pacs.pacs_id, "stats", 1)), None)
        waiting = _waiting(stats.body if stats else None)
        if waiting >= SPOOLED:
            detail = f"{waiting} items wait in the gateway to be delivered: see what this server answers it."
            kind = Trouble.SPOOL_FILLING.value
            yield Condition(f"{kind}:{pacs.pacs_id}", kind, pacs.name, detail, now)


def _waiting(stats: Any) -> int:
    queues = stats.get("queue_lengths") if isinstance(stats, Mapping) else None
    lengths = queues.values() if isinstance(queues, Mapping) else ()
    return sum(length for length in lengths if isinstance(length, int))


def _disk(folder: Path, now: Micros) -> Iterator[Condition]:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return
    if usage.free < free_floor(usage.total) // 2:
        detail = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.0f} are free in {folder}: keep recordings for fewer days, or add room."
        kind = Trouble.DISK_FILLING.value
        yield Condition(kind, kind, "the server", detail, now)


def _recordings(conn: Connection, account: str, now: Micros) -> Iterator[Condition]:
    """Analyzers whose disk is nearly full though the oldest recordings went, and cameras that are not recorded."""
    names = cameras.names(conn, account)
    for analyzer, (_, disk) in disks(conn, account, now).items():
        if disk.free < disk.floor // 2:
            detail = (
                f"{disk.free / 1e9:.1f} GB of {disk.total / 1e9:.0f} are free on the disk with the recordings. What is left "
                "there is held, is younger than two minutes or is no recording: make room, or end holds."
            )
            kind = Trouble.DISK_FILLING.value
            yield Condition(f"{kind}:{analyzer}", kind, "the recordings", detail, now)
        for camera_id, why in disk.stopped.items():
            if camera_id in names:
                kind = Trouble.RECORDING_STOPPED.value
                yield Condition(f"{kind}:{camera_id}", kind, names[camera_id], _sentence(why), now)


def _footage(conn: Connection, account: str, now: Micros) -> Iterator[Condition]:
    """Cameras of which recordings were found missing or changed."""
    names = cameras.names(conn, account)
    for camera_id, found in damage(conn, account, now).items():
        if camera_id in names:
            pieces = "1 piece" if found.segments == 1 else f"{found.segments} pieces"
            detail = (
                f"{pieces} of what was recorded from {to_iso(found.start, 0)} to {to_iso(found.end, 0)} are gone or not what was "
                "recorded, and shown as gaps. See whether the disk fails or somebody changed files, then run `doorwatch check --video`."
            )
            kind = Trouble.FOOTAGE_DAMAGED.value
            yield Condition(f"{kind}:{camera_id}", kind, names[camera_id], detail, found.since)


def _certificate(file: Path | None, now: Micros) -> Iterator[Condition]:
    if file is None:
        return
    try:
        until = tls.ends(file)
    except DoorwatchError:
        return
    if until - now < EXPIRING:
        kind = Trouble.CERTIFICATE_EXPIRING.value
        yield Condition(kind, kind, "this server", f"It ends {to_iso(until, 0)}: put a renewed one at {file}.", now)


def _sentence(why: str) -> str:
    text = why.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def overdue(conn: Connection, account: str, now: Micros) -> list[tuple[StoredIncident, int]]:
    """Incidents that were told and not reviewed in time, each with the how manieth time that is."""
    wanted = read_settings(conn, account).overdue
    if not wanted.minutes:
        return []
    every = wanted.minutes * MINUTE
    found = []
    for stored in incidents.list_incidents(
        conn, account, review="new", states=[IncidentState.FINAL], since=now - _OVERDUE_FOR - every, limit=500
    ):
        number = min(wanted.times, (now - stored.created_at) // every)
        if number >= 1 and not outbox.is_written(conn, account, stored.incident_id, f"overdue-{number}"):
            found.append((stored, number))
    return found
