"""`/api/silences`, `/api/alerts/system`: when people are not told, and what they are told of the system itself."""

from fastapi import APIRouter
from sqlalchemy import Connection

from doorwatch.alerts import hooks
from doorwatch.alerts.settings import AddressError, check_addresses, owners
from doorwatch.alerts.system import SystemSettings, read_system, save_system
from doorwatch.alerts.troubles import TELLINGS, Trouble
from doorwatch.domain.time import MINUTE, Micros, to_iso
from doorwatch.server.api import rule_shapes, shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Manager, Parts, Reviewer
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.store import doors
from doorwatch.store.alerting import conditions, silences
from doorwatch.store.alerting.silences import Silence
from doorwatch.store.audit_trail.acts import Act

router = APIRouter(tags=["alerts"], responses=ERRORS)


@router.get("/api/silences")
async def list_silences(caller: Manager, parts: Parts) -> list[rule_shapes.SilenceShape]:
    """Silences, newest first; those that are over too."""
    now = parts.clock.now()
    return [_silence(one, now) for one in await parts.db.read(lambda conn: silences.newest(conn, caller.account))]


@router.post("/api/silences", status_code=201)
async def begin_silence(body: rule_shapes.SilenceInput, caller: Reviewer, parts: Parts) -> rule_shapes.SilenceShape:
    """Have nobody told for a while; signed posts and logs go on, and so does the queue of incidents."""
    now = parts.clock.now()

    def begin(conn: Connection) -> Silence:
        for door in body.door_ids:
            doors.get_door(conn, caller.account, door)
        silence = silences.begin(
            conn,
            caller.account,
            reason=body.reason.strip(),
            doors=tuple(body.door_ids),
            kinds=tuple(kind.value for kind in body.kinds),
            by=caller.name,
            now=now,
            until=now + Micros(body.minutes * MINUTE),
        )
        said = {"reason": silence.reason, "until": to_iso(silence.until), "doors": list(silence.doors)}
        note(conn, caller, now, Act.SILENCE_BEGIN, silence.silence_id, said)
        return silence

    return _silence(await parts.db.write(begin), now)


@router.delete("/api/silences/{silence_id}")
async def end_silence(silence_id: shapes.PathId, caller: Reviewer, parts: Parts) -> rule_shapes.SilenceShape:
    """End a silence before its time."""
    now = parts.clock.now()

    def end(conn: Connection) -> Silence:
        silence = silences.end(conn, caller.account, silence_id, by=caller.name, now=now)
        note(conn, caller, now, Act.SILENCE_END, silence_id, {"reason": silence.reason})
        return silence

    return _silence(await parts.db.write(end), now)


@router.get("/api/alerts/system")
async def get_system_alerts(caller: Manager, parts: Parts) -> rule_shapes.SystemShape:
    """Who is told of the system's own troubles, and what is wrong now."""
    return await parts.db.read(lambda conn: _system(conn, caller.account))


@router.put("/api/alerts/system")
async def set_system_alerts(body: rule_shapes.SystemInput, caller: Manager, parts: Parts) -> rule_shapes.SystemShape:
    """Say who is told of the system's own troubles, and of which nobody is."""
    now = parts.clock.now()
    recipients = tuple(dict.fromkeys(one.strip() for one in body.recipients if one.strip()))
    try:
        check_addresses(recipients)
    except AddressError as error:
        raise ApiError(422, str(error), field=f"recipients.{error.index}") from None

    def keep(conn: Connection) -> rule_shapes.SystemShape:
        for hook in body.hook_ids:
            hooks.get_hook(conn, caller.account, hook)
        wanted = SystemSettings(frozenset(body.off), recipients, tuple(body.hook_ids))
        save_system(conn, caller.account, wanted, now)
        said = {"recipients": list(recipients), "off": sorted(one.value for one in body.off)}
        note(conn, caller, now, Act.ALERTS_SYSTEM, "alerts", said)
        return _system(conn, caller.account)

    return await parts.db.write(keep)


def _system(conn: Connection, account: str) -> rule_shapes.SystemShape:
    settings = read_system(conn, account)
    return rule_shapes.SystemShape(
        off=sorted(settings.off),
        recipients=list(settings.recipients),
        hook_ids=list(settings.hooks),
        owners=owners(conn, account),
        lasting=[
            rule_shapes.LastingShape(
                kind=Trouble(one.kind),
                title=TELLINGS[Trouble(one.kind)].begun.format(one.subject),
                detail=one.detail,
                began_at=to_iso(one.began_at),
                told=one.told_at is not None,
            )
            for one in conditions.lasting(conn, account)
        ],
    )


def _silence(silence: Silence, now: Micros) -> rule_shapes.SilenceShape:
    return rule_shapes.SilenceShape(
        silence_id=silence.silence_id,
        reason=silence.reason,
        door_ids=list(silence.doors),
        kinds=list(silence.kinds),
        created_by=silence.created_by,
        created_at=to_iso(silence.created_at),
        until=to_iso(silence.until),
        ended_by=silence.ended_by,
        ended_at=None if silence.ended_at is None else to_iso(silence.ended_at),
        holds=silence.holds_at(now),
    )
