"""FFmpeg opens a camera's stream at the address that was looked at, and nowhere else.

A camera may answer that its stream is elsewhere (RTSP's 3xx). FFmpeg goes there by itself, and nothing switches that off: it
only tells its log before, in the thread that opens the stream. For this moment the process may open nothing more, so that the
opening fails, and the new address is looked at like the first one.
"""

import contextlib
import logging
import re
import resource
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit, urlunsplit

import av
from av.container import InputContainer
from av.error import FFmpegError

from doorwatch.analyzer.reaching import pinned
from doorwatch.analyzer.trouble import BAD_REQUEST, CameraTrouble, trouble_of_opening
from doorwatch.domain.camera_address import masked

READ_TIMEOUT = 4.0
OPEN_TIMEOUT = 4.0

_MOST_HOPS = 3
_SENT_ON = re.compile(r"Status 3\d\d: Redirecting to (.*)", re.DOTALL)
_LONGEST = 1000
"""Characters of an address that are told whole: FFmpeg's lines in the log end soon after."""


@dataclass(slots=True)
class _Heard:
    """What FFmpeg said while one stream was opened: where the camera sends whoever asks, if it does."""

    elsewhere: str | None = None


class _Doorkeeper(logging.Handler):
    """Listens to FFmpeg while streams are opened, and keeps the process from opening anything once one is sent elsewhere."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._changing = threading.Lock()
        self._openings = self._shut = 0
        self._usual = (0, 0)
        self._mine = threading.local()

    @contextlib.contextmanager
    def listening(self) -> Iterator[_Heard]:
        """What is heard in this thread while it opens a stream."""
        heard = self._mine.heard = _Heard()
        self._begin()
        try:
            yield heard
        finally:
            self._end(heard)
            self._mine.heard = None

    def emit(self, record: logging.LogRecord) -> None:
        """Called by FFmpeg itself, in the thread of the stream that is being opened."""
        heard: _Heard | None = getattr(self._mine, "heard", None)
        told = _SENT_ON.match(record.getMessage())
        if heard is None or told is None or heard.elsewhere is not None:
            return
        heard.elsewhere = told[1].strip()
        with self._changing:
            if not self._shut:
                self._usual = resource.getrlimit(resource.RLIMIT_NOFILE)
                resource.setrlimit(resource.RLIMIT_NOFILE, (0, self._usual[1]))
            self._shut += 1

    def _begin(self) -> None:
        with self._changing:
            self._openings += 1
            if self._openings == 1:
                log = logging.getLogger("libav")
                log.setLevel(logging.INFO)
                log.handlers, log.propagate, log.disabled = [self], False, False
                av.logging.set_skip_repeated(False)  # a camera says the same each time that it is opened
                av.logging.set_level(av.logging.INFO)

    def _end(self, heard: _Heard) -> None:
        with self._changing:
            self._openings -= 1
            if not self._openings:
                av.logging.set_level(None)
            if heard.elsewhere is not None:
                self._shut -= 1
                if not self._shut:
                    resource.setrlimit(resource.RLIMIT_NOFILE, self._usual)


_doorkeeper = _Doorkeeper()


def open_rtsp(url: str, options: Mapping[str, str]) -> InputContainer:
    """Open a camera's stream, also where the camera sends us on to, if cameras may be there. Raises CameraTrouble."""
    asked = url
    for hop in range(_MOST_HOPS + 1):
        try:
            opened = _open(asked, options)
        except CameraTrouble as trouble:
            if not hop:
                raise
            raise CameraTrouble(trouble.code, f"{masked(url)} sends us on: {trouble}") from trouble
        if not isinstance(opened, str):
            return opened
        asked = opened
    raise CameraTrouble(BAD_REQUEST, f"{masked(url)} sends us on again and again: correct the camera's address")


def _open(url: str, options: Mapping[str, str]) -> InputContainer | str:
    """The opened stream, or the address to which the camera sends us on. Raises CameraTrouble."""
    where = pinned(url)
    begun = time.monotonic()
    with _doorkeeper.listening() as heard:
        try:
            opened = av.open(where, options=dict(options), timeout=(OPEN_TIMEOUT, READ_TIMEOUT))
        except (FFmpegError, OSError) as error:
            if heard.elsewhere is None:
                waited = time.monotonic() - begun >= OPEN_TIMEOUT
                raise trouble_of_opening(error, url, waited=waited) from error
        else:
            return opened
    return _further(url, heard.elsewhere)


def _further(url: str, told: str) -> str:
    """The address to which a camera sends us on, with our sign-in only where that stays with the same camera."""
    before = urlsplit(url)
    try:
        after = urlsplit(urljoin(url, told))
    except ValueError:
        after = urlsplit("")
    if after.scheme not in {"rtsp", "rtsps"} or len(told) > _LONGEST:
        raise CameraTrouble(BAD_REQUEST, f"{masked(url)} sends us on to what is no camera's address: correct its path")
    same = after.hostname == before.hostname and before.scheme in {"rtsp", after.scheme}
    if same and "@" not in after.netloc:
        sign_in, at, _ = before.netloc.rpartition("@")
        after = after._replace(netloc=f"{sign_in}{at}{after.netloc}")
    return urlunsplit(after)
