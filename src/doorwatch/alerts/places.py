"""What a notice says of where and when: names, the site's time, links."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from doorwatch.alerts.rules import CardHolder
from doorwatch.domain.incident import Incident
from doorwatch.domain.time import Micros, to_datetime
from doorwatch.store import access_events, cameras, doors, incidents, sites


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


def place_of(conn: Connection, account: str, incident: Incident, now: Micros) -> Place:
    """Names and the local time of an incident that is stored."""
    site = sites.read(conn, account, now).of_door(incident.door)
    names = cameras.names(conn, account)
    seen_by = [names.get(one, one) for one in incidents.get(conn, account, incident.incident_id).camera_ids]
    begun = to_datetime(incident.start).astimezone(ZoneInfo(site.time_zone))
    return Place(
        door=doors.get_door(conn, account, incident.door).name,
        camera=", ".join(seen_by) or "no camera",
        site=site.name,
        time=begun.strftime("%Y-%m-%d %H:%M:%S %Z"),
    )


def card_holders(conn: Connection, account: str, incident: Incident) -> list[CardHolder]:
    """The people whose grants were used."""
    door = doors.get_door(conn, account, incident.door)
    grants = access_events.get_many(conn, account, door.pacs_id, incident.grant_ids)
    return [CardHolder(stored.event.actor_name, stored.event.actor_email) for stored in grants]
