"""What the database says of an incident that is exported, read on one snapshot."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from doorwatch.domain.policy import Policy, policy_to_mapping
from doorwatch.domain.scene import Scene
from doorwatch.domain.time import Micros, from_iso, to_iso
from doorwatch.server.api import happening_views
from doorwatch.server.api.tables import csv_text
from doorwatch.server.exporting.bundle import Piece
from doorwatch.store import (
    access_events,
    cameras,
    configuration,
    coverage,
    crossings,
    evidence,
    exports,
    segments,
    sites,
)
from doorwatch.store.access_events import StoredEvent
from doorwatch.store.crossings import StoredCrossing
from doorwatch.store.engine.sql import Stretch
from doorwatch.store.evidence import Evidence

_HIDDEN = ("picture_url", "clip_url", "clip_start_us", "picture_camera_id", "clip_camera_id", "holds")


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for: the time, and what is to be done to the video."""

    start: Micros
    end: Micros
    overlay: bool
    blur: bool
    original: bool

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Wish":
        """The wish as it is stored."""
        return cls(from_iso(told["from"]), from_iso(told["until"]), told["overlay"], told["blur"], told["original"])

    def told(self) -> dict[str, Any]:
        """The same to be stored, and for the manifest."""
        return {
            "from": to_iso(self.start),
            "until": to_iso(self.end),
            "overlay": self.overlay,
            "blur": self.blur,
            "original": self.original,
        }


@dataclass(frozen=True, slots=True)
class View:
    """One camera of the door: how it sees it, whether only blurred people are kept now, and the recording that is listed."""

    camera_id: str
    name: str
    scene: Scene | None
    blurred: bool
    skew_ms: float | None
    recorded: tuple[tuple[Micros, Micros], ...]
    seen: tuple[tuple[Micros, Micros], ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """All of it. `incident` is as the API tells it; `proofs` are its picture and clip by kind."""

    incident: dict[str, Any]
    start: Micros
    policy: dict[str, Any]
    zone: str
    site: str
    events: tuple[StoredEvent, ...]
    crossings: tuple[StoredCrossing, ...]
    excess: frozenset[str]
    proofs: Mapping[str, Evidence]
    views: tuple[View, ...]

    def pieces(self) -> list[Piece]:
        """The files that need no video."""
        events, crossed = self.events_told(), self.crossings_told()
        return [
            Piece(
                "incident.json", _json({**self.incident, "policy": self.policy}), "the verdict, why, and its history"
            ),
            Piece("access-events.json", _json(events), "what the access control system said of the door"),
            Piece("access-events.csv", csv_text(_EVENT, _rows(_EVENT, events)), "the same as a table"),
            Piece("crossings.json", _json(crossed), "who passed the threshold when, and what the rule made of it"),
            Piece("crossings.csv", csv_text(_CROSSING, _rows(_CROSSING, crossed)), "the same as a table"),
        ]

    def events_told(self) -> list[dict[str, Any]]:
        """The access events as they are handed on; times are those of the access control system."""
        return [
            {
                "time": to_iso(stored.event.at),
                "event_type": stored.event.event_type,
                "side": stored.event.side,
                "actor_name": stored.event.actor_name,
                "actor_id": stored.event.actor_id,
                "event_id": stored.event.event_id,
                "arrived_at": to_iso(stored.arrived_at),
                "outcome": stored.outcome,
            }
            for stored in self.events
        ]

    def crossings_told(self) -> list[dict[str, Any]]:
        """The crossings as they are handed on; times are capture times of pictures."""
        return [
            {
                "time": to_iso(one.crossing.at),
                "direction": one.crossing.direction.value,
                "camera": one.crossing.camera,
                "track": one.crossing.track,
                "confidence": one.crossing.confidence,
                "outcome": one.outcome.value if one.outcome else None,
                "excess": one.crossing.crossing_id in self.excess,
                "grant_id": one.grant_id,
                "crossing_id": one.crossing.crossing_id,
            }
            for one in self.crossings
        ]


_EVENT = ("time", "event_type", "side", "actor_name", "actor_id", "outcome", "arrived_at", "event_id")
_CROSSING = ("time", "direction", "camera", "track", "confidence", "outcome", "excess", "grant_id", "crossing_id")


def read_contents(conn: Connection, account: str, incident_id: str, wish: Wish, now: Micros) -> Contents:
    """What there is of an incident and the time around it; raises UnknownError."""
    detail = happening_views.incident_detail(conn, account, incident_id)
    told = {key: value for key, value in detail.model_dump(mode="json").items() if key not in _HIDDEN}
    door_id, start = detail.door.door_id, from_iso(detail.start)
    site = sites.read(conn, account, now).of_door(door_id)
    crossed = {one.crossing_id for one in detail.crossings}
    around = crossings.in_window(conn, account, door_id, wish.start, wish.end)
    beyond = crossings.get_many(conn, account, crossed - {one.crossing.crossing_id for one in around})
    return Contents(
        incident=told,
        start=start,
        policy=policy_to_mapping(configuration.current_policies(conn, account, start).get(door_id, Policy())),
        zone=site.time_zone,
        site=site.name,
        events=tuple(
            access_events.in_window(conn, account, door_id, wish.start - exports.AROUND, wish.end + exports.AROUND)
        ),
        crossings=tuple(sorted([*around, *beyond], key=lambda one: one.crossing.at)),
        excess=frozenset(one.crossing_id for one in detail.crossings if one.outcome == "excess"),
        proofs=evidence.of_incidents(conn, account, [incident_id]).get(incident_id, {}),
        views=tuple(_views(conn, account, detail.door.door_id, [c.camera_id for c in detail.cameras], start, wish)),
    )


def _views(conn: Connection, account: str, door_id: str, camera_ids: list[str], at: Micros, wish: Wish) -> list[View]:
    scenes = configuration.current_scenes(conn, account, at)
    known = {camera.camera_id: camera for camera in cameras.list_cameras(conn, account)}
    found = []
    for camera_id in camera_ids:
        camera = known.get(camera_id)
        seen = coverage.camera_spans(conn, account, [Stretch(0, camera_id, wish.start, wish.end)])[0].get(camera_id, ())
        kept = segments.between(conn, account, camera_id, wish.start, wish.end)
        found.append(
            View(
                camera_id=camera_id,
                name=camera.name if camera else camera_id,
                scene=scenes.get(camera_id, {}).get(door_id),
                blurred=camera is not None and camera.settings.get("blur_people", False) is not False,
                skew_ms=camera.status.skew_ms if camera else None,
                recorded=tuple((one.start, one.end) for one in kept),
                seen=tuple((span.start, span.end) for span in seen),
            )
        )
    return found


def _rows(head: tuple[str, ...], told: list[dict[str, Any]]) -> list[list[object]]:
    return [[one[name] for name in head] for one in told]


def _json(told: object) -> bytes:
    return json.dumps(told, indent=1, ensure_ascii=False).encode()
