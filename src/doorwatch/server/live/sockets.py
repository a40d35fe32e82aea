"""The two WebSockets: analyzers' command stream, and live video to browsers."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import msgspec
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from doorwatch.server.auth import admitted, caller_of
from doorwatch.server.errors import ApiError, error_response
from doorwatch.server.live.admission import until_refused
from doorwatch.server.live.analyzers import AnalyzerLink
from doorwatch.server.live.frames import FrameError, read_header
from doorwatch.server.live.media import Viewer
from doorwatch.server.metrics import LISTENERS
from doorwatch.server.middleware.origin import same_origin
from doorwatch.server.permissions import Caller, Permission, needs
from doorwatch.server.services import Services, services_of

_log = structlog.get_logger(__name__)

MOST_WATCHED = 64
_REPLACED = 4001


class WatchRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What a page wants to see from now on, and what no more."""

    watch: list[str] = []
    unwatch: list[str] = []


_decode_request = msgspec.json.Decoder(WatchRequest).decode


@needs(Permission.ANALYZER_WRITE)
async def analyzer_stream(socket: WebSocket) -> None:
    """An analyzer's stream: commands to it as text, media from it as binary frames."""
    caller = await _admitted(socket, Permission.ANALYZER_WRITE)
    if caller is None:
        return
    parts = services_of(socket)
    await socket.accept()
    link = parts.analyzers.join(caller.account, caller.token_id or caller.name)
    LISTENERS.labels("analyzer").inc()
    _log.info("analyzer connected", token=caller.name)
    try:
        await parts.control.configure(caller.account)
        await parts.evidence.ask_missing(caller.account)
        await parts.caretaker.tell_garbage(caller.account)
        await _until_first(_send_commands(socket, link), _receive_media(socket, parts, caller), link.replaced.wait())
    finally:
        LISTENERS.labels("analyzer").dec()
        _log.info("analyzer disconnected", token=caller.name)
        if parts.analyzers.leave(link) and parts.analyzers.links(caller.account):
            await parts.control.configure(caller.account)
        await _close(socket, _REPLACED if link.replaced.is_set() else 1001)


async def _send_commands(socket: WebSocket, link: AnalyzerLink) -> None:
    while True:
        await socket.send_text(msgspec.json.encode(await link.next()).decode())


async def _receive_media(socket: WebSocket, parts: Services, caller: Caller) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        frame = message.get("bytes")
        if not frame:
            continue  # text from the analyzer has no meaning yet; a newer one may say something
        try:
            parts.media.publish(caller.account, read_header(frame), frame)
        except FrameError as error:
            _log.warning("an analyzer sent a frame that can't be read", error=str(error), token=caller.name)


@needs(Permission.VIEW_SHARED)
async def live_video(socket: WebSocket) -> None:
    """A page's live video: it says what it watches, and gets the analyzer's frames."""
    parts = services_of(socket)
    if not same_origin(socket.headers, parts.settings.public_url):
        await _deny(socket, 403, "the request comes from another site: open Doorwatch at its own address")
        return
    caller = await _admitted(socket, Permission.VIEW_SHARED)
    if caller is None:
        return
    await socket.accept()
    viewer = Viewer()
    LISTENERS.labels("video").inc()
    try:
        await _until_first(
            _send_frames(socket, viewer), _receive_wishes(socket, parts, caller, viewer), until_refused(socket, caller)
        )
    finally:
        LISTENERS.labels("video").dec()
        parts.media.leave(viewer)
        await _close(socket, 1001)


async def _send_frames(socket: WebSocket, viewer: Viewer) -> None:
    while True:
        await socket.send_bytes(await viewer.next())


async def _receive_wishes(socket: WebSocket, parts: Services, caller: Caller, viewer: Viewer) -> None:
    watched: set[str] = set()
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        try:
            request = _decode_request(message.get("text") or message.get("bytes") or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        for camera_id in request.unwatch:
            watched.discard(camera_id)
            parts.media.unwatch((caller.account, camera_id), viewer)
        for camera_id in request.watch:
            if len(watched) < MOST_WATCHED and (caller.cameras is None or camera_id in caller.cameras):
                watched.add(camera_id)
                parts.media.watch((caller.account, camera_id), viewer)


async def _admitted(socket: WebSocket, permission: Permission) -> Caller | None:
    """Who connects, if that caller may; otherwise the handshake is refused with a sentence."""
    try:
        return admitted(await caller_of(socket), permission)
    except ApiError as refusal:
        await _deny(socket, refusal.status_code, str(refusal.detail))
        return None


async def _deny(socket: WebSocket, status: int, sentence: str) -> None:
    await socket.send_denial_response(error_response(status, sentence))


async def _until_first(*works: Coroutine[Any, Any, Any]) -> None:
    """Run all until one ends, then end the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect | RuntimeError):
                _log.warning("a live connection ended with an error", error=str(outcome))


async def _close(socket: WebSocket, code: int) -> None:
    if socket.application_state is WebSocketState.CONNECTED:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(code)
