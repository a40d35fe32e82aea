"""`/api/setup`: making the first owner of an installation in which nobody can sign in yet."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from doorwatch.accounts import setup
from doorwatch.accounts.setup import FirstStart
from doorwatch.domain.time import to_iso
from doorwatch.server.api import session_shapes, views
from doorwatch.server.api import signing_in_shapes as forms
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.session import begun_shape
from doorwatch.server.auth import Owner, Parts, Public, Trying
from doorwatch.server.binding import setup_address
from doorwatch.server.cookies import keep_session, visit_of

router = APIRouter(tags=["setup"], responses=ERRORS)


@router.get("/api/setup", dependencies=[Public])
async def setup_state(parts: Parts) -> forms.SetupState:
    """Whether nobody can sign in yet."""
    return forms.SetupState(needed=await parts.db.read(setup.is_needed))


@router.post("/api/setup/check", dependencies=[Trying])
async def check_link(body: forms.SetupLinkBody, parts: Parts) -> forms.SetupLinkState:
    """Whether a set-up link is good, and what its page proposes."""
    secret, now = body.link.get_secret_value(), parts.clock.now()

    def read(conn: Connection) -> forms.SetupLinkState:
        link = setup.check_link(conn, secret, now)
        site = views.site_of(conn, link.account_id)
        proposed = session_shapes.NamedPlace(name=site.name, time_zone=site.time_zone)
        return forms.SetupLinkState(site=proposed, expires_at=to_iso(link.expires_at))

    return await parts.db.read(read)


@router.post("/api/setup", dependencies=[Trying])
async def set_up(
    body: forms.FirstStartBody, request: Request, response: Response, parts: Parts
) -> session_shapes.SessionShape:
    """Make the first owner, who is signed in by that, and name the site; all set-up links end."""
    chosen = FirstStart(body.email, body.name, body.password.get_secret_value(), body.site_name, body.time_zone)
    signed_in = await parts.accounts.set_up(body.link.get_secret_value(), chosen, visit_of(request, parts))
    keep_session(response, parts, signed_in)
    return await begun_shape(parts, signed_in)


@router.post("/api/setup/links", status_code=201)
async def new_link(caller: Owner, parts: Parts) -> forms.SetupLinkShape:
    """Make a new set-up link, which is told this once; former ones end. Only while nobody can sign in."""
    now = parts.clock.now()
    link = await parts.db.write(lambda conn: setup.new_link(conn, caller.account, now, only=True))
    return forms.SetupLinkShape(url=setup_address(parts.settings, link.secret), expires_at=to_iso(link.expires_at))
