"""Cameras: what people entered about them, and what the analyzer last said."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.engine.asking import Sql, ask
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.engine.json_rows import rows_as
from doorwatch.store.engine.sealing import camera_place, main_place, opened, sealed
from doorwatch.store.engine.sql import among, among_these, keys_for
from doorwatch.store.schema.places import cameras


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """What the analyzer says of a camera; None where it never said."""

    code: int = 100
    message: str | None = None
    at: Micros | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    codec: str | None = None
    last_frame_at: Micros | None = None
    latency_ms: float | None = None
    detector: str | None = None
    skew_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Camera:
    """A video source; people are counted in the stream at `url`, and the one at `main_url` is recorded.

    Without `main_url` one stream serves both. Addresses hold passwords: they go to the analyzer, never to a browser.
    """

    camera_id: str
    name: str
    url: str = field(repr=False)
    enabled: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    status: CameraStatus = field(default_factory=CameraStatus)
    groups: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    main_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CameraOutline:
    """A camera without what only its own page needs: thousands are read quickly."""

    camera_id: str
    name: str
    enabled: bool
    groups: tuple[str, ...]
    labels: tuple[str, ...]


def add_camera(
    conn: Connection,
    account: str,
    *,
    name: str,
    url: str,
    now: Micros,
    enabled: bool = True,
    settings: Mapping[str, Any] | None = None,
    camera_id: str | None = None,
    groups: Sequence[str] = (),
    labels: Sequence[str] = (),
    main_url: str | None = None,
) -> Camera:
    """Add a camera; raises ConflictError when another one has its name."""
    _check_name(conn, account, name, None)
    camera = Camera(
        camera_id or new_id("cam"),
        name,
        url,
        enabled,
        dict(settings or {}),
        groups=tuple(groups),
        labels=tuple(labels),
        main_url=main_url or None,
    )
    conn.execute(
        cameras.insert().values(
            account_id=account,
            camera_id=camera.camera_id,
            name=name,
            url=sealed(conn, url, camera_place(account, camera.camera_id)),
            main_url=_sealed_main(conn, account, camera.camera_id, camera.main_url),
            enabled=enabled,
            settings=dict(camera.settings),
            groups=list(camera.groups),
            labels=list(camera.labels),
            created_at=now,
        )
    )
    return camera


def update_camera(
    conn: Connection,
    account: str,
    camera_id: str,
    *,
    name: str | None = None,
    url: str | None = None,
    enabled: bool | None = None,
    settings: Mapping[str, Any] | None = None,
    groups: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    main_url: str | None = None,
) -> Camera:
    """Change what is given, an empty `main_url` takes it away; raises UnknownError, ConflictError."""
    get_camera(conn, account, camera_id)
    values: dict[str, Any] = {}
    if name is not None:
        _check_name(conn, account, name, camera_id)
        values["name"] = name
    if url is not None:
        values["url"] = sealed(conn, url, camera_place(account, camera_id))
    if main_url is not None:
        values["main_url"] = _sealed_main(conn, account, camera_id, main_url)
    if enabled is not None:
        values["enabled"] = enabled
    if settings is not None:
        values["settings"] = dict(settings)
    if groups is not None:
        values["groups"] = list(groups)
    if labels is not None:
        values["labels"] = list(labels)
    if values:
        conn.execute(update(cameras).where(*_is(account, camera_id)).values(**values))
    return get_camera(conn, account, camera_id)


def remove_camera(conn: Connection, account: str, camera_id: str, now: Micros) -> None:
    """Take a camera away; what it saw keeps naming it. Raises UnknownError."""
    get_camera(conn, account, camera_id)
    conn.execute(update(cameras).where(*_is(account, camera_id)).values(deleted_at=now, enabled=False))


def list_cameras(conn: Connection, account: str, only: Collection[str] | None = None) -> list[Camera]:
    """The account's cameras by name, or those of some ids."""
    query = select(cameras).where(cameras.c.account_id == account, cameras.c.deleted_at.is_(None))
    if only is not None:
        query = query.where(among_these(conn, cameras.c.camera_id, sorted(only)))
    return [_camera(conn, row) for row in conn.execute(query.order_by(cameras.c.name, cameras.c.camera_id)).all()]


def get_camera(conn: Connection, account: str, camera_id: str) -> Camera:
    """One camera; raises UnknownError."""
    row = conn.execute(select(cameras).where(*_is(account, camera_id), cameras.c.deleted_at.is_(None))).first()
    if row is None:
        raise UnknownError("there is no such camera")
    return _camera(conn, row)


def save_cameras(conn: Connection, account: str, wanted: Sequence[Camera], now: Micros) -> None:
    """Add or replace what people entered about many cameras at once, whose names nobody else has.

    Those with an id that is there are replaced, all others added.
    """
    there = present_ids(conn, account)
    for camera in wanted:
        values = {
            "name": camera.name,
            "url": sealed(conn, camera.url, camera_place(account, camera.camera_id)),
            "main_url": _sealed_main(conn, account, camera.camera_id, camera.main_url),
            "enabled": camera.enabled,
            "settings": dict(camera.settings),
            "groups": list(camera.groups),
            "labels": list(camera.labels),
        }
        if camera.camera_id in there:
            conn.execute(update(cameras).where(*_is(account, camera.camera_id)).values(**values))
        else:
            key = {"account_id": account, "camera_id": camera.camera_id, "created_at": now}
            conn.execute(cameras.insert().values(**key, **values))


