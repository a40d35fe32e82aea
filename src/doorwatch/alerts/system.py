"""Alerts of the system itself: what can be wrong, how long it has to last, and who is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from doorwatch.alerts import hooks
from doorwatch.alerts.bulletins import Audience, Bulletin, publish
from doorwatch.alerts.settings import owners, read_settings
from doorwatch.domain.time import MINUTE, SECOND, Micros, to_iso
from doorwatch.store import settings as stored
from doorwatch.store.alerting import conditions
from doorwatch.store.alerting.conditions import Condition

SETTING = "alerts.system"


class Trouble(StrEnum):
    """What can be wrong."""

    CAMERA_OFFLINE = "camera_offline"
    GATEWAY_SILENT = "gateway_silent"
    SPOOL_FILLING = "spool_filling"
    DISK_FILLING = "disk_filling"
    RECORDING_STOPPED = "recording_stopped"
    FOOTAGE_DAMAGED = "footage_damaged"
    CERTIFICATE_EXPIRING = "certificate_expiring"
    DOOR_FORCED = "door_forced"
    DOOR_HELD = "door_held"
    FIRE_RELEASE = "fire_release"


@dataclass(frozen=True, slots=True)
class Telling:
    """How a trouble is told: `lasting` is how long it has to last before it is."""

    begun: str
    over: str
    lasting: Micros = 0


TELLINGS: Mapping[Trouble, Telling] = {
    Trouble.CAMERA_OFFLINE: Telling("Camera {} is away", "Camera {} is back", 2 * MINUTE),
    Trouble.GATEWAY_SILENT: Telling("The gateway of {} is silent", "The gateway of {} is heard again", MINUTE),
    Trouble.SPOOL_FILLING: Telling("The spool of {} is filling", "The spool of {} has emptied", MINUTE),
    Trouble.DISK_FILLING: Telling("The disk of {} is nearly full", "The disk of {} has room again", 30 * SECOND),
    Trouble.RECORDING_STOPPED: Telling("{} is not recorded", "{} is recorded again", 30 * SECOND),
    Trouble.FOOTAGE_DAMAGED: Telling("Recordings of {} are damaged", "No more damage was found in recordings of {}"),
    Trouble.CERTIFICATE_EXPIRING: Telling("The certificate of {} ends soon", "The certificate of {} was renewed"),
    Trouble.DOOR_FORCED: Telling("{} was forced open", "{} is closed again"),
    Trouble.DOOR_HELD: Telling("{} is held open", "{} is closed again"),
    Trouble.FIRE_RELEASE: Telling("A fire release is on at {}", "The fire release at {} is over"),
}


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """Of which troubles nobody is told, and who is told of the others; the owners when nobody is named."""

    off: frozenset[Trouble] = frozenset()
    recipients: tuple[str, ...] = ()
    hooks: tuple[str, ...] = field(default_factory=tuple)


def read_system(conn: Connection, account: str) -> SystemSettings:
    """What an account wants to be told of the system."""
    kept: Mapping[str, Any] = stored.get_setting(conn, account, SETTING, {})
    return SystemSettings(
        frozenset(Trouble(one) for one in kept.get("off", ())),
        tuple(kept.get("recipients", ())),
        tuple(kept.get("hooks", ())),
    )


def save_system(conn: Connection, account: str, settings: SystemSettings, now: Micros) -> None:
    """Keep it; the addresses were checked."""
    value = {"off": sorted(settings.off), "recipients": list(settings.recipients), "hooks": list(settings.hooks)}
    stored.set_setting(conn, account, SETTING, value, now)


def tell_lasting(conn: Connection, account: str, base: str, now: Micros) -> int:
    """Tell what has lasted long enough and was not told; how much that was. `base` is the address of the page."""
    told = 0
    for condition in conditions.lasting(conn, account):
        telling = TELLINGS.get(Trouble(condition.kind))
        if telling is None or condition.told_at is not None or now < condition.began_at + telling.lasting:
            continue
        conditions.told(conn, account, condition.condition_id, now)
        title = telling.begun.format(condition.subject)
        told += _publish(conn, account, condition, title, condition.detail, "system.begun", base, now)
    return told


def tell_over(conn: Connection, account: str, condition: Condition, base: str, now: Micros, how: str = "") -> bool:
    """Tell that something is over, if it was told that it had begun; whether it was."""
    if condition.told_at is None:
        return False
    title = TELLINGS[Trouble(condition.kind)].over.format(condition.subject)
    lasted = max(1, (now - condition.began_at) // MINUTE)
    reason = how or f"It lasted {lasted} min; nothing needs to be done."
    return _publish(conn, account, condition, title, reason, "system.over", base, now)


def _publish(
    conn: Connection, account: str, condition: Condition, title: str, reason: str, kind: str, base: str, now: Micros
) -> bool:
    settings = read_system(conn, account)
    if Trouble(condition.kind) in settings.off:
        return False
    name = f"system:{condition.condition_id}:{condition.began_at}"
    over = kind == "system.over"
    bulletin = Bulletin(
        name=f"{name}:over" if over else name,
        type=kind,
        title=title,
        reason=reason,
        at=now if over else condition.began_at,
        url=f"{base}{_PAGES[Trouble(condition.kind)]}",
        facts={"Since": to_iso(condition.began_at, 0)},
        more={"kind": condition.kind, "subject": condition.subject},
        thread=name,
    )
    chosen = [hook for hook in hooks.list_hooks(conn, account) if hook.hook_id in settings.hooks and hook.enabled]
    audience = Audience(settings.recipients or owners(conn, account), chosen, read_settings(conn, account).sender)
    # What began and ended between two looks is told in this order.
    return publish(conn, account, bulletin, audience, now + 1 if over else now)


_PAGES = {
    Trouble.CAMERA_OFFLINE: "/doors",
    Trouble.GATEWAY_SILENT: "/settings/gateways",
    Trouble.SPOOL_FILLING: "/settings/gateways",
    Trouble.DISK_FILLING: "/settings/account",
    Trouble.RECORDING_STOPPED: "/doors",
    Trouble.FOOTAGE_DAMAGED: "/doors",
    Trouble.CERTIFICATE_EXPIRING: "/settings/account",
    Trouble.DOOR_FORCED: "/search?q=forced+open",
    Trouble.DOOR_HELD: "/search?q=door+held+open",
    Trouble.FIRE_RELEASE: "/doors",
}
