"""The HTTP face of the simulated role: who is let in, and which command a path means."""

import base64
import binascii
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from aiohttp import hdrs, web

from doorwatch.domain.errors import DoorwatchError
from doorwatch.simulators.genetec import queries
from doorwatch.simulators.genetec.building import normalised_guid
from doorwatch.simulators.genetec.event_types import known_type
from doorwatch.simulators.genetec.faults import AnswerFaults, fault_body
from doorwatch.simulators.genetec.formats import BYTE_ORDER_MARK, Form, answer, failure, form_for
from doorwatch.simulators.genetec.queries import RefusedError
from doorwatch.simulators.genetec.role import Role
from doorwatch.simulators.genetec.sessions import Session

_KEPT_REQUESTS = 2_000
_CONFIGURATION_REPORTS = {"entityconfiguration", "cardholderconfiguration", "credentialconfiguration"}


class Routes:
    """Answers requests on both ports."""

    def __init__(self, role: Role, faults: AnswerFaults) -> None:
        self.requests: deque[dict[str, Any]] = deque(maxlen=_KEPT_REQUESTS)
        self.streaming_address = ""
        """Scheme, host and port of the streaming port, for redirects."""
        self._role = role
        self._faults = faults

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer any request."""
        kept: dict[str, Any] = {
            "method": request.method,
            "path": request.path,
            "query": _query(request),
            "status": None,
        }
        self.requests.append(kept)
        response = await self._answer(request)
        kept["status"] = response.status
        return response

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        base = self._role.settings.base_uri.strip("/").lower()
        parts = [part for part in request.path.split("/") if part]
        if not parts or parts[0].lower() != base:
            return _page(404)
        command = parts[1:]
        fault = self._faults.meet("/".join(command))
        if fault is not None and fault.delay:
            await self._role.clock.sleep(fault.delay)
        if fault is not None and fault.status is not None:
            return web.Response(status=fault.status, body=fault_body(fault), content_type="text/html")
        refused = self._refused(request)
        if refused is not None:
            return refused
        session = await self._session(request)
        if session is None:
            return _page(self._role.settings.refuse_with)
        if request.method == hdrs.METH_POST and hdrs.CONTENT_LENGTH not in request.headers:
            return _page(411)
        return await self._command(request, session, command)

    # Who is let in

    def _refused(self, request: web.Request) -> web.Response | None:
        """The refusal of a request that is not signed in properly, or None."""
        credentials = _credentials(request)
        if credentials is None:
            return _page(401)
        settings = self._role.settings
        known = any((user.name, user.application_id, user.password) == credentials for user in self._role.users)
        if not (known and settings.licensed and settings.may_log_on):
            return _page(settings.refuse_with)
        return None

    async def _session(self, request: web.Request) -> Session | None:
        """The session of the request, opened if need be; None when all connections of the licence are taken."""
        role = self._role
        role.expire_sessions()
        user, application_id, _ = _credentials(request) or ("", "", "")
        session = role.sessions.get(user, application_id)
        if session is None:
            if len(role.sessions) >= role.settings.connections:
                return None
            session = role.sessions.open(user, application_id, role.clock.monotonic())
            if role.settings.session_open_delay:
                await role.clock.sleep(role.settings.session_open_delay)
        session.last_request = role.clock.monotonic()
        return session

    # What is asked

    async def _command(self, request: web.Request, session: Session, command: list[str]) -> web.StreamResponse:
        form = form_for(request.headers.get(hdrs.ACCEPT))
        key = (request.method, command[0].lower() if command else "")
        commands: dict[tuple[str, str], Callable[..., Awaitable[web.StreamResponse]]] = {
            ("GET", ""): self._ping,
            ("GET", "entity"): self._entity,
            ("GET", "report"): self._report,
            ("GET", "events"): self._events,
            ("POST", "events"): self._events_command,
            ("GET", "licenseitemusage"): self._licence,
        }
        handler = commands.get(key)
        if handler is None:
            return _page(404)
        try:
            return await handler(request, session, form, command[1:])
        except RefusedError as refusal:
            return self._body(failure(form, str(refusal)), form)

    async def _ping(self, _request: web.Request, _session: Session, form: Form, _rest: list[str]) -> web.Response:
        return self._body(answer(form, "Ok"), form)

    async def _entity(self, request: web.Request, _session: Session, form: Form, rest: list[str]) -> web.Response:
        role = self._role
        words = [word.lower() for word in rest]
        if not rest:
            return self._body(answer(form, "Ok", queries.project(role, _query(request))), form)
        if words[0] == "exists" and len(rest) == 2:
            try:
                queries.find_entity(role, rest[1])
            except RefusedError:
                return self._body(answer(form, "Ok", {"Value": False}), form)
            return self._body(answer(form, "Ok", {"Value": True}), form)
        if words[0] == "basic" and len(rest) == 2:
            return self._body(answer(form, "Ok", queries.find_entity(role, rest[1]).basic()), form)
        if len(rest) == 1:
            entity = queries.find_entity(role, rest[0])
            return self._body(answer(form, "Ok", queries.entity_properties(role, entity)), form)
        return _page(404)

    async def _report(self, request: web.Request, _session: Session, form: Form, rest: list[str]) -> web.Response:
        report = rest[0].lower() if len(rest) == 1 else ""
        rows: list[Any]
        if report in _CONFIGURATION_REPORTS:
            status, rows = queries.list_entities(self._role, report, _query(request))
        elif report == "dooractivity":
            if not self._role.settings.may_report:
                raise RefusedError("The user does not have the privilege to run this report")
            status, rows = queries.door_activity(self._role, _query(request))
        else:
            return _page(404)
        return self._body(answer(form, status, rows), form)

    async def _licence(self, _request: web.Request, _session: Session, form: Form, rest: list[str]) -> web.Response:
        if len(rest) != 1:
            return _page(400)
        used = {"Item": rest[0], "CurrentUsage": len(self._role.sessions), "Maximum": self._role.settings.connections}
        return self._body(answer(form, "Ok", used), form)

    # Events

    async def _events(self, request: web.Request, session: Session, form: Form, rest: list[str]) -> web.StreamResponse:
        word = rest[0].lower() if len(rest) == 1 else ""
        if not rest:
            return await self._stream(request, session, form)
        if word == "subscribed":
            if not self._role.settings.lists_subscriptions:
                raise RefusedError("The subscriptions cannot be listed")
            return self._body(answer(form, "Ok", session.subscribed()), form)
        if word not in {"subscribe", "unsubscribe"}:
            return _page(404)
        for event_type, kind, entity in queries.subscription_terms(self._role, _query(request)):
            entities = [entity] if entity is not None else self._role.visible(kind or "")
            pairs = {(event_type, one.guid) for one in entities}
            if word == "subscribe":
                session.subscriptions |= pairs
                session.wildcards |= {(event_type, kind)} if kind else set()
            else:
                session.subscriptions -= pairs
                session.wildcards.discard((event_type, kind or ""))
        return self._body(answer(form, "Ok"), form)

    async def _stream(self, request: web.Request, session: Session, form: Form) -> web.StreamResponse:
        settings = self._role.settings
        if settings.redirect_events != "off" and not self._is_streaming_port(request):
            base = settings.redirect_to or self.streaming_address
            location = f"{base}/{settings.base_uri.strip('/')}/events"
            return web.Response(status=int(settings.redirect_events), headers={hdrs.LOCATION: location})
        stream = self._role.open_stream(session, form)
        try:
            return await stream.run(request)
        finally:
            self._role.stream_ended(session, stream)

    def _is_streaming_port(self, request: web.Request) -> bool:
        local = request.transport.get_extra_info("sockname") if request.transport else None
        return local is not None and self.streaming_address.endswith(f":{local[1]}")

    async def _events_command(
        self, request: web.Request, session: Session, form: Form, rest: list[str]
    ) -> web.Response:
        words = [word.lower() for word in rest]
        if len(rest) == 2 and words[0] == "closeconnection":
            return self._body(self._close_connection(session, form, rest[1]), form)
        if len(rest) == 2 and words[0] == "alarmmonitoring" and words[1] in {"on", "off"}:
            session.alarms = words[1] == "on"
            return self._body(answer(form, "Ok"), form)
        if len(rest) == 3 and words[0] == "raiseevent":
            name = known_type(rest[1])
            if name is None:
                raise RefusedError(f"Requested value '{rest[1]}' was not found.")
            return self._raise(form, name, rest[2])
        if len(rest) in {3, 4} and words[0] == "raisecustomevent":
            text = rest[3] if len(rest) == 4 else unquote(request.query.get("msg", ""))
            return self._raise(form, "CustomEvent", rest[2], text)
        return _page(404)

    def _close_connection(self, session: Session, form: Form, connection_id: str) -> bytes:
        wanted = normalised_guid(connection_id)
        for stream in session.streams:
            if stream.connection_id == wanted:
                stream.close()
                return answer(form, "Ok")
        return failure(form, f"There is no connection {connection_id}")

    def _raise(self, form: Form, event_type: str, reference: str, message: str | None = None) -> web.Response:
        entity = queries.find_entity(self._role, reference)
        try:
            self._role.raise_event(event_type, entity.guid, message=message)
        except DoorwatchError:
            raise RefusedError(f"The entity {entity.name} cannot raise {event_type}") from None
        return self._body(answer(form, "Ok"), form)

    def _body(self, data: bytes, form: Form) -> web.Response:
        mark = BYTE_ORDER_MARK if self._role.settings.byte_order_mark else b""
        return web.Response(body=mark + data, content_type=form.value, charset="utf-8")


def _query(request: web.Request) -> str:
    """The value of `q`, decoded; a plus sign stays one, for times carry it."""
    for part in request.rel_url.raw_query_string.split("&"):
        name, _, value = part.partition("=")
        if name == "q":
            return unquote(value)
    return ""


def _credentials(request: web.Request) -> tuple[str, str, str] | None:
    """User, application id and password of the request; None without a Basic header."""
    scheme, _, encoded = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", "", ""
    identity, _, password = text.partition(":")
    user, _, application_id = identity.rpartition(";")
    return user, application_id, password


def _page(status: int) -> web.Response:
    """A small page, as the HTTP layer under the role gives: never the envelope."""
    titles = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 411: "Length Required"}
    title = titles.get(status, "Error")
    html = f"<HTML><HEAD><TITLE>{title}</TITLE></HEAD><BODY><h2>{title}</h2><p>HTTP Error {status}.</p></BODY></HTML>"
    headers = {hdrs.WWW_AUTHENTICATE: 'Basic realm="Security Center"'} if status == 401 else {}
    return web.Response(status=status, text=html, content_type="text/html", headers=headers)