def outlines(conn: Connection, account: str) -> list[CameraOutline]:
    """The account's cameras by name."""
    table = cameras.c
    query = select(table.camera_id, table.name, table.enabled, table.groups, table.labels).where(
        table.account_id == account, table.deleted_at.is_(None)
    )
    return [
        CameraOutline(row.camera_id, row.name, row.enabled, row.groups or (), row.labels or ())
        for row in rows_as(conn, query, ["name", "camera_id"], _OutlineRow)
    ]


@dataclass(frozen=True, slots=True)
class _OutlineRow:
    """An outline as it is kept: cameras that are older than groups have none."""

    camera_id: str
    name: str
    enabled: bool
    groups: tuple[str, ...] | None
    labels: tuple[str, ...] | None


def all_settings(conn: Connection, account: str) -> dict[str, Mapping[str, Any]]:
    """Camera to its settings, of all that ever were: those that were taken away may have recordings left."""
    query = select(cameras.c.camera_id, cameras.c.settings).where(cameras.c.account_id == account)
    return {row.camera_id: row.settings or {} for row in conn.execute(query)}


def present_ids(conn: Connection, account: str) -> set[str]:
    """The ids of the account's cameras."""
    query = select(cameras.c.camera_id).where(cameras.c.account_id == account, cameras.c.deleted_at.is_(None))
    return set(conn.execute(query).scalars())


def names(conn: Connection, account: str) -> dict[str, str]:
    """Camera id to name, of all that ever were: old moments name removed cameras too."""
    return dict(ask(conn, Sql("SELECT camera_id, name FROM cameras WHERE account_id = ?", (account,))))


def existing(conn: Connection, account: str, camera_ids: Iterable[str]) -> set[str]:
    """Those of the ids that are, or were, cameras of this account."""
    return {row.camera_id for row in _some(conn, account, camera_ids)}


def present(conn: Connection, account: str, camera_ids: Iterable[str]) -> set[str]:
    """Those of the ids that are cameras of this account and were not taken away."""
    return {row.camera_id for row in _some(conn, account, camera_ids) if row.deleted_at is None}


def set_status(conn: Connection, account: str, camera_id: str, status: CameraStatus) -> bool:
    """Keep what the analyzer says of a camera; false when there is no such camera."""
    values = {
        "status_code": status.code,
        "status_message": status.message,
        "status_at": status.at,
        "width": status.width,
        "height": status.height,
        "fps": status.fps,
        "codec": status.codec,
        "last_frame_at": status.last_frame_at,
        "latency_ms": status.latency_ms,
        "detector": status.detector,
        "skew_ms": status.skew_ms,
    }
    return bool(conn.execute(update(cameras).where(*_is(account, camera_id)).values(**values)).rowcount)


def _some(conn: Connection, account: str, camera_ids: Iterable[str]) -> list[Row[Any]]:
    """Id and time of removal of those of the cameras that there are or were."""
    wanted = {"account": account, "keys": keys_for(conn, sorted(set(camera_ids)))}
    return list(conn.execute(_some_query(conn.dialect.name), wanted))


@cache
def _some_query(dialect: str) -> Select[Any]:
    """Built once: it is asked with every batch of crossings."""
    return select(cameras.c.camera_id, cameras.c.deleted_at).where(
        cameras.c.account_id == bindparam("account"), among(dialect, cameras.c.camera_id)
    )


def _check_name(conn: Connection, account: str, name: str, but: str | None) -> None:
    query = select(cameras.c.camera_id, cameras.c.name).where(
        cameras.c.account_id == account, cameras.c.deleted_at.is_(None)
    )
    for camera_id, taken in conn.execute(query):
        if taken.casefold() == name.casefold() and camera_id != but:
            raise ConflictError(f"there is a camera called {taken} already; choose another name")


def _sealed_main(conn: Connection, account: str, camera_id: str, main_url: str | None) -> str | None:
    return sealed(conn, main_url, main_place(account, camera_id)) if main_url else None


def _is(account: str, camera_id: str) -> tuple[Any, ...]:
    return (cameras.c.account_id == account, cameras.c.camera_id == camera_id)


def _camera(conn: Connection, row: Row[Any]) -> Camera:
    status = CameraStatus(
        row.status_code,
        row.status_message,
        row.status_at,
        row.width,
        row.height,
        row.fps,
        row.codec,
        row.last_frame_at,
        row.latency_ms,
        row.detector,
        row.skew_ms,
    )
    url = opened(conn, row.url, camera_place(row.account_id, row.camera_id))
    main = opened(conn, row.main_url, main_place(row.account_id, row.camera_id)) if row.main_url else None
    groups, labels = tuple(row.groups or ()), tuple(row.labels or ())
    return Camera(row.camera_id, row.name, url, row.enabled, row.settings, status, groups, labels, main)
