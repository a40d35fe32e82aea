"""Bodies: none larger than its route allows, counted after unpacking; gzip and zstd are unpacked here."""

import asyncio
import io
import zlib
from collections.abc import Callable, Mapping

import zstandard
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorwatch.server.errors import ApiError, error_response

MIB = 1 << 20

_LIMITS = (  # path prefix: most bytes after unpacking
    ("/api/analyzer/evidence/", 256 * MIB),
    ("/api/analyzer/replays/", 128 * MIB),
    ("/api/analyzer/cuts/", 256 * MIB),
    ("/api/analyzer/snapshot/", 16 * MIB),
    ("/api/analyzer/", 16 * MIB),
    ("/api/pacs/", 16 * MIB),
)
_OTHERWISE = MIB

PATIENCE = 30.0
"""Seconds for which a body may take its time; each KiB that came adds one."""

_LEAST_A_SECOND = 1024


def limit_of(path: str) -> int:
    """Most bytes that a body may have at this path."""
    return next((limit for prefix, limit in _LIMITS if path.startswith(prefix)), _OTHERWISE)


class Bodies:
    """Unpacks and limits request bodies."""

    def __init__(self, app: ASGIApp, *, patience: float = PATIENCE) -> None:
        self._app = app
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = limit_of(scope["path"])
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > limit:
            await error_response(413, _too_large(limit))(scope, receive, send)
            return
        receiving = _limited(receive, limit, self._patience)
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in {"", "identity"}:
            unpack = _UNPACKERS.get(encoding)
            if unpack is None:
                text = f"the Content-Encoding {encoding[:40]!r} is not known here; send gzip, zstd or none"
                await error_response(415, text)(scope, receive, send)
                return
            scope = {
                **scope,
                "headers": [h for h in scope["headers"] if h[0] not in {b"content-encoding", b"content-length"}],
            }
            receiving = _unpacked(receiving, unpack, limit)
        await self._app(scope, receiving, send)


def _too_large(limit: int) -> str:
    return f"the body is larger than the {limit // MIB} MiB that are taken here; send it in smaller parts"


def _limited(receive: Receive, limit: int, patience: float) -> Receive:
    seen, whole = 0, False
    loop = asyncio.get_running_loop()
    begun = loop.time()

    async def receiving() -> Message:
        nonlocal seen, whole
        if whole:
            return await receive()  # this waits for the client to go away, which may take as long as it likes
        try:
            async with asyncio.timeout_at(begun + patience + seen / _LEAST_A_SECOND):
                message = await receive()
        except TimeoutError:
            raise ApiError(408, "the body came too slowly: send it again, over a better connection") from None
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if seen > limit:
                raise ApiError(413, _too_large(limit))
        return message

    return receiving


def _unpacked(receive: Receive, unpack: Callable[[bytes, int], bytes | None], limit: int) -> Receive:
    done = False

    async def receiving() -> Message:
        nonlocal done
        if done:
            return await receive()
        packed = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return message
            packed += message.get("body", b"")
            if not message.get("more_body", False):
                break
        done = True
        try:
            plain = unpack(bytes(packed), limit) if packed else b""
        except (zlib.error, zstandard.ZstdError, EOFError):
            raise ApiError(400, "the body can't be unpacked: it is damaged or not of the stated encoding") from None
        if plain is None:
            raise ApiError(413, _too_large(limit))
        return {"type": "http.request", "body": plain, "more_body": False}

    return receiving


def _gunzip(packed: bytes, limit: int) -> bytes | None:
    plain = bytearray()
    while packed:
        unpacker = zlib.decompressobj(wbits=31)
        plain += unpacker.decompress(packed, limit + 1 - len(plain))
        if len(plain) > limit:
            return None
        if not unpacker.eof:
            raise EOFError
        packed = unpacker.unused_data
    return bytes(plain)


def _unzstd(packed: bytes, limit: int) -> bytes | None:
    reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
        io.BytesIO(packed), read_across_frames=True
    )
    with reader:
        plain = reader.read(limit + 1)
    return None if len(plain) > limit else plain


_UNPACKERS: Mapping[str, Callable[[bytes, int], bytes | None]] = {"gzip": _gunzip, "x-gzip": _gunzip, "zstd": _unzstd}
