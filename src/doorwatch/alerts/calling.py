"""What is written for callbacks: incidents in the transaction that stores them, and whatever else others find."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from yarl import URL

from doorwatch.alerts import callbacks, hooks
from doorwatch.alerts.callbacks import CHANNEL, PROVISIONAL, Callback
from doorwatch.alerts.hooks import EVENTS
from doorwatch.alerts.images import wanted
from doorwatch.alerts.places import MakeLinks, Place, place_of
from doorwatch.alerts.rules import NoticeKind, Said, kind_of
from doorwatch.domain.time import Clock, to_iso
from doorwatch.domain.verdict import Change
from doorwatch.store import cameras, doors, incidents
from doorwatch.store.alerting import outbox
from doorwatch.store.alerting.outbox import Draft, Message
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.incidents import StoredIncident
from doorwatch.store.moments import incident_moment_id

Finds = Callable[[Connection, str, str, str], bool]
"""Whether a search in plain words finds an incident of an account now: account, search, incident id."""

_COUNTERS = {
    "people": "People who went in",
    "grants": "Grants that they used",
    "excess": "People without a grant",
}


class CallWriter:
    """Writes posts about incidents for those callbacks that hear of them and whose search finds them.

    Who was told of an incident is told what became of it, whether or not the search still finds it.
    """

    def __init__(self, clock: Clock, links: MakeLinks, finds: Finds) -> None:
        self._clock = clock
        self._links = links
        self._finds = finds

    def on_change(self, conn: Connection, account: str, change: Change, stored: StoredIncident) -> None:
        """Write what a change of the verdict asks for."""
        listed = callbacks.list_callbacks(conn, account)
        if not listed:
            return
        new = change.revision == 1 and not change.inherits
        told = [] if new else self._told(conn, account, stored)
        for callback in listed:
            mine = [message for message in told if message.rule_id == callback.callback_id]
            kind = _kind_for(callback, change, mine)
            if kind is not None:
                self._write(conn, account, callback, stored, kind, str(change.revision), mine)

    def on_review(self, conn: Connection, account: str, before: str, stored: StoredIncident) -> None:
        """Write that somebody dismissed an incident, or opened it again."""
        if before == stored.review or "dismissed" not in {before, stored.review}:
            return
        kind = NoticeKind.DISMISSED if stored.review == "dismissed" else NoticeKind.REOPENED
        self._write_all(conn, account, stored, kind, f"{kind}-{self._clock.now()}")

    def on_overdue(self, conn: Connection, account: str, stored: StoredIncident, number: int) -> None:
        """Write for the `number`th time that nobody has reviewed an incident."""
        self._write_all(conn, account, stored, NoticeKind.OVERDUE, f"overdue-{number}")

    def try_out(self, conn: Connection, account: str, callback_id: str) -> None:
        """Write a trial post. Raises UnknownError."""
        callback = callbacks.get_callback(conn, account, callback_id)
        body = callback.body("test", {"text": "Posts from Doorwatch arrive."}, callbacks.owner_of(conn, account))
        now = self._clock.now()
        write_call(conn, account, callback, callback.pictured(body, []), f"test:{now}", now)

    def _write_all(self, conn: Connection, account: str, stored: StoredIncident, kind: NoticeKind, mark: str) -> None:
        listed = [one for one in callbacks.list_callbacks(conn, account) if one.hears(EVENTS[kind])]
        told = self._told(conn, account, stored) if listed else []
        for callback in listed:
            mine = [message for message in told if message.rule_id == callback.callback_id]
            self._write(conn, account, callback, stored, kind, mark, mine)

    def _write(
        self,
        conn: Connection,
        account: str,
        callback: Callback,
        stored: StoredIncident,
        kind: NoticeKind,
        mark: str,
        mine: Sequence[Message],
    ) -> None:
        incident_id = stored.incident_id
        if not callback.hears(EVENTS[kind]):
            return
        if not mine and callback.finds and not self._finds(conn, account, callback.finds, incident_id):
            return
        now = self._clock.now()
        place = place_of(conn, account, stored, now)
        links = self._links(conn, account, incident_id, None)
        document = hooks.document(stored.incident, stored.revision, kind, place.told(links))
        told = document["data"]["object"] | _more_of(conn, account, stored, place)
        body = callback.body(EVENTS[kind], told, callbacks.owner_of(conn, account))
        if stored.camera_ids:
            shown = wanted(incident_moment_id(incident_id), stored.incident.start, told["camera_name"])
            body = callback.pictured(body, [shown])
        write_call(conn, account, callback, body, f"{incident_id}:{mark}", now, incident_id=incident_id)

    def _told(self, conn: Connection, account: str, stored: StoredIncident) -> list[Message]:
        asked = incidents.taken_over(conn, account, [stored.incident_id])
        return [message for message in outbox.about(conn, account, asked) if message.channel == CHANNEL]


def write_call(
    conn: Connection,
    account: str,
    callback: Callback,
    body: Mapping[str, Any],
    mark: str,
    now: int,
    *,
    incident_id: str | None = None,
) -> bool:
    """Put one post for a callback into the outbox; `mark` tells it from all others for the same one."""
    draft = Draft(
        dedupe=f"{mark}:{callback.callback_id}",
        channel=CHANNEL,
        recipient=callback.hook.shown,
        subject=f"{body['type']} for {callback.hook.name}"[:300],
        payload=body,
        thread=incident_id,
        incident_id=incident_id,
        rule_id=callback.callback_id,
    )
    return outbox.write(conn, account, draft, now)


def _kind_for(callback: Callback, change: Change, mine: Sequence[Message]) -> NoticeKind | None:
    """Why a callback is told; it always hears once that an incident is final, though it was told before that it might be."""
    about = [message for message in mine if message.incident_id == change.incident.incident_id]
    types = {message.payload["type"] for message in about}
    if change.alert and EVENTS[NoticeKind.ALERT] not in types:
        return NoticeKind.ALERT
    said = None
    for message in about:
        told = message.payload["data"]["object"]
        said = Said(int(told["people"]), int(told["excess"]))
    return kind_of(change, at_once=callback.hears(PROVISIONAL), said=said)


def _more_of(conn: Connection, account: str, stored: StoredIncident, place: Place) -> dict[str, Any]:
    """What callbacks are told beside what webhooks are: the names under which systems of this kind look for it."""
    incident = stored.incident
    first = next(iter(stored.camera_ids), None)
    counted = {"people": incident.people, "grants": incident.grants, "excess": incident.excess}
    return {
        "type": incident.kind.value,
        "date": to_iso(incident.start),
        "device_id": doors.get_door(conn, account, incident.door).device_id,
        "camera_name": place.camera if first else None,
        "camera_ip": None if first is None else _host(conn, account, first),
        "local_time": place.time,
        "review": stored.review,
        "labels": list(stored.labels),
        "counter_events": {
            name: {"counter": name, "description": words, "value": counted[name]} for name, words in _COUNTERS.items()
        },
    }


def _host(conn: Connection, account: str, camera_id: str) -> str | None:
    """Where a camera is, without what else its address holds: passwords stay here."""
    try:
        return URL(cameras.get_camera(conn, account, camera_id).url).host
    except (UnknownError, ValueError):
        return None
