"""What a notice says of where and when: names, the site's time, links."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from doorwatch.alerts.rules import CardHolder
from doorwatch.domain.incident import Incident
from doorwatch.domain.time import Micros, to_datetime
from doorwatch.store import access_events, cameras, doors, sites
from doorwatch.store.doors import Door
from doorwatch.store.engine.recall import recalled
from doorwatch.store.incidents import StoredIncident
from doorwatch.store.schema import places as tables


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of one incident: `event` for people who can sign in, `event_link` and `clip` for whoever has them."""

    event: str
    event_link: str
    clip: str
    product_url: str


MakeLinks = Callable[[Connection, str, str, str | None], Links]
"""Of an account's incident, for one recipient; without one the links that need no sign-in lead nowhere."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when an incident was."""

    door: str
    camera: str
    site: str
    time: str

    def told(self, links: Links) -> dict[str, str]:
        """As variables, with the links."""
        return {
            **{name: getattr(self, name) for name in Place.__dataclass_fields__},
            **{name: getattr(links, name) for name in Links.__dataclass_fields__},
            "snapshot": "",
        }


def place_of(conn: Connection, account: str, stored: StoredIncident, now: Micros) -> Place:
    """Names and the local time of an incident."""
    incident = stored.incident
    # Which cameras belong to a site may change by itself with time; which doors do changes with these tables alone.
    where = (tables.sites, tables.site_members, tables.pacs, tables.doors)
    site = recalled(conn, ("sites", account), where, lambda: sites.read(conn, account, now)).of_door(incident.door)
    names = recalled(conn, ("cameras", account), (tables.cameras,), lambda: cameras.names(conn, account))
    seen_by = [names.get(one, one) for one in stored.camera_ids]
    begun = to_datetime(incident.start).astimezone(ZoneInfo(site.time_zone))
    return Place(
        door=_door(conn, account, incident.door).name,
        camera=", ".join(seen_by) or "no camera",
        site=site.name,
        time=begun.strftime("%Y-%m-%d %H:%M:%S %Z"),
    )


def card_holders(conn: Connection, account: str, incident: Incident) -> list[CardHolder]:
    """The people whose grants were used."""
    if not incident.grant_ids:
        return []
    pacs = _door(conn, account, incident.door).pacs_id
    grants = access_events.get_many(conn, account, pacs, incident.grant_ids)
    return [CardHolder(stored.event.actor_name, stored.event.actor_email) for stored in grants]


def _door(conn: Connection, account: str, door_id: str) -> Door:
    """A door of which name and system count: what it said last is not kept up."""
    return recalled(conn, ("door", account, door_id), (tables.doors,), lambda: doors.get_door(conn, account, door_id))
