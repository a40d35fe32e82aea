"""`/share/{token}`: one incident for somebody who has the link and no account."""

import asyncio
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, select_autoescape
from sqlalchemy import Connection

from doorwatch.accounts import throttle
from doorwatch.accounts.throttle import TooManyAttemptsError
from doorwatch.alerts import callbacks
from doorwatch.blobs import BlobMissingError
from doorwatch.domain.time import SECOND, Micros, from_iso
from doorwatch.server.api import happening_views, shapes
from doorwatch.server.api.answers import ERRORS, MEDIA
from doorwatch.server.api.shared_clip import codec_of, kept_clip, playable_response, plays_in_few
from doorwatch.server.auth import Parts, Shared
from doorwatch.server.errors import ApiError
from doorwatch.server.files import evidence_response
from doorwatch.server.links import Pictured
from doorwatch.server.links import Shared as Right
from doorwatch.server.middleware.headers import policy
from doorwatch.server.noting import note
from doorwatch.server.permissions import Caller
from doorwatch.store import sites
from doorwatch.store.alerting import mail_links
from doorwatch.store.alerting.mail_links import MailLink
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.engine.errors import UnknownError

router = APIRouter(tags=["share"], responses=ERRORS, dependencies=[Shared])

_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem }
img, video { width: 100%; border-radius: .5rem; background: #111 }
h1 { font-size: 1.4rem; margin: .5rem 0 } .quiet { opacity: .7 } dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem }
dt { opacity: .7 } dd { margin: 0 }
"""
_POLICY = {"Content-Security-Policy": policy(_STYLE)}

_PAGE = Environment(autoescape=select_autoescape(default=True)).from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{{ kind }} at {{ incident.door.name }}</title>
<style>{{ style|safe }}</style></head><body>
<h1>{{ kind }} at {{ incident.door.name }}</h1>
<p class="quiet">{{ when }}</p>
<p>{{ incident.reason }}</p>
{% if incident.clip_url %}<video controls preload="metadata"{% if incident.picture_url %} poster="{{ base }}/picture.jpg"{% endif %}>
{% if few %}<source src="{{ base }}/clip.mp4" type="video/mp4; codecs=&quot;{{ codec }}&quot;"><source src="{{ base }}/playable.mp4" type="video/mp4">
{% else %}<source src="{{ base }}/clip.mp4" type="video/mp4">{% endif %}</video>
{% if few %}<p class="quiet">The camera sends HEVC. For a browser that does not play it, the clip is made anew, which may take a minute.
<a href="{{ base }}/clip.mp4" download="clip.mp4">Save it as it was recorded</a></p>{% endif %}
{% elif incident.picture_url %}<img alt="The picture of the incident" src="{{ base }}/picture.jpg">
{% else %}<p>Picture and video have not arrived yet; reload in a minute.</p>{% endif %}
<dl><dt>People</dt><dd>{{ incident.people }}</dd><dt>Grants</dt><dd>{{ incident.grants }}</dd>
<dt>Without a grant</dt><dd>{{ incident.excess }}</dd><dt>State</dt><dd>{{ incident.state.value }}</dd></dl>
<p class="quiet">This link shows one incident and stops working {{ until }}.</p>
</body></html>""")


