"""`/api/saved-searches`, `/api/past-searches`: searches that are kept by name and colour, and those asked lately."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Connection

from doorwatch.domain.time import to_iso
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Guest, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.server.permissions import Caller, Permission
from doorwatch.store import saved_searches as stored
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.saved_searches import Colour, SavedSearch

router = APIRouter(tags=["search"], responses=ERRORS)

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
SearchText = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S", description="As it is typed")]


class SavedSearchInput(shapes.Request):
    """A search to be kept."""

    name: Name
    text: SearchText
    colour: Colour = "blue"
    shared: Annotated[bool, Field(description="Whether all of the account see it; what a token saves always is")] = (
        False
    )


class SavedSearchChange(shapes.Request):
    """What is to be different; what is absent stays."""

    name: Name | None = None
    text: SearchText | None = None
    colour: Colour | None = None
    shared: bool | None = None


class SavedSearchShape(shapes.Answer):
    """A search that is kept."""

    saved_search_id: str
    name: str
    text: str
    colour: Colour
    shared: bool
    owner: Annotated[str, Field(description="The e-mail of whose it is; empty when it belongs to the account alone")]
    mine: Annotated[bool, Field(description="Whether the caller may change it")]
    created_at: shapes.Time
    updated_at: shapes.Time


class PastSearches(shapes.Answer):
    """What the caller searched, the newest first."""

    texts: list[str]


@router.get("/api/saved-searches")
async def list_saved_searches(caller: Guest, parts: Parts) -> list[SavedSearchShape]:
    """The caller's own saved searches and those that all of the account see, by name."""
    found = await parts.db.read(
        lambda conn: stored.seen_by(conn, caller.account, caller.user_id, shared=_sees_shared(caller))
    )
    return [_shape(one, caller) for one in found]


@router.post("/api/saved-searches", status_code=201)
async def save_search(body: SavedSearchInput, caller: Guest, parts: Parts) -> SavedSearchShape:
    """Keep a search for oneself, or for all of the account."""
    now = parts.clock.now()
    shared = body.shared or caller.user_id is None
    _may_share(caller, shared=shared)

    def save(conn: Connection) -> SavedSearch:
        made = stored.save(
            conn,
            caller.account,
            user_id=caller.user_id,
            name=body.name.strip(),
            text=body.text.strip(),
            colour=body.colour,
            shared=shared,
            now=now,
        )
        if made.shared:
            note(conn, caller, now, Act.SEARCH_SHARE, made.saved_search_id, {"name": made.name, "text": made.text})
        return made

    return _shape(await parts.db.write(save), caller)


@router.patch("/api/saved-searches/{saved_search_id}")
async def change_saved_search(
    saved_search_id: shapes.PathId, body: SavedSearchChange, caller: Guest, parts: Parts
) -> SavedSearchShape:
    """Change name, text, colour, or who sees it."""
    now = parts.clock.now()
    values = body.model_dump(exclude_none=True)

    def change(conn: Connection) -> SavedSearch:
        before = _of_caller(conn, caller, saved_search_id)
        if before.user_id is None and body.shared is False:
            raise ApiError(409, "this search belongs to the account alone: delete it instead", field="shared")
        _may_share(caller, shared=bool(body.shared) and not before.shared)
        after = stored.change(conn, caller.account, saved_search_id, now, **_stripped(values))
        if before.shared or after.shared:
            detail = {"name": after.name, "text": after.text, "shared": after.shared, "before": before.text}
            note(conn, caller, now, Act.SEARCH_CHANGE, saved_search_id, detail)
        return after

    return _shape(await parts.db.write(change), caller)


@router.delete("/api/saved-searches/{saved_search_id}", status_code=204)
async def remove_saved_search(saved_search_id: shapes.PathId, caller: Guest, parts: Parts) -> None:
    """Forget a saved search."""
    now = parts.clock.now()

    def remove(conn: Connection) -> None:
        before = _of_caller(conn, caller, saved_search_id)
        stored.remove(conn, caller.account, saved_search_id)
        if before.shared:
            note(conn, caller, now, Act.SEARCH_REMOVE, saved_search_id, {"name": before.name, "text": before.text})

    await parts.db.write(remove)


@router.get("/api/past-searches")
async def list_past_searches(caller: Guest, parts: Parts) -> PastSearches:
    """What the caller searched last; a token has no such list."""
    user_id = caller.user_id
    if user_id is None:
        return PastSearches(texts=[])
    return PastSearches(texts=await parts.db.read(lambda conn: stored.past(conn, caller.account, user_id)))


@router.delete("/api/past-searches", status_code=204)
async def forget_past_searches(
    caller: Guest,
    parts: Parts,
    text: Annotated[str | None, Query(max_length=500, description="Only this one; else all of them")] = None,
) -> None:
    """Forget what the caller searched."""
    user_id = caller.user_id
    if user_id is not None:
        await parts.db.write(lambda conn: stored.forget_past(conn, caller.account, user_id, text))


def _sees_shared(caller: Caller) -> bool:
    """Not somebody with whom only some cameras are shared: a search may name others."""
    return caller.may(Permission.VIEW)


def _may_share(caller: Caller, *, shared: bool) -> None:
    if not shared:
        return
    if not caller.may(Permission.VIEW):
        sentence = "only some cameras are shared with you: save the search for yourself alone"
        raise ApiError(403, sentence, field="shared", reason="cameras")
    if caller.user_id is None and not caller.may(Permission.MANAGE):
        raise ApiError(403, "this token may only read: use one with the scope api to save searches", scopes=["api"])


def _of_caller(conn: Connection, caller: Caller, saved_search_id: str) -> SavedSearch:
    """A search that the caller may change: their own, or for who may manage any that is shared."""
    found = stored.get(conn, caller.account, saved_search_id)
    if found.user_id is not None and found.user_id == caller.user_id:
        return found
    if not found.shared or not _sees_shared(caller):
        raise UnknownError("there is no such saved search; perhaps it was deleted")
    if not caller.may(Permission.MANAGE):
        whose = found.owner or "the account"
        raise ApiError(403, f"this search belongs to {whose}: ask somebody who may manage, or save one of your own")
    return found


def _stripped(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}


def _shape(one: SavedSearch, caller: Caller) -> SavedSearchShape:
    mine = one.user_id is not None and one.user_id == caller.user_id
    return SavedSearchShape(
        saved_search_id=one.saved_search_id,
        name=one.name,
        text=one.text,
        colour=one.colour,
        shared=one.shared,
        owner=one.owner,
        mine=mine or caller.may(Permission.MANAGE),
        created_at=to_iso(one.created_at),
        updated_at=to_iso(one.updated_at),
    )
