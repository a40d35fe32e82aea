"""An RTSP camera: serves clips in a loop at their own speed, and can be made to fail as cameras do.

Picture k of the n-th showing is captured at `epoch + n * duration + pts`, on the simulator's clock. A viewer who comes
in between starts at the next key picture, so that everybody sees the same picture at the same time.
"""

import asyncio
import contextlib
import random
import re
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND, Clock, Micros, SystemClock
from doorwatch.simulators.camera.clip import Clip
from doorwatch.simulators.camera.rtp import Packetiser
from doorwatch.simulators.camera.rtsp import Request, SignIn, answer, read_request, session_description

_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN"
_REPORT_EVERY = 2 * SECOND


@dataclass(slots=True)
class Mount:
    """One stream of the camera and what is wrong with it. Another `clip` is shown at once, to whoever is watching, too.

    `clock_ahead` shifts the clock that the sender reports tell (microseconds); without `reports` none are sent.
    `delay` is how long after its capture a picture is sent (microseconds).
    `lost` and `damaged` are the shares of packets that never leave or leave with a wrong byte.
    """

    clip: Clip
    epoch: Micros
    clock_ahead: Micros = 0
    reports: bool = True
    delay: Micros = 0
    lost: float = 0.0
    damaged: float = 0.0
    frozen: bool = False


@dataclass(slots=True, eq=False)
class _Viewer:
    """What one connection has set up."""

    writer: asyncio.StreamWriter
    session: str = field(default_factory=lambda: secrets.token_hex(8))
    mount: Mount | None = None
    channels: tuple[int, int] | None = None
    datagrams: tuple[asyncio.DatagramTransport, asyncio.DatagramTransport] | None = None
    playing: asyncio.Task[None] | None = None

    async def send(self, packet: bytes, *, control: bool = False) -> None:
        """Send an RTP or RTCP packet the way the viewer asked for."""
        if self.datagrams is not None:
            self.datagrams[int(control)].sendto(packet)
        elif self.channels is not None:
            self.writer.write(b"$" + bytes([self.channels[int(control)]]) + len(packet).to_bytes(2, "big") + packet)
            await self.writer.drain()

    def close(self) -> None:
        """Stop sending and let go of the sockets."""
        if self.playing is not None:
            self.playing.cancel()
        for transport in self.datagrams or ():
            transport.close()
        self.writer.close()


