"""The conversation with a camera: RTSP 1.0 (RFC 2326) over one TCP connection, on which its packets come as well."""

import re
import select
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from doorwatch import __version__
from doorwatch.analyzer.rtsp.offered import Offered, video_of
from doorwatch.analyzer.rtsp.signing import SignIn
from doorwatch.analyzer.trouble import FAILED, NOT_FOUND, TIMED_OUT, UNAUTHORIZED, CameraTrouble, trouble_of
from doorwatch.domain.camera_address import masked

_PORT = 554
_LARGEST_ANSWER = 1 << 20
_READ = 1 << 18
_USUAL_SESSION = 60.0
_TOGETHER = 1 << 18
"""So many bytes are waited for before they are read: each reading costs as much as the work on some packets."""


class UnlikeError(CameraTrouble):
    """A camera that does something this reader does not know; FFmpeg may."""

    def __init__(self, what: str) -> None:
        super().__init__(FAILED, f"the camera {what}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A camera's answer; names of headers are lower case, those that come twice have their values one after the other."""

    status: int
    headers: dict[str, list[str]]
    body: str

    def first(self, name: str) -> str:
        """A header's value; empty when there is none."""
        return self.headers.get(name, [""])[0]


class Talk:
    """One connection to a camera. Every method raises CameraTrouble, UnlikeError for what is not known here."""

    def __init__(self, url: str, where: str, *, connect: float, silence: float) -> None:
        """Connect to `where`, which is `url` with the host as numbers; `silence` is how long the camera may say nothing."""
        parts = urlsplit(where)
        self._url = url
        self._silence = silence
        self._uri = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        self._sign_in = SignIn(unquote(parts.username or ""), unquote(parts.password or ""))
        self._sequence = 0
        self._session = ""
        self._alive_by = "OPTIONS"
        self._alive_every = _USUAL_SESSION / 2
        self._alive_at = time.monotonic()
        self._rest = b""
        self._room = memoryview(bytearray(_READ))
        self._channel = 0
        self._patience = silence
        try:
            self._line = socket.create_connection((parts.hostname or "", parts.port or _PORT), connect)
            self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            raise self._trouble(error) from error
        self._line.settimeout(silence)
        self._wait = select.poll()
        self._wait.register(self._line, select.POLLIN)

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            if self._session:
                self._send("TEARDOWN")
        self._line.close()

    def play(self) -> Offered:
        """Have the camera send its first video stream, and nothing else."""
        methods = self._ask("OPTIONS", self._uri).first("public").upper()
        self._alive_by = "GET_PARAMETER" if "GET_PARAMETER" in methods else "OPTIONS"
        described = self._ask("DESCRIBE", self._uri, {"Accept": "application/sdp"})
        offered = video_of(described.body)
        if offered is None:
            raise UnlikeError("offers video in another form than H.264 or HEVC in RTP")
        self._uri = described.first("content-base") or described.first("content-location") or self._uri
        wanted = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
        placed = self._ask("SETUP", self._of(offered.control), wanted)
        channels = re.search(r"interleaved=(\d+)-\d+", placed.first("transport"))
        if channels is None:
            raise UnlikeError("does not send over the connection that it was asked on")
        self._channel = int(channels[1])
        session, _, more = placed.first("session").partition(";")
        self._session = session.strip()
        if told := re.search(r"timeout=(\d+)", more):
            self._alive_every = max(2.0, int(told[1]) / 2)
        self._ask("PLAY", self._uri, {"Range": "npt=0.000-"})
        self._line.setblocking(False)
        return offered

    def unhurried(self, seconds: float) -> None:
        """From now on wait for many bytes together, but for so long at most: nobody looks on."""
        with suppress(OSError):
            self._line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, _TOGETHER)
            self._patience = seconds

    def packets(self) -> Iterator[list[tuple[bool, bytes]]]:
        """What came together, again and again: whether it is control (RTCP), and the packet."""
        while True:
            found: list[tuple[bool, bytes]] = []
            at = 0
            data = self._rest
            end = len(data)
            while end - at >= 4:
                if data[at] != 0x24:
                    after = self._words(data, at)
                    if after is None:
                        break
                    at = after
                    continue
                stop = at + 4 + (data[at + 2] << 8 | data[at + 3])
                if stop > end:
                    break
                channel = data[at + 1] - self._channel
                if channel in {0, 1}:
                    found.append((channel == 1, data[at + 4 : stop]))
                at = stop
            self._rest = data[at:]
            if found:
                yield found
            self._keep_alive()
            self._rest += self._more()

    def report(self, packet: bytes) -> None:
        """Send the camera a control packet."""
        try:
            self._line.sendall(b"$" + bytes((self._channel + 1,)) + len(packet).to_bytes(2, "big") + packet)
        except OSError as error:
            raise self._trouble(error) from error

    def _more(self) -> memoryview:
        """The next bytes. A few that come alone are read as well, once it was waited for more."""
        until = time.monotonic() + self._silence
        try:
            while time.monotonic() < until:
                self._wait.poll(1000 * self._patience)
                with suppress(BlockingIOError):
                    size = self._line.recv_into(self._room)
                    if not size:
                        raise CameraTrouble(TIMED_OUT, "the camera ended the stream")
                    return self._room[:size]
            raise TimeoutError
        except OSError as error:
            raise self._trouble(error) from error

    def _words(self, data: bytes, at: int) -> int | None:
        """Pass over an answer that stands between the packets; where it ends, None while it is not all there."""
        if not data[at : at + 1].isalpha():
            raise UnlikeError("sends something between its packets")
        end = data.find(b"\r\n\r\n", at)
        if end < 0:
            if len(data) - at > _LARGEST_ANSWER:
                raise UnlikeError("sends an answer without an end between its packets")
            return None
        answer = _read(data[at:end])
        length = _length(answer)
        if end + 4 + length > len(data):
            return None
        if answer.status == 401 and self._sign_in.challenged(answer.headers.get("www-authenticate", [])):
            self._alive_at = 0.0
        return end + 4 + length

    def _keep_alive(self) -> None:
        now = time.monotonic()
        if now - self._alive_at < self._alive_every:
            return
        self._alive_at = now
        try:
            self._send(self._alive_by)
        except OSError as error:
            raise self._trouble(error) from error

    def _of(self, control: str) -> str:
        if control in {"", "*"}:
            return self._uri
        if "://" in control:
            return control
        return f"{self._uri.rstrip('/')}/{control}"

    def _ask(self, method: str, uri: str, headers: dict[str, str] | None = None) -> Answer:
        try:
            self._send(method, uri, headers)
            answer = self._answer()
            if answer.status == 401 and self._sign_in.challenged(answer.headers.get("www-authenticate", [])):
                self._send(method, uri, headers)
                answer = self._answer()
        except OSError as error:
            raise self._trouble(error) from error
        if 200 <= answer.status < 300:
            return answer
        if answer.status in {401, 403}:
            what = "refuses user and password: correct them in the camera's address"
            raise CameraTrouble(UNAUTHORIZED, f"{masked(self._url)} {what}")
        if answer.status == 404:
            what = "is not a stream of this camera: correct the path"
            raise CameraTrouble(NOT_FOUND, f"{masked(self._url)} {what}")
        raise UnlikeError(f"answers {answer.status} to {method}")

    def _send(self, method: str, uri: str | None = None, headers: dict[str, str] | None = None) -> None:
        self._sequence += 1
        where = self._uri if uri is None else uri
        told = {"CSeq": str(self._sequence), "User-Agent": f"Doorwatch/{__version__}", **(headers or {})}
        if self._session:
            told["Session"] = self._session
        if (signed := self._sign_in.header(method, where)) is not None:
            told["Authorization"] = signed
        lines = [f"{method} {where} RTSP/1.0", *(f"{name}: {value}" for name, value in told.items())]
        self._line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

    def _answer(self) -> Answer:
        """The next answer; packets that came before it are passed over."""
        data = self._rest
        while True:
            while len(data) >= 4 and data[0] == 0x24:
                size = 4 + (data[2] << 8 | data[3])
                if size > len(data):
                    break
                data = data[size:]
            end = data.find(b"\r\n\r\n") if data[:1] != b"$" else -1
            if end >= 0:
                answer = _read(data[:end])
                whole = end + 4 + _length(answer)
                if whole <= len(data):
                    self._rest = data[whole:]
                    body = data[end + 4 : whole].decode("utf-8", "replace")
                    return Answer(answer.status, answer.headers, body)
            more = self._line.recv(_READ)
            if not more or len(data) > _LARGEST_ANSWER:
                raise UnlikeError("answers in another way")
            data += more

    def _trouble(self, error: OSError) -> CameraTrouble:
        return trouble_of(error, self._url)


def _read(head: bytes) -> Answer:
    first, *lines = head.decode("utf-8", "replace").split("\r\n")
    words = first.split()
    status = int(words[1]) if len(words) > 1 and words[0].startswith("RTSP/") and words[1].isdigit() else 0
    headers: dict[str, list[str]] = {}
    for name, _, value in (line.partition(":") for line in lines):
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    return Answer(status, headers, "")


def _length(answer: Answer) -> int:
    told = answer.first("content-length")
    return min(int(told), _LARGEST_ANSWER) if told.isdigit() else 0