_ASKING = Environment(autoescape=select_autoescape(default=True)).from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>Password</title><style>{{ style|safe }}</style></head><body>
<h1>This link asks for a password</h1><p>Whoever gave you the link knows it.</p>
{% if problem %}<p role="alert"><strong>{{ problem }}</strong></p>{% endif %}
<form method="post" action="/share/{{ token }}"><label>Password <input type="password" name="password" required autofocus maxlength="200"></label>
<button>Show</button></form></body></html>""")


@router.get("/share/{token}", response_class=HTMLResponse)
async def page(token: shapes.PathId, request: Request, parts: Parts) -> Response:
    """The incident's page, or the form that asks for the link's password."""
    try:
        right = await _right(parts, token, request)
    except LockedError:
        return _ask(token)
    await _note_opening(parts, request, right)
    incident = await parts.db.read(lambda conn: happening_views.incident_detail(conn, right.account, right.incident_id))
    now = parts.clock.now()
    site = (await parts.db.read(lambda conn: sites.read(conn, right.account, now))).of_door(incident.door.door_id)
    kept = await kept_clip(parts, right.account, right.incident_id)
    codec = "" if kept is None else await codec_of(parts.blobs, kept)
    html = _PAGE.render(
        incident=incident,
        kind=incident.kind.value.replace("_", " ").capitalize(),
        when=_local(from_iso(incident.start), site.time_zone),
        until=_local(right.until, site.time_zone),
        base=f"/share/{token}",
        codec=codec,
        few=plays_in_few(codec),
        style=_STYLE,
    )
    return HTMLResponse(html, headers=_POLICY)


@router.post("/share/{token}", response_class=HTMLResponse)
async def give_password(token: shapes.PathId, request: Request, parts: Parts) -> Response:
    """Take the link's password; the browser remembers that it was given."""
    right, link = await _valid(parts, token)
    if link is None or link.password_hash is None:
        return RedirectResponse(f"/share/{token}", 303)
    given = parse_qs((await request.body()).decode("utf-8", "replace")).get("password", [""])[0]
    visitor = _visitor(request, right)
    try:
        fits = await _fits(parts, link, given, visitor.address)
    except TooManyAttemptsError as error:
        return _ask(token, f"Too many wrong passwords: try again in {error.retry_after} s.", 429)
    if not fits:
        now, detail = parts.clock.now(), {"link": link.link_id}
        await parts.db.write(lambda conn: note(conn, visitor, now, Act.LINK_REFUSED, right.incident_id, detail))
        return _ask(token, "That was not the password.", 403)
    answer = RedirectResponse(f"/share/{token}", 303)
    answer.set_cookie(
        _cookie(link.link_id),
        parts.links.proof(link.link_id, link.password_hash),
        max_age=max(0, (link.until - parts.clock.now()) // SECOND),
        path="/share/",
        secure=parts.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get("/share/{token}/picture.jpg", response_class=Response, responses=MEDIA["image/jpeg"])
async def picture(token: shapes.PathId, request: Request, parts: Parts) -> Response:
    """The incident's picture."""
    right = await _right(parts, token, request)
    return await evidence_response(parts, request, right.account, right.incident_id, "picture.jpg")


@router.get("/share/{token}/clip.mp4", response_class=Response, responses=MEDIA["video/mp4"])
async def clip(token: shapes.PathId, request: Request, parts: Parts) -> Response:
    """The incident's short video; ranges are served."""
    right = await _right(parts, token, request)
    found = await evidence_response(parts, request, right.account, right.incident_id, "clip.mp4")
    await parts.looks.note(_visitor(request, right), Act.VIDEO_SHARED_VIEW, right.incident_id)
    return found


@router.get("/share/{token}/playable.mp4", response_class=Response, responses=MEDIA["video/mp4"])
async def playable_clip(token: shapes.PathId, request: Request, parts: Parts) -> Response:
    """The incident's short video in a codec that every browser plays (VP9); made for the first who asks, who waits for it."""
    right = await _right(parts, token, request)
    found = await playable_response(parts, request, right.account, right.incident_id)
    await parts.looks.note(_visitor(request, right), Act.VIDEO_SHARED_VIEW, right.incident_id)
    return found


@router.get("/share/pictures/{token}", response_class=Response, responses=MEDIA["image/jpeg"])
async def posted_picture(token: shapes.PictureToken, request: Request, parts: Parts) -> Response:
    """A picture that a callback's post leads to, until its link is over or the callback leads to none any more."""
    right = parts.links.read_picture(token, parts.clock.now())
    if right is None or not await parts.db.read(lambda conn: _leads(conn, right)):
        raise ApiError(404, "this link is over or was never valid; ask for a new one")
    try:
        shown = await parts.pictures.get(right.account, right.moment_id)
    except (UnknownError, BlobMissingError):
        raise ApiError(404, "there is no picture of this moment, or it went with the recordings") from None
    address = request.client.host if request.client else None
    visitor = Caller(right.account, "somebody with a link", frozenset(), address=address)
    await parts.looks.note(visitor, Act.PICTURE_POSTED_VIEW, right.callback_id, {"moment": right.moment_id})
    return Response(shown, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


def _leads(conn: Connection, right: Pictured) -> bool:
    try:
        callback = callbacks.get_callback(conn, right.account, right.callback_id)
    except UnknownError:
        return False
    return callback.hook.enabled and callback.images


def _visitor(request: Request, right: Right) -> Caller:
    address = request.client.host if request.client else None
    return Caller(right.account, "somebody with a link", frozenset(), address=address)


async def _right(parts: Parts, token: str, request: Request) -> Right:
    """What a link gives to this browser; raises ApiError for one that gives nothing, LockedError without its password."""
    right, link = await _valid(parts, token)
    if link is not None and link.password_hash is not None:
        proof = parts.links.proof(link.link_id, link.password_hash)
        if not hmac.compare_digest(request.cookies.get(_cookie(link.link_id), "").encode(), proof.encode()):
            raise LockedError(401, "this link asks for a password: open its page first")
    return right


async def _valid(parts: Parts, token: str) -> tuple[Right, MailLink | None]:
    """What a link gives, and its row; raises ApiError when it is over, was ended, or was never made here."""
    now = parts.clock.now()
    right = parts.links.read(token, now)
    if right is not None and right.link_id is None:
        return right, None  # of a version before links were rows
    if right is not None and right.link_id is not None:
        account, link_id = right.account, right.link_id
        try:
            link = await parts.db.read(lambda conn: mail_links.get(conn, account, link_id))
        except UnknownError:
            link = None
        if link is not None and link.works_at(now):
            return right, link
    raise ApiError(404, "this link is over or was never valid; ask for a new one")


class LockedError(ApiError):
    """A link whose password this browser has not given."""


def _ask(token: str, problem: str = "", status: int = 200) -> Response:
    html = _ASKING.render(token=token, problem=problem, style=_STYLE)
    return HTMLResponse(html, status, headers=_POLICY | {"Cache-Control": "no-store"})


def _cookie(link_id: str) -> str:
    return f"doorwatch_{link_id}"


async def _fits(parts: Parts, link: MailLink, given: str, address: str | None) -> bool:
    """Whether it is the password; wrong ones make the next tries wait. Raises TooManyAttemptsError."""
    now, subject = parts.clock.now(), f"link {link.link_id}"
    # Counted before it is looked at, so that many at once do not all go free.
    await parts.db.write(lambda conn: _count(conn, subject, address, now))
    fits = await asyncio.to_thread(parts.accounts.passwords.matches, link.password_hash, given)
    if fits:
        await parts.db.write(lambda conn: throttle.succeeded(conn, subject, address))
    return fits


def _count(conn: Connection, subject: str, address: str | None, now: Micros) -> None:
    throttle.check(conn, subject, address, now)
    throttle.failed(conn, subject, address, now)


async def _note_opening(parts: Parts, request: Request, right: Right) -> None:
    """Who opens a mail's link is counted with it, and stands in the trail with whom it was sent to."""
    if right.link_id is None:
        return
    link_id, now = right.link_id, parts.clock.now()
    await parts.db.write(lambda conn: mail_links.opened(conn, right.account, link_id, now))
    await parts.looks.note(_visitor(request, right), Act.LINK_OPEN, right.incident_id, {"link": link_id})


def _local(at: int, zone: str) -> str:
    moment = datetime.fromtimestamp(at / SECOND, UTC).astimezone(ZoneInfo(zone))
    return f"{moment:%Y-%m-%d %H:%M:%S} ({zone})"
