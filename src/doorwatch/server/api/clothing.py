"""`/api/clothing`: whether the colours of clothes of those who cross are kept."""

from fastapi import APIRouter
from sqlalchemy import Connection

from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import FreshOwner, Parts, Viewer
from doorwatch.server.noting import note
from doorwatch.store import appearances
from doorwatch.store.audit_trail.acts import Act

router = APIRouter(tags=["privacy"], responses=ERRORS)


class ClothingSetting(shapes.Answer):
    """Whether the account keeps the colours of clothes."""

    kept: bool


class NewClothingSetting(shapes.Request):
    """Whether the account shall keep the colours of clothes."""

    kept: bool


@router.get("/api/clothing")
async def clothing(caller: Viewer, parts: Parts) -> ClothingSetting:
    """Whether the colours of clothes are read off those who cross, and kept."""
    return ClothingSetting(kept=await parts.db.read(lambda conn: appearances.wants_colours(conn, caller.account)))


@router.put("/api/clothing")
async def set_clothing(body: NewClothingSetting, caller: FreshOwner, parts: Parts) -> ClothingSetting:
    """Begin or end that; when it ends, what is stored is deleted within minutes."""
    now = parts.clock.now()

    def write(conn: Connection) -> None:
        appearances.want_colours(conn, caller.account, now, wanted=body.kept)
        note(conn, caller, now, Act.CLOTHING_SET, "", {"kept": body.kept})

    await parts.db.write(write)
    await parts.control.configure(caller.account)
    return ClothingSetting(kept=body.kept)
