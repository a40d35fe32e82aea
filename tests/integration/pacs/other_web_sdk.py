"""A Web SDK that was written apart from the simulator, from what is published alone: it differs where versions may.

It speaks HTTP/1.1 byte by byte and knows no session, so that nothing of the product's own code is on its side.
"""

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from doorwatch.pacs.genetec import GenetecSettings


def _refusal(message):
    return {"Rsp": {"Status": "Fail", "SdkErrorCode": "InvalidOperation", "Message": message}}


def _span(query):
    return query.split("SetTimeRange(")[1].split(")")[0].split(",")


def _spelt(told, spelling):
    if isinstance(told, dict):
        return {spelling(key): _spelt(value, spelling) for key, value in told.items()}
    return [_spelt(one, spelling) for one in told] if isinstance(told, list) else told


@dataclass
class OtherWebSdk:
    """How it behaves; each switch is one thing that is known to differ, or that nobody has told."""

    doors: list[str] = field(default_factory=lambda: [str(uuid.uuid4()).upper() for _ in range(3)])
    line_end: bytes = b"\r\n"
    chunked: bool = True
    tells_connection: bool = True
    extra_row: bool = True
    expands_kinds: bool = True
    report: list[dict] = field(default_factory=list)
    report_limit: int | None = None
    page_limit: int | None = None
    pages: bool = True
    plain_guids: bool = False
    spelling: Callable[[str], str] = str
    slow_span: float | None = None
    refuses_in_xml: bool = False
    silent: tuple[str, ...] = ()
    deaf: Callable[[str, str], bool] = lambda _door, _event_type: False
    ahead: Callable[[], float] | None = None
    requests: list[str] = field(default_factory=list)
    listed: dict[str, set[str]] = field(default_factory=dict)
    streams: list[asyncio.StreamWriter] = field(default_factory=list)

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1")
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self):
        self._server.close()
        for stream in self.streams:
            stream.close()

    def settings(self, **changes):
        values = {
            "username": "u",
            "password": "p",
            "app_id": "a=",
            "types": ("AccessGranted", "DoorOpen"),
            "timeout": 5.0,
        }
        return GenetecSettings(host="127.0.0.1", port=self.port, **{**values, **changes})

    # -- HTTP

    async def _serve(self, reader, writer):
        try:
            while line := await reader.readline():
                method, target, _ = line.decode().split(" ", 2)
                while (await reader.readline()).strip():
                    pass
                url = urlsplit(target)
                path, query = url.path.lower().removeprefix("/websdk/"), unquote(url.query).removeprefix("q=")
                self.requests.append(f"{method} {path} {query}".strip())
                if path == "events":
                    return await self._open(writer)
                body = await self._body(path, query)
                if path in self.silent:
                    writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                    continue
                writer.write(b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n" % (self._date(), len(body)) + body)
        except (ConnectionError, asyncio.CancelledError):
            pass  # as the loop's end does to what waits for a further question
        finally:
            if writer not in self.streams:
                writer.close()

    def _date(self):
        if self.ahead is None:
            return b""
        told = datetime.now(UTC) + timedelta(seconds=self.ahead())
        return f"Date: {format_datetime(told, usegmt=True)}\r\n".encode()

    async def _body(self, path, query):
        if path == "report/dooractivity" and self.slow_span is not None:
            first, last = (datetime.fromisoformat(one) for one in _span(query))
            if (last - first).total_seconds() > self.slow_span:
                await asyncio.sleep(3600)
        answer = self._answer(path, query)
        if self.refuses_in_xml and answer["Rsp"]["Status"] == "Fail":
            message = answer["Rsp"]["Message"]
            return (
                '<?xml version="1.0" encoding="utf-8"?>\r\n<WebSdk><Rsp><Status>Fail</Status><Result><SdkErrorCode>'
                f"InvalidOperation</SdkErrorCode><Message>{message} &amp; more</Message></Result></Rsp></WebSdk>"
            ).encode()
        return b"\xef\xbb\xbf" + json.dumps(_spelt(answer, self.spelling)).encode()

    async def _open(self, writer):
        self.streams.append(writer)
        chunked = b"Transfer-Encoding: chunked\r\n" if self.chunked else b""
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed\r\n" + chunked + b"\r\n")
        if self.tells_connection:
            await self.part("text/plain", f"ConnectionId: {{{uuid.uuid4()}}}")

    async def part(self, mime, body):
        end = self.line_end
        data = b"--GENETECBOUNDARY" + end + b"Content-Type: " + mime.encode() + end + end + body.encode() + end
        for writer in self.streams:
            writer.write(b"%x\r\n%s\r\n" % (len(data), data) if self.chunked else data)
            await writer.drain()

    async def event(self, **result):
        await self.part("text/json; charset=utf-8", json.dumps({"Rsp": {"Status": "Ok", "Result": result}}))

    # -- answers

    def _answer(self, path, query):
        match path:
            case "events/subscribe":
                return self._subscribe(query)
            case "events/subscribed":
                rows = [{"EventType": name, "Entities": sorted(doors)} for name, doors in self.listed.items()]
                return {"Rsp": {"Status": "Ok", "Result": rows}}
            case "report/entityconfiguration":
                return self._list(query)
            case "report/dooractivity":
                rows = self._rows(query)
                return {"Rsp": {"Status": "Ok", "Result": rows[: self.report_limit]}}
            case "entity":
                asked = [part.split(",")[0].strip() for part in query.split("entity=")[1:]]
                rows = [{"Guid": one, "Name": f"Door {one[:4]}"} for one in asked]
                return {"Rsp": {"Status": "Ok", "Result": rows[0] if len(rows) == 1 else rows}}
        return {"Rsp": {"Status": "Ok"}}

    def _subscribe(self, query):
        for term in query.removeprefix("event(").removesuffix(")").split("),event("):
            source, name = term.split(",")
            if source == "Door":
                found = self.doors if self.expands_kinds else self.doors[:1]
            else:
                found = [one for one in self.doors if one.lower() == source.lower()]
            if heard := {one for one in found if not self.deaf(one, name)}:
                self.listed.setdefault(name, set()).update(heard)
        return {"Rsp": {"Status": "Ok"}}

    def _list(self, query):
        asked = dict(part.split("=") for part in query.split(",") if "=" in part)
        page, size = int(asked.get("Page", 1)), int(asked.get("PageSize", len(self.doors)))
        wanted, size = size, min(size, self.page_limit or size)
        first = (page - 1) * size if self.pages else 0
        if page > 1 and first >= len(self.doors):
            return _refusal("Page is out of range")
        last = first + size + (self.extra_row and size == wanted)
        rows = [one if self.plain_guids else {"Guid": one} for one in self.doors[first:last]]
        status = "TooManyResults" if first + size < len(self.doors) and (len(rows) > size or size < wanted) else "Ok"
        return {"Rsp": {"Status": status, "Result": rows}}

    def _rows(self, query):
        since, until = _span(query)
        return [row for row in self.report if since <= row["Timestamp"].rstrip("Z") <= until + ".9"]
