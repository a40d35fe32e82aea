"""An account with one of everything, and requests to every address of the server: for tests of who reaches what."""

import asyncio
import re
from dataclasses import dataclass, field

import aiohttp

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.domain.access import AccessEvent
from doorwatch.domain.incident import CoverageState, Incident, IncidentKind, IncidentState
from doorwatch.domain.time import SECOND
from doorwatch.domain.verdict import Change
from doorwatch.server.evidence import evidence_blob
from doorwatch.server.exporting.contents import Wish
from doorwatch.server.permissions import Permission, all_routes, permission_of
from doorwatch.store import (
    access_events,
    cameras,
    cardholders,
    configuration,
    doors,
    erasing,
    evidence,
    exports,
    holds,
    moment_reading,
    tenants,
    verdicts,
)
from doorwatch.store import commissioning as runs
from doorwatch.store.alerting import mail_links, outbox
from doorwatch.store.alerting.outbox import Draft
from doorwatch.store.doors import Device
from doorwatch.store.evidence import Evidence

PEOPLE = (Role.VIEW, Role.MANAGE, Role.OWNER)
MACHINES = tuple(TokenKind)
PATH_PARAMETERS = re.compile(r"\{(\w+)(?::path)?\}")
NOT_OBJECTS = {"kind", "path", "request_id"}
"""Parts of addresses that name no object of an account: what an answer is about, a file of the page."""


@dataclass
class Account:
    """One of everything that an account can have; `mark` is in each of its names."""

    account: str
    mark: str
    ids: dict = field(default_factory=dict)
    callers: dict = field(default_factory=dict)

    def secrets(self):
        """What nobody else may read: every id and the word that is in every name."""
        return {self.mark, *(value for name, value in self.ids.items() if name not in NOT_OBJECTS)}


async def furnish(site, account, mark):
    """Give the account a door, a camera, an incident with evidence, and whatever else an address can name."""
    clock, db = site.clock, site.services.db
    now = clock.now()

    def make(conn):
        return things(conn, account, mark, now)

    found = Account(account, mark, await db.write(make))
    await asyncio.to_thread(site.services.blobs.put, found.ids.pop("blob"), b"\xff\xd8\xff" + mark.encode())
    for role in PEOPLE:
        found.callers[role.value] = await site.user(role, account)
    for kind in MACHINES:
        found.callers[f"{kind.value} token"] = await site.machine(kind, account)
    await _name_the_rest(site, found)
    return found


async def furnish_beside(site, found, mark):
    """One more door of the account, with a camera and all that came of it: what is not shared with a guest."""
    now = site.clock.now()
    ids = await site.services.db.write(lambda conn: things(conn, found.account, mark, now, ("d1", "d2")))
    other = Account(found.account, mark, {**found.ids, **ids}, found.callers)
    await asyncio.to_thread(site.services.blobs.put, other.ids.pop("blob"), b"\xff\xd8\xff" + mark.encode())
    return other


def things(conn, account, mark, now, devices=("d1",)):
    """The ids of what was made at the last of the devices: its door, a camera, and what comes of them."""
    known = {door.device_id: door.name for door in doors.list_doors(conn, account)}
    names = known | {devices[-1]: f"{mark} door"}
    pacs = tenants.list_pacs(conn, account)[0].pacs_id
    listed = [Device(one, names[one]) for one in devices]
    doors.store_device_list(conn, account, pacs, listed, now, gateway_id="gw")
    door = doors.ensure_known(conn, account, pacs, devices, now)[devices[-1]]
    camera = cameras.add_camera(conn, account, name=f"{mark} camera", url=f"rtsp://{mark}/1", now=now).camera_id
    configuration.set_mapping(conn, account, door, [camera], now, since=now - 3600 * SECOND)
    incident_id = f"incident-of-{mark}"
    verdicts.save(conn, account, Change(_incident(incident_id, door, now - 60 * SECOND, mark), 1), now)
    blob = evidence_blob(account, incident_id, "picture.jpg")
    evidence.put(
        conn,
        account,
        Evidence(incident_id, "picture.jpg", camera, blob, 3 + len(mark), now - 60 * SECOND, 0, 1, now),
    )
    draft = Draft("d", "email", f"{mark}@example.com", f"{mark} mail", incident_id=incident_id)
    outbox.write(conn, account, draft, now, due_at=now + 3600 * SECOND)
    message = outbox.list_messages(conn, account)[0].message_id
    run = runs.start_run(
        conn, account, door, source=runs.RunSource.WALK, since=now, until=None, tolerance=SECOND, now=now, by=mark
    )
    hold = holds.place(conn, account, incident_id, reason=f"{mark} case", by=mark, now=now)
    wish = Wish(now - 65 * SECOND, now - 55 * SECOND, overlay=True, blur=False, original=True)
    export = exports.ask(conn, account, incident_id, wish.told(), by=mark, now=now)
    exports.take(conn, now)  # so that nobody makes it
    person, gone = people(conn, account, pacs, devices[-1], mark, now)
    body = {"door": f"{mark} door", "figures": {}}
    certificate = runs.issue(conn, account, door_id=door, run_id=run.run_id, body=body, now=now)
    return {
        "camera_id": camera,
        "cardholder_id": str(person),
        "erasure_id": gone,
        "export_id": export.export_id,
        "hold_id": hold.hold_id,
        "certificate_id": certificate.certificate_id,
        "blob": blob,
        "door_id": door,
        "incident_id": incident_id,
        "kind": "picture.jpg",
        "message_id": message,
        "moment_id": moment_reading.newest(conn, account)[0].moment_id,
        "pacs_id": pacs,
        "path": "settings",
        "request_id": "nothing",
        "run_id": run.run_id,
        "site_id": tenants.create_site(conn, account, f"{mark} site", "Europe/Lisbon").site_id,
    }


