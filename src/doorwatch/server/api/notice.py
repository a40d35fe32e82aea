"""`/api/notice`: what people accept before they use the account."""

from fastapi import APIRouter, Request
from sqlalchemy import Connection

from doorwatch.accounts import limits
from doorwatch.domain.time import to_iso
from doorwatch.server.api import signing_in_shapes as forms
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.sessions import own_secret
from doorwatch.server.auth import FreshOwner, Parts, SignedIn
from doorwatch.store.people import notices
from doorwatch.store.people.notices import Notice

router = APIRouter(tags=["session"], responses=ERRORS)


@router.get("/api/notice")
async def read_notice(caller: SignedIn, parts: Parts) -> forms.NoticeShape:
    """The usage notice of the account, also for who has not accepted it yet."""
    return _shape(await parts.db.read(lambda conn: notices.get_notice(conn, caller.account)))


@router.put("/api/notice")
async def set_notice(body: forms.NewNotice, caller: FreshOwner, parts: Parts) -> forms.NoticeShape:
    """Set the usage notice; everybody but who sets it is asked to accept it before anything else."""
    now = parts.clock.now()

    def keep(conn: Connection) -> Notice | None:
        return limits.set_notice(
            conn,
            caller.account,
            body.text.strip(),
            now,
            by=caller.name,
            user_id=caller.user_id,
            address=caller.address,
        )

    return _shape(await parts.db.write(keep))


@router.post("/api/session/notice", status_code=204)
async def accept_notice(body: forms.AcceptedNotice, request: Request, caller: SignedIn, parts: Parts) -> None:
    """Accept the usage notice in the version that one has read."""
    await parts.accounts.accept_notice(own_secret(request, caller, parts), body.version, address=caller.address)


def _shape(notice: Notice | None) -> forms.NoticeShape:
    if notice is None:
        return forms.NoticeShape(text=None, version=None, set_at=None)
    return forms.NoticeShape(text=notice.text, version=notice.version, set_at=to_iso(notice.set_at))
