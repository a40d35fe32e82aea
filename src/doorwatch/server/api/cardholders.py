"""`/api/cardholders`, `/api/erasures`: what is stored of a person, told and erased."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy import Connection

from doorwatch.domain.time import to_iso
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.views import iso
from doorwatch.server.auth import FreshOwner, Owner, Parts
from doorwatch.server.noting import note
from doorwatch.store import cardholders, erasing
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.cardholders import Cardholder
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.erasing import Erasure

router = APIRouter(tags=["privacy"], responses=ERRORS)

_JSON: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": {"type": "object"}}}, "description": "All that is stored"}
}


class CardholderShape(shapes.Answer):
    """Somebody whose credential was used."""

    cardholder_id: str
    pacs_id: str
    actor_id: str | None = Field(description="The person's id in the access control system")
    name: str | None
    email: str | None
    events: int
    last_at: shapes.Time | None


class KeptShape(shapes.Answer):
    """An incident whose hold still keeps the person: what there is of it, and until when at least."""

    incident_id: str
    until: shapes.Time | None = Field(description="Null when somebody has to end the hold")
    reason: str
    evidence: list[str]
    events: int = Field(description="Access events that keep the name with it")


class ErasureShape(shapes.Answer):
    """That somebody was erased. It does not say who."""

    erasure_id: str
    erased_at: shapes.Time
    erased_by: str
    cleaned: dict[str, int] = Field(description="How much of what was cleaned")
    kept: list[KeptShape] = Field(description="What holds still keep; it is erased when the last of them ends")
    notes: list[str] = Field(description="What this does not change")
    finished_at: shapes.Time | None


@router.get("/api/cardholders")
async def find_cardholders(
    caller: Owner, parts: Parts, q: Annotated[str, Query(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
) -> list[CardholderShape]:
    """People by words of the name, by id or by e-mail address; at most 50."""
    found = await parts.db.read(lambda conn: cardholders.find(conn, caller.account, q))
    return [_cardholder(one) for one in found]


@router.post("/api/cardholders/{cardholder_id}/export", response_class=Response, responses=_JSON)
async def export_cardholder(cardholder_id: shapes.PathId, caller: FreshOwner, parts: Parts) -> Response:
    """All that is stored of a person, as one JSON document; pictures and clips are named, not contained."""
    key, now = _key(cardholder_id), parts.clock.now()
    told = await parts.db.read(lambda conn: cardholders.export(conn, caller.account, key))
    named = next((one["name"] or one["actor_id"] for one in told["people"]), None)

    def keep(conn: Connection) -> None:
        note(conn, caller, now, Act.PERSON_EXPORT, named or "somebody", {"events": len(told["events"])})

    await parts.db.write(keep)
    headers = {"Content-Disposition": f'attachment; filename="doorwatch-person-{to_iso(now)[:10]}.json"'}
    return Response(json.dumps(told, ensure_ascii=False, indent=1), media_type="application/json", headers=headers)


@router.post("/api/cardholders/{cardholder_id}/erase")
async def erase_cardholder(cardholder_id: shapes.PathId, caller: FreshOwner, parts: Parts) -> ErasureShape:
    """Take name, address and id of a person out of everything that no hold keeps, for good; events stay, nameless."""
    done = await parts.erasures.erase(caller, _key(cardholder_id))
    parts.feed.publish(caller.account, "reload", {"reason": "a person was erased"})
    return _erasure(done)


@router.get("/api/erasures")
async def list_erasures(caller: Owner, parts: Parts) -> list[ErasureShape]:
    """That people were erased, the newest first, and what holds still keep of them."""
    found = await parts.db.read(lambda conn: erasing.list_erasures(conn, caller.account))
    return [_erasure(one) for one in found]


@router.delete("/api/erasures/{erasure_id}", status_code=204)
async def allow_again(erasure_id: shapes.PathId, caller: FreshOwner, parts: Parts) -> None:
    """Let whoever was erased be stored again from now on, such as somebody who is employed anew; nothing comes back."""
    await parts.erasures.allow(caller, erasure_id)


def _key(cardholder_id: str) -> int:
    try:
        return int(cardholder_id)
    except ValueError:
        raise UnknownError("nobody of this id is known; perhaps the person was erased already") from None


def _cardholder(one: Cardholder) -> CardholderShape:
    return CardholderShape(
        cardholder_id=str(one.actor_key),
        pacs_id=one.pacs_id,
        actor_id=one.actor_id,
        name=one.name,
        email=one.email,
        events=one.events,
        last_at=iso(one.last_at),
    )


def _erasure(done: Erasure) -> ErasureShape:
    return ErasureShape(
        erasure_id=done.erasure_id,
        erased_at=to_iso(done.erased_at),
        erased_by=done.erased_by,
        cleaned=done.cleaned,
        kept=[
            KeptShape(
                incident_id=one.incident_id,
                until=one.until,
                reason=one.reason,
                evidence=list(one.evidence),
                events=one.events,
            )
            for one in done.kept
        ],
        notes=list(done.notes),
        finished_at=iso(done.finished_at),
    )
