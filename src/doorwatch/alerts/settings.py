"""What an account wants to be told of incidents by mail: to whom, in which words, from whom."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from doorwatch.alerts.templates import Template
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Micros
from doorwatch.store import settings as stored
from doorwatch.store.engine.recall import recalled
from doorwatch.store.people import users
from doorwatch.store.schema.people import memberships
from doorwatch.store.schema.people import settings as setting_rows
from doorwatch.store.schema.people import users as user_rows

SETTING = "alerts"
LINK_DAYS = 14
STORM = 20
_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f,;:<>()\[\]\"\\]{1,64}@[^@\s\x00-\x1f\x7f,;:<>()\"\\]{1,255}")


class AddressError(DoorwatchError, ValueError):
    """Something that is no mail address; `index` is its position in the list, from 0."""

    def __init__(self, address: str, index: int) -> None:
        shown = address if len(address) <= 60 else f"{address[:59]}…"
        super().__init__(f"recipient {index + 1}, {shown!r}, is no mail address: write it as name@example.com")
        self.index = index


@dataclass(frozen=True, slots=True)
class From:
    """Whom an account's mails come from; what is empty is as the installation says."""

    address: str = ""
    name: str = ""
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Overdue:
    """After how many `minutes` without a review (0 is never) somebody is told, at most so many `times`.

    Without `recipients` it is those who were told of the incident.
    """

    minutes: int = 0
    recipients: tuple[str, ...] = ()
    times: int = 1


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """What an account wants to be told.

    No `template` means off. `recipients` are told by a template without `{{user}}`; when there are none, the owners.
    `doors` have templates of their own, None for a door of which nothing is mailed. At the doors `at_once` a mail does
    not wait for the verdict to be final. Links in mails work for `link_days`.
    More than `storm` mails to one person in a minute become one digest; 0 is without a limit. While a fire release is on,
    nobody is told if `fire_inhibits`.
    """

    template: Template | None = None
    recipients: tuple[str, ...] = ()
    doors: Mapping[str, Template | None] = field(default_factory=dict)
    at_once: frozenset[str] = frozenset()
    sender: From = From()
    link_days: int = LINK_DAYS
    storm: int = STORM
    fire_inhibits: bool = True
    overdue: Overdue = Overdue()

    def template_at(self, door: str) -> Template | None:
        """The words for incidents at a door; None when nothing is mailed."""
        return self.doors.get(door, self.template)


def check_addresses(addresses: Sequence[str]) -> None:
    """Raise AddressError for the first that is none."""
    for index, address in enumerate(addresses):
        if not _ADDRESS.fullmatch(address):
            raise AddressError(address, index)


def read_settings(conn: Connection, account: str) -> AlertSettings:
    """What an account wants to be told."""
    return recalled(conn, (SETTING, account), (setting_rows,), lambda: _read_settings(conn, account))


def _read_settings(conn: Connection, account: str) -> AlertSettings:
    kept: Mapping[str, Any] = stored.get_setting(conn, account, SETTING, {})
    # Until templates could be empty there was a switch beside them.
    off = kept.get("enabled") is False
    return AlertSettings(
        template=None if off else _template(kept.get("template")),
        recipients=tuple(kept.get("recipients", ())),
        doors={door: _template(words) for door, words in kept.get("doors", {}).items()},
        at_once=frozenset(kept.get("at_once", ())),
        sender=From(**kept.get("sender", {})),
        link_days=kept.get("link_days", LINK_DAYS),
        storm=kept.get("storm", STORM),
        fire_inhibits=kept.get("fire_inhibits", True),
        overdue=_overdue(kept.get("overdue")),
    )


def save_settings(conn: Connection, account: str, settings: AlertSettings, now: Micros) -> None:
    """Keep them; templates and addresses were checked."""
    value = {
        "template": _kept(settings.template),
        "recipients": list(settings.recipients),
        "doors": {door: _kept(template) for door, template in settings.doors.items()},
        "at_once": sorted(settings.at_once),
        "sender": {name: getattr(settings.sender, name) for name in From.__dataclass_fields__},
        "link_days": settings.link_days,
        "storm": settings.storm,
        "fire_inhibits": settings.fire_inhibits,
        "overdue": {
            "minutes": settings.overdue.minutes,
            "recipients": list(settings.overdue.recipients),
            "times": settings.overdue.times,
        },
    }
    stored.set_setting(conn, account, SETTING, value, now)


def owners(conn: Connection, account: str) -> list[str]:
    """The addresses of the account's owners."""
    tables = (user_rows, memberships)
    members = recalled(conn, ("owners", account), tables, lambda: users.list_users(conn, account))
    return [user.email for user in members if user.role == "owner" and not user.disabled]


def _overdue(kept: Mapping[str, Any] | None) -> Overdue:
    return Overdue() if kept is None else Overdue(kept["minutes"], tuple(kept["recipients"]), kept["times"])


def _template(kept: Mapping[str, str] | None) -> Template | None:
    return Template(kept["subject"], kept["body"]) if kept else None


def _kept(template: Template | None) -> dict[str, str] | None:
    return None if template is None else {"subject": template.subject, "body": template.body}
