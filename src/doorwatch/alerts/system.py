"""Alerts of the system itself: what can be wrong, how long it has to last, and who is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from doorwatch.alerts import callbacks, hooks
from doorwatch.alerts.bulletins import Audience, Bulletin, publish
from doorwatch.alerts.calling import write_call
from doorwatch.alerts.settings import owners, read_settings
from doorwatch.alerts.stories import MAIL
from doorwatch.alerts.troubles import TELLINGS, Trouble
from doorwatch.domain.time import MINUTE, SECOND, Micros, to_datetime
from doorwatch.store import settings as stored
from doorwatch.store import sites
from doorwatch.store.alerting import conditions, outbox
from doorwatch.store.alerting.conditions import Condition

SETTING = "alerts.system"
BEGUN = "system.begun"
ENDED = "system.over"


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
        told += _publish(conn, account, condition, title, condition.detail, BEGUN, base, now)
    return told


def tell_over(conn: Connection, account: str, condition: Condition, base: str, now: Micros, how: str = "") -> bool:
    """Tell that something is over, if it was told that it had begun; whether it was."""
    if condition.told_at is None:
        return False
    title = TELLINGS[Trouble(condition.kind)].over.format(condition.subject)
    lasted = max(1, (now - condition.began_at) // MINUTE)
    reason = how or f"It lasted {lasted} min; nothing needs to be done."
    return _publish(conn, account, condition, title, reason, ENDED, base, now)


def _publish(
    conn: Connection, account: str, condition: Condition, title: str, reason: str, kind: str, base: str, now: Micros
) -> bool:
    name = f"system:{condition.condition_id}:{condition.began_at}"
    over = kind == ENDED
    zone = ZoneInfo(sites.default_site(conn, account).time_zone)
    bulletin = Bulletin(
        name=f"{name}:over" if over else name,
        type=kind,
        title=title,
        reason=reason,
        at=now if over else condition.began_at,
        url=f"{base}{_PAGES[Trouble(condition.kind)]}",
        facts={"Since": f"{to_datetime(condition.began_at).astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"},
        more={"kind": condition.kind, "subject": condition.subject},
        thread=name,
        told_at=condition.told_at if over else None,
    )
    called = _call(conn, account, condition, bulletin, now)
    audience = _told_of(conn, account, name, condition.told_at) if over else _named(conn, account, condition)
    # What began and ended between two looks is told in this order.
    return publish(conn, account, bulletin, audience, now + 1 if over else now) or called


def _named(conn: Connection, account: str, condition: Condition) -> Audience:
    """Who is told that something begins: whom the account names, of what it wants to be told."""
    settings = read_system(conn, account)
    if Trouble(condition.kind) in settings.off:
        return Audience()
    chosen = [hook for hook in hooks.list_hooks(conn, account) if hook.hook_id in settings.hooks and hook.enabled]
    return Audience(settings.recipients or owners(conn, account), chosen, read_settings(conn, account).sender)


def _told_of(conn: Connection, account: str, thread: str, begun: Micros | None) -> Audience:
    """Who is told that it is over: whoever was told that it had begun, whatever the account names and wants by now."""
    if begun is None:
        return Audience()
    # All of the beginning was written in one transaction, each message a microsecond after the one before.
    told = outbox.told_in(conn, account, thread, begun, begun + SECOND)
    mailed = [message.recipient for message in told if message.channel == MAIL]
    posted = {message.rule_id for message in told if message.channel == hooks.CHANNEL}
    listening = [hook for hook in hooks.list_hooks(conn, account) if hook.hook_id in posted and hook.enabled]
    return Audience(mailed, listening, read_settings(conn, account).sender)


def _call(conn: Connection, account: str, condition: Condition, bulletin: Bulletin, now: Micros) -> bool:
    """Write it for the callbacks that asked for this trouble by name, whether or not people want to be told of it."""
    kind = callbacks.trouble_type(Trouble(condition.kind))
    told = {**bulletin.document()["data"]["object"], "state": bulletin.type.removeprefix("system.")}
    called = False
    for callback in callbacks.list_callbacks(conn, account):
        if callback.hears(kind):
            body = callback.body(kind, told, callbacks.owner_of(conn, account))
            called = write_call(conn, account, callback, body, bulletin.name, now) or called
    return called


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
