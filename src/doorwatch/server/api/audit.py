"""`/api/audit`: who did what."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from doorwatch.domain.time import from_iso, to_iso
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.shapes import Answer, Time
from doorwatch.server.api.tables import CSV, table
from doorwatch.server.auth import Manager, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.audit_trail.audit import AuditEntry, Wanted, list_entries

router = APIRouter(tags=["audit"], responses=ERRORS)

_MOST_ROWS = 50_000

Who = Annotated[str, Query(max_length=200, description="Part of an e-mail or of a token's name")]
Text = Annotated[str, Query(max_length=200, description="Looked for in everything that an entry tells")]
Acts = Annotated[list[Act] | None, Query(max_length=100, description="Only these acts")]
When = Annotated[str | None, Query(max_length=40, description="A time in ISO 8601")]


def _wanted(who: Who = "", text: Text = "", act: Acts = None, since: When = None, until: When = None) -> Wanted:
    times = {}
    for name, value in (("since", since), ("until", until)):
        try:
            times[name] = None if value is None else from_iso(value)
        except ValueError as error:
            raise ApiError(422, f"{name} can't be read: {error}", field=name) from None
    return Wanted(who.strip(), text.strip(), act or (), times["since"], times["until"])


Filter = Annotated[Wanted, Depends(_wanted)]


class AuditShape(Answer):
    """Something that somebody did."""

    number: int = Field(description="Counts up from 1 in each account, without a gap")
    at: Time
    who: str = Field(description="A person's e-mail, a token's name, or system")
    act: str
    words: str = Field(description="What was done, for people")
    subject: str | None = Field(description="To what")
    detail: dict[str, Any] = Field(description="What changed, before and after")
    address: str | None = Field(description="From where")


class AuditPage(Answer):
    """Entries, the newest first, and whether there are older ones that match."""

    entries: list[AuditShape]
    more: bool


class ActShape(Answer):
    """An act that is recorded."""

    act: str
    words: str


@router.get("/api/audit")
async def audit_trail(
    caller: Manager,
    parts: Parts,
    wanted: Filter,
    before: Annotated[
        int | None, Query(ge=1, le=2**53, description="Number of the last entry of the page before")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AuditPage:
    """What was done in the account, the newest first."""
    found = await parts.db.read(
        lambda conn: list_entries(conn, caller.account, limit=limit + 1, before=before, wanted=wanted)
    )
    return AuditPage(entries=[_shape(entry) for entry in found[:limit]], more=len(found) > limit)


@router.get("/api/audit/acts")
async def audit_acts(_caller: Manager) -> list[ActShape]:
    """All acts that are recorded, with their words."""
    return [ActShape(act=act.value, words=act.words) for act in Act]


@router.get("/api/audit/table.csv", response_class=Response, responses=CSV)
async def audit_table(
    caller: Manager,
    parts: Parts,
    wanted: Filter,
) -> Response:
    """The same as a table of at most 50,000 rows; that it was exported is in the trail from then on."""
    found = await parts.db.read(lambda conn: list_entries(conn, caller.account, limit=_MOST_ROWS, wanted=wanted))
    now = parts.clock.now()
    told = {"rows": len(found), "who": wanted.who, "text": wanted.text, "act": [str(one) for one in wanted.acts]}
    await parts.db.write(lambda conn: note(conn, caller, now, Act.AUDIT_EXPORT, "audit", told))
    head = ["number", "at", "who", "act", "words", "subject", "detail", "address"]
    rows = (_shape(entry) for entry in found)
    return table(
        "doorwatch-audit.csv",
        head,
        (
            [*(row.number, row.at, row.who, row.act, row.words), *(row.subject, json.dumps(row.detail), row.address)]
            for row in rows
        ),
    )


def _shape(entry: AuditEntry) -> AuditShape:
    return AuditShape(
        number=entry.number,
        at=to_iso(entry.at),
        who=entry.actor,
        act=entry.action,
        words=_words(entry.action),
        subject=entry.subject,
        detail=dict(entry.detail),
        address=entry.address,
    )


def _words(action: str) -> str:
    """An act in words; one that only an older version recorded is told by its name."""
    try:
        return Act(action).words
    except ValueError:
        return action
