"""`/api/users/me/hooks`: a callback registered as systems of this kind do it, by an expression over cameras and labels."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AliasChoices, Field
from sqlalchemy import Connection

from doorwatch.search import load_vocabulary
from doorwatch.search.expression import LONGEST, ExpressionError, translate
from doorwatch.server.api import callbacks
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.callback_shapes import CallbackInput, CallbackSecretShape, Text
from doorwatch.server.api.shapes import Request
from doorwatch.server.auth import Manager, Parts
from doorwatch.server.errors import ApiError
from doorwatch.store.engine.folding import fold

router = APIRouter(tags=["callbacks"], responses=ERRORS)

MATCHES = ("query_match", "label_hit")
"""Types of hooks that are told of what matches; the second is the older name."""
HEARD = ("incident.created", "pacs.events.created", "crossings.created")
_FIELDS = {"url": "callback_url", "filter": "parsed_query"}
_NO_SUCH = {
    "query_match_ad_hoc": "searches that somebody makes are told to nobody else: register a query_match",
    "job_completed": "there are no jobs here: register a query_match",
}


class QueryHookInput(Request):
    """Who is to be told of what matches an expression. `parsedQuery` for `parsed_query` is understood as well."""

    callback_url: Annotated[Text, Field(min_length=8)]
    type: Annotated[str, Field(max_length=100, json_schema_extra={"enum": list(MATCHES)})] = MATCHES[0]
    parsed_query: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST,
            validation_alias=AliasChoices("parsed_query", "parsedQuery"),
            description="`and`, `or`, `not`, `in`, `==` and `!=` over `camera` and `labels`",
        ),
    ]


@router.post("/api/users/me/hooks", status_code=201)
async def add_query_hook(body: QueryHookInput, caller: Manager, parts: Parts) -> CallbackSecretShape:
    """Register a callback by an expression; the answer says by which filter it is understood, and carries its secret once."""
    if body.type not in MATCHES:
        why = _NO_SUCH.get(body.type, f"use {MATCHES[0]}")
        raise ApiError(422, f"a hook of the type {body.type} can't be registered: {why}", field="type")

    def understood(conn: Connection) -> str:
        known = load_vocabulary(conn, caller.account)
        names = {fold(name) for name in (*known.cameras.values(), *known.groups)}
        return translate(body.parsed_query, lambda name: name in known.cameras or fold(name) in names)

    try:
        found = await parts.db.read(understood)
        wanted = CallbackInput(
            name=f"Hook: {body.parsed_query}"[:100],
            url=body.callback_url,
            events=list(HEARD),
            filter=found,
            images=True,
        )
        return await callbacks.add_callback(wanted, caller, parts)
    except ExpressionError as error:
        raise ApiError(422, str(error), field="parsed_query") from None
    except ApiError as error:
        told = error.more | {"field": _FIELDS.get(error.more.get("field", ""), error.more.get("field"))}
        raise ApiError(error.status_code, error.detail, **told) from None