def people(conn, account, pacs, device, mark, now):
    """Two who badged at a device: the key of one, and the erasure of the other."""
    then = now - 120 * SECOND
    events = [
        AccessEvent(
            f"{mark}-{who}", device, then, "AccessGranted", actor_id=f"{mark}-{who}", actor_name=f"{mark} {who}"
        )
        for who in ("stays", "goes")
    ]
    access_events.store_events(conn, account, pacs, events, now)
    stays, goes = (cardholders.find(conn, account, f"{mark} {who}")[0] for who in ("stays", "goes"))
    return stays.actor_key, erasing.erase(conn, account, goes.actor_key, by=mark, now=now).erasure_id


async def _name_the_rest(site, found):
    owner = found.callers["owner"]
    hook = {"name": f"{found.mark} hook", "url": "https://hooks.example.com/in"}
    found.ids["hook_id"] = (await owner.post("/api/webhooks", hook))["hook_id"]
    call = {"name": f"{found.mark} callback", "url": "https://calls.example.com/in", "events": ["incident.created"]}
    found.ids["callback_id"] = (await owner.post("/api/callbacks", call))["callback_id"]
    wanted = {"name": f"{found.mark} search", "text": f"tailgating {found.mark}", "shared": True}
    found.ids["saved_search_id"] = (await owner.post("/api/saved-searches", wanted))["saved_search_id"]
    rule = {"name": f"{found.mark} rule", "saved_search_id": found.ids["saved_search_id"]}
    found.ids["rule_id"] = (await owner.post("/api/alert-rules", rule))["rule_id"]
    silence = {"reason": f"{found.mark} silence", "minutes": 5}
    found.ids["silence_id"] = (await owner.post("/api/silences", silence))["silence_id"]
    report = {"name": f"{found.mark} report", "every": "week", "recipients": ["reader@example.com"]}
    found.ids["schedule_id"] = (await owner.post("/api/report-schedules", report))["schedule_id"]
    found.ids["link_id"] = await site.services.db.write(lambda conn: _mail_link(conn, site, found))
    found.ids["token_id"] = (await owner.post("/api/tokens", {"name": f"{found.mark} key", "kind": "gateway"}))["info"][
        "id"
    ]
    new = {"email": f"{found.mark}-person@example.com", "name": found.mark}
    found.ids["subscription_id"] = f"browser_of_{found.mark}"
    found.ids["passkey_id"] = f"key_of_{found.mark}"
    found.ids["session_id"] = (await owner.get("/api/sessions"))[0]["id"]
    found.ids["user_id"] = (await owner.post("/api/users", new))["user"]["id"]
    guest = {"email": f"{found.mark}-guest@example.com"}
    sent = await owner.post("/api/invitations", guest)
    found.ids["invitation_id"] = sent["invitation"]["invitation_id"]
    found.ids["mark_id"] = f"mark-of-{found.mark}"
    marks = {"marks": [{"mark_id": found.ids["mark_id"], "ago_ms": 0, "direction": "in"}]}
    await owner.post(f"/api/commissioning/{found.ids['run_id']}/marks", marks)
    shared = await owner.post(f"/api/incidents/{found.ids['incident_id']}/share", {})
    found.ids["token"] = shared["url"].rpartition("/")[2]


def _mail_link(conn, site, found):
    now, to = site.services.clock.now(), f"{found.mark}@example.com"
    return mail_links.for_recipient(conn, found.account, found.ids["incident_id"], to, now, now + SECOND).link_id


def _incident(incident_id, door, start, mark):
    return Incident(
        incident_id,
        door=door,
        kind=IncidentKind.TAILGATING,
        state=IncidentState.FINAL,
        start=start,
        end=start + SECOND,
        people=2,
        grants=1,
        excess=1,
        possible=0,
        coverage=CoverageState.FULL,
        reason=f"{mark}: 2 people, 1 grant",
        crossing_ids=(f"{mark}-c1", f"{mark}-c2"),
        excess_crossing_ids=(f"{mark}-c2",),
        grant_ids=(f"{mark}-e1",),
    )