class CameraSimulator:
    """A camera with one or more streams, on `host` and `port` (0: any free one, told by `port` after `start`)."""

    def __init__(
        self,
        mounts: Mapping[str, Clip | Path | str],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        user: str | None = None,
        password: str = "",
        scheme: str = "digest",
        epoch: Micros | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        seed: int = 1,
    ) -> None:
        self._clock = clock or SystemClock()
        start = self._clock.now() if epoch is None else epoch
        self.mounts = {
            path: Mount(clip if isinstance(clip, Clip) else Clip.load(clip), start) for path, clip in mounts.items()
        }
        self.host, self.port, self.epoch = host, port, start
        self.refusing = False
        self._user, self._password = user, password
        self._sign_in = SignIn(user, password, scheme) if user else None
        self._tls = tls
        self._random = random.Random(seed)  # noqa: S311 - faults are to be repeatable, not secret
        self._viewers: set[_Viewer] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises DoorwatchError when the port is taken."""
        try:
            self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self._tls)
        except OSError as error:
            raise DoorwatchError(
                f"the camera cannot listen on {self.host}:{self.port} ({error.strerror}): choose another port"
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close every connection and stop listening; starting again keeps port and epoch."""
        if self._server is not None:
            self._server.close()
            self.drop()
            await self._server.wait_closed()
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def url(self, path: str, *, sign_in: bool = True) -> str:
        """Where a stream is watched; with user and password in it when the camera asks for them."""
        who = f"{self._user}:{self._password}@" if sign_in and self._user else ""
        return f"{'rtsps' if self._tls else 'rtsp'}://{who}{self.host}:{self.port}{path}"

    @property
    def sign_in(self) -> tuple[str | None, str]:
        """The user and the password that viewers need; no user when everybody may watch."""
        return self._user, self._password

    @property
    def viewers(self) -> int:
        """How many connections are open."""
        return len(self._viewers)

    def freeze(self, frozen: bool = True) -> None:
        """Stop (or go on) sending pictures while connections stay open."""
        for mount in self.mounts.values():
            mount.frozen = frozen

    def drop(self) -> None:
        """Cut every connection, as a camera that restarts does."""
        for viewer in list(self._viewers):
            transport = viewer.writer.transport
            viewer.close()
            transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        viewer = _Viewer(writer)
        self._viewers.add(viewer)
        try:
            while not self.refusing and (request := await read_request(reader)) is not None:
                writer.write(await self._answer(viewer, request))
                await writer.drain()
                if request.method == "PLAY" and viewer.mount is not None and viewer.playing is None:
                    viewer.playing = asyncio.create_task(self._play(viewer, viewer.mount))
                if request.method == "TEARDOWN":
                    break
        except (
            ConnectionError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            ValueError,
            asyncio.CancelledError,
        ):
            pass  # a viewer who left or talks nonsense is simply gone
        finally:
            self._viewers.discard(viewer)
            viewer.close()
            if viewer.playing is not None:
                with contextlib.suppress(asyncio.CancelledError):
                    await viewer.playing

    async def _answer(self, viewer: _Viewer, request: Request) -> bytes:
        if request.method == "OPTIONS":
            return answer(request, 200, {"Public": _METHODS})
        if self._sign_in is not None and not self._sign_in.admits(request):
            return answer(request, 401, self._sign_in.challenge())
        mount = self.mounts.get(request.path)
        if mount is None:
            return answer(request, 404)
        if request.method == "DESCRIBE":
            about = {"Content-Base": request.url.rstrip("/") + "/", "Content-Type": "application/sdp"}
            return answer(request, 200, about, session_description(mount.clip, self.host))
        return await self._answer_in_session(viewer, request, mount)

    async def _answer_in_session(self, viewer: _Viewer, request: Request, mount: Mount) -> bytes:
        session = {"Session": f"{viewer.session};timeout=60"}
        if request.method == "SETUP":
            transport = await self._set_up(viewer, request.headers.get("transport", ""))
            if transport is None:
                return answer(request, 461)
            viewer.mount = mount
            return answer(request, 200, {**session, "Transport": transport})
        if viewer.mount is None:
            return answer(request, 455)
        if request.method == "PLAY":
            return answer(request, 200, {**session, "Range": "npt=now-"})
        known = request.method in {"TEARDOWN", "GET_PARAMETER", "SET_PARAMETER", "PAUSE"}
        return answer(request, 200 if known else 405, session)

    async def _set_up(self, viewer: _Viewer, wanted: str) -> str | None:
        if match := re.search(r"RTP/AVP/TCP.*interleaved=(\d+)-(\d+)", wanted, re.IGNORECASE):
            viewer.channels = (int(match[1]), int(match[2]))
            return f"RTP/AVP/TCP;unicast;interleaved={match[1]}-{match[2]}"
        if match := re.search(r"RTP/AVP(?:/UDP)?;.*client_port=(\d+)-(\d+)", wanted, re.IGNORECASE):
            peer = viewer.writer.get_extra_info("peername")[0]
            loop = asyncio.get_running_loop()
            opened = []
            for port in (int(match[1]), int(match[2])):
                transport, _ = await loop.create_datagram_endpoint(
                    asyncio.DatagramProtocol, local_addr=(self.host, 0), remote_addr=(peer, port)
                )
                opened.append(transport)
            viewer.datagrams = (opened[0], opened[1])
            ports = "-".join(str(transport.get_extra_info("sockname")[1]) for transport in opened)
            return f"RTP/AVP;unicast;client_port={match[1]}-{match[2]};server_port={ports}"
        return None

    async def _play(self, viewer: _Viewer, mount: Mount) -> None:
        source = Packetiser(mount.clip.codec, secrets.randbits(32), secrets.randbits(16), secrets.randbits(32))
        clip = mount.clip
        loop, index = clip.position(self._clock.now() - mount.epoch)
        reported = 0
        with contextlib.suppress(ConnectionError):
            while True:
                if mount.clip is not clip:  # somebody changed the camera's settings
                    clip = mount.clip
                    loop, index = clip.position(self._clock.now() - mount.epoch)
                picture = clip.pictures[index]
                begun = mount.epoch + loop * clip.duration
                await self._clock.sleep(max(0, begun + picture.due + mount.delay - self._clock.now()) / SECOND)
                now = self._clock.now()
                if mount.reports and not mount.frozen and now - reported >= _REPORT_EVERY:
                    reported = now
                    await viewer.send(_report(source, mount, now), control=True)
                units = (*clip.parameters, *picture.units) if picture.key else picture.units
                for packet in source.picture(units, begun + picture.pts):
                    await self._send(viewer, mount, packet)
                index += 1
                if index == len(clip.pictures):
                    loop, index = loop + 1, 0

    async def _send(self, viewer: _Viewer, mount: Mount, packet: bytes) -> None:
        if mount.frozen or (mount.lost and self._random.random() < mount.lost):
            return
        if mount.damaged and self._random.random() < mount.damaged:
            place = self._random.randrange(14, len(packet)) if len(packet) > 14 else len(packet) - 1
            packet = packet[:place] + bytes([packet[place] ^ 0xFF]) + packet[place + 1 :]
        await viewer.send(packet)


def _report(source: Packetiser, mount: Mount, now: Micros) -> bytes:
    report = source.sender_report(now)
    if not mount.clock_ahead:
        return report
    told = source.sender_report(now + mount.clock_ahead)
    return told[:16] + report[16:]  # the told clock with the true timestamp
