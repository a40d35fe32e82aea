"""Saved searches that alert: which new moments each finds, and whether it has found enough to tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, func, select

from doorwatch.alerts import watching
from doorwatch.alerts.bulletins import Audience, Bulletin, publish
from doorwatch.alerts.settings import read_settings
from doorwatch.alerts.watching import SearchRule
from doorwatch.alerts.withholding import Storms, held_back
from doorwatch.domain.time import Micros, to_datetime
from doorwatch.search import Query, load_vocabulary, matches, parse
from doorwatch.store import cameras, incidents, saved_searches, sites
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.sql import insert
from doorwatch.store.moments import Moment
from doorwatch.store.schema.alerting import rule_matches
from doorwatch.store.schema.happenings import crossings
from doorwatch.store.sites import Places


def any_rule(conn: Connection, account: str) -> bool:
    """Whether any search alerts: only then is every moment looked at."""
    return any(rule.enabled for rule in watching.list_rules(conn, account))


@dataclass(frozen=True, slots=True)
class Told:
    """How it is told: `base` is the address of the page, `storms` keep it from being too much, `now` is when."""

    base: str
    storms: Storms
    now: Micros


def follow(conn: Connection, account: str, found: Sequence[Moment], how: Told) -> bool:
    """Tell what the account's searches find among these moments; whether anything was told."""
    if not found:
        return False
    places = sites.read(conn, account, how.now)
    told = False
    for rule in watching.list_rules(conn, account):
        query = _query(conn, account, rule, places, how.now) if rule.enabled else None
        for moment in found:
            if query is not None and rule.asks_of(moment) and matches(query, moment):
                told = _found(conn, account, rule, moment, places, how) or told
    return told


def _query(conn: Connection, account: str, rule: SearchRule, places: Places, now: Micros) -> Query | None:
    """What a rule looks for; None when its search was deleted."""
    try:
        text = saved_searches.get(conn, account, rule.saved_search_id).text
    except UnknownError:
        return None
    return parse(text, load_vocabulary(conn, account, text), now, ZoneInfo(places.default.time_zone))


def _found(conn: Connection, account: str, rule: SearchRule, moment: Moment, places: Places, how: Told) -> bool:
    zone = ZoneInfo(places.of_door(moment.door_id).time_zone)
    if rule.active is not None and not rule.active.holds(moment.at, zone):
        return False
    if rule.confidence and _confidence(conn, account, moment) < rule.confidence:
        return False
    if rule.at_least <= 1:
        return _tell(conn, account, rule, moment, 1, zone, how)
    enough = [place for place in rule.places_of(moment) if _counted(conn, account, rule, place, moment)]
    if not enough:
        return False
    mine = delete(rule_matches).where(*_of(account, rule), rule_matches.c.place.in_(enough))
    conn.execute(mine)
    return _tell(conn, account, rule, moment, rule.at_least, zone, how)


def _counted(conn: Connection, account: str, rule: SearchRule, place: str, moment: Moment) -> bool:
    """Count a match, and say whether there are enough within the rule's time; matches out of it are forgotten.

    One that is reported late counts with those before and after it, never with more than fit into that time.
    """
    row = {
        "account_id": account,
        "rule_id": rule.rule_id,
        "place": place,
        "moment_id": moment.moment_id,
        "at": moment.at,
    }
    conn.execute(insert(conn, rule_matches).on_conflict_do_nothing(), row)
    here = (*_of(account, rule), rule_matches.c.place == place)
    conn.execute(delete(rule_matches).where(*here, rule_matches.c.at < moment.at - rule.within))
    near = select(rule_matches.c.at).where(*here, rule_matches.c.at <= moment.at + rule.within)
    times = list(conn.execute(near.order_by(rule_matches.c.at)).scalars())
    return any(last - first <= rule.within for first, last in zip(times, times[rule.at_least - 1 :], strict=False))


def _of(account: str, rule: SearchRule) -> tuple:  # type: ignore[type-arg]
    return (rule_matches.c.account_id == account, rule_matches.c.rule_id == rule.rule_id)


def _confidence(conn: Connection, account: str, moment: Moment) -> float:
    """How sure the least sure of the people was that were seen; 1 for what no camera has to be sure of."""
    asked: tuple[str, ...] = (moment.crossing_id,) if moment.crossing_id else ()
    if moment.incident_id:
        asked = incidents.get(conn, account, moment.incident_id).incident.excess_crossing_ids
    query = select(func.min(crossings.c.confidence)).where(
        crossings.c.account_id == account, crossings.c.crossing_id.in_(asked)
    )
    found: float | None = conn.execute(query).scalar() if asked else None
    return 1.0 if found is None else found


def _tell(
    conn: Connection, account: str, rule: SearchRule, moment: Moment, count: int, zone: ZoneInfo, how: Told
) -> bool:
    settings, now = read_settings(conn, account), how.now
    names = cameras.names(conn, account)
    seen_by = ", ".join(names.get(one, one) for one in moment.camera_ids)
    what = f"{count} times, last: {moment.title}" if count > 1 else moment.title
    where = f" at {moment.door_name}" if moment.door_name else ""
    page = f"/incidents/{moment.incident_id}" if moment.incident_id else f"/search?moment={moment.moment_id}"
    bulletin = Bulletin(
        # An incident is told once, however often it changes.
        name=f"{rule.rule_id}:{moment.incident_id or moment.moment_id}",
        type="search.matched",
        title=f"{rule.name}: {what}{where}",
        reason=moment.detail or moment.title,
        at=moment.at,
        url=f"{how.base}{page}",
        facts={
            name: value
            for name, value in (
                ("Door", moment.door_name),
                ("Camera", seen_by),
                ("Person", moment.actor_name),
                ("Local time", f"{to_datetime(moment.at).astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"),
            )
            if value
        },
        more={
            "rule": rule.name,
            "rule_id": rule.rule_id,
            "matches": count,
            "moment_id": moment.moment_id,
            "moment": moment.kind.value,
            "incident_id": moment.incident_id,
            "door_id": moment.door_id,
            "camera_ids": list(moment.camera_ids),
            "labels": list(moment.labels),
        },
        rule_id=rule.rule_id,
        incident_id=moment.incident_id,
    )
    kind = next((one.replace(" ", "_") for one in moment.labels if moment.incident_id), None)
    audience = Audience(
        watching.recipients_of(conn, account, rule),
        watching.listening(conn, account, rule),
        settings.sender,
        None if rule.quiet is None else rule.quiet.over_at(now, zone),
        held_back(conn, account, settings, moment.door_id, kind, now),
        how.storms,
        settings.storm,
    )
    return publish(conn, account, bulletin, audience, now)