@dataclass(frozen=True)
class Address:
    """One method of one route, and the permission that it declares."""

    method: str
    path: str
    permission: Permission

    def names(self):
        """The objects that the path names."""
        return [name for name in PATH_PARAMETERS.findall(self.path) if name not in NOT_OBJECTS]

    def filled(self, ids):
        """The path with these ids; raises KeyError, with what to do, for an object that nobody furnished."""
        for name in PATH_PARAMETERS.findall(self.path):
            if name not in ids:
                raise KeyError(f"{self.path} names {name!r}: let furnished.furnish make one")
        return PATH_PARAMETERS.sub(lambda match: ids[match[1]], self.path)

    def __str__(self):
        return f"{self.method} {self.path}"


def addresses(app):
    """Every method of every route of the application, sockets apart; after the last one nobody belongs here any more."""
    found = [
        Address(method, route.path, permission_of(route))
        for route in all_routes(app.router)
        for method in sorted(set(getattr(route, "methods", None) or ()) - {"HEAD"})
    ]
    return sorted(found, key=lambda address: (address.method, address.path) == ("DELETE", "/api/session/account"))


LEAN = {
    "/api/pacs/webhooks": {"events": []},
    "/api/pacs/devices": {"devices": []},
    "/api/pacs/coverage": {"covered_from": "2026-01-01T00:00:00Z", "covered_until": "2026-01-01T00:00:00Z"},
    "/api/analyzer/crossings": {"crossings": []},
    "/api/analyzer/coverage": {"coverage": []},
    "/api/analyzer/cameras": {"cameras": []},
    "/api/analyzer/segments": {"segments": []},
    "/api/analyzer/walks": {"walks": []},
    "/api/analyzer/answers/{request_id}": {"answer": {}},
    "/api/analyzer/replays/{request_id}": {},
}
BY_NAME = {
    "email": "somebody@example.com",
    "url": "https://example.com/x",
    "time_zone": "UTC",
    "recipients": ["somebody@example.com"],
    "direction": "in",
    "since": "2026-01-01T00:00:00Z",
    "until": "2026-01-01T00:01:00Z",
}
WHOLE = {
    # A text would have everybody else accept it before anything else.
    "NewNotice": {"text": ""},
    "SceneInput": {"size": [768, 432], "threshold": [[110, 100], [110, 431]], "inside": [400, 300]},
    "DoorChange": {"policy": {"settle": 3}},
    "ProbeRequest": {"url": "rtsp://127.0.0.1:9/x", "seconds": 1},
    "MarksInput": {"marks": [{"mark_id": "m", "ago_ms": 0, "direction": "in"}]},
    "AlertTemplate": {"subject": "x", "body": "x"},
}


class Bodies:
    """The smallest body that each address takes, made from the OpenAPI document."""

    def __init__(self, app):
        self._document = app.openapi()

    def of(self, address):
        """The body; None for an address that takes none."""
        if address.path in LEAN:
            return LEAN[address.path] if address.method != "GET" else None
        operation = self._document["paths"].get(address.path, {}).get(address.method.lower(), {})
        content = operation.get("requestBody", {}).get("content", {})
        return self._made(content["application/json"]["schema"], "") if "application/json" in content else None

    def query(self, address):
        """The query parameters that must be given."""
        operation = self._document["paths"].get(address.path, {}).get(address.method.lower(), {})
        given = [one for one in operation.get("parameters", ()) if one["in"] == "query" and one.get("required")]
        return {one["name"]: self._made(one["schema"], one["name"]) for one in given}

    def _made(self, schema, name):
        if "$ref" in schema:
            kind = schema["$ref"].rpartition("/")[2]
            return WHOLE.get(kind) or self._made(self._document["components"]["schemas"][kind], name)
        if name in BY_NAME:
            return BY_NAME[name]
        if "enum" in schema:
            return schema["enum"][0]
        if "anyOf" in schema:
            return self._made(schema["anyOf"][0], name)
        match schema.get("type"):
            case "object":
                required = schema.get("required", ())
                return {one: self._made(schema["properties"][one], one) for one in required}
            case "array":
                least = max(schema.get("minItems", 0), len(schema.get("prefixItems", ())))
                items = schema.get("prefixItems") or [schema.get("items", {})] * least
                return [self._made(one, "") for one in items]
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return True
        return "x" * max(schema.get("minLength", 1), 1)


async def call(caller, method, path, body=None, query=None):
    """Status and text of an answer; of an endless one its first words.

    A server that refuses a body unread closes the connection, whereby its answer may be lost: then it is asked again.
    """
    for _ in range(3):
        try:
            return await _call(caller, method, path, body, query)
        except aiohttp.ClientOSError as error:
            lost = error
    raise lost


async def _call(caller, method, path, body, query):
    sent = {"json": body}
    if method == "PUT" and path.startswith(("/api/analyzer/evidence/", "/api/analyzer/s")):
        sent = {"data": b"\xff\xd8\xff", "headers": {"X-Start": "2026-01-01T00:00:00Z"}}
    timeout = aiohttp.ClientTimeout(15)
    async with caller.http.request(method, path, params=query, timeout=timeout, **sent) as answer:
        if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
            return answer.status, (await answer.content.readany()).decode()
        return answer.status, (await answer.read()).decode("utf-8", "replace")
