"""What is wrong with a camera, as a status code and one sentence; passwords never stand in it."""

import errno
import os
import socket

import av

from doorwatch.domain.camera_address import masked
from doorwatch.domain.errors import DoorwatchError

STARTING, ONLINE, BAD_REQUEST, UNAUTHORIZED, NOT_FOUND, TIMED_OUT, FAILED = 100, 200, 400, 401, 404, 408, 500


_AFTER_REFUSAL = (1.0, 5.0, 30.0, 120.0, 300.0)
"""Seconds: cameras count wrong passwords, and lock everybody out who comes from an address that tries too often."""


class CameraTrouble(DoorwatchError):  # noqa: N818 - the noun that people use
    """A camera that cannot be read. `code` is 400, 401, 404, 408 or 500; the text says what to do."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Pauses:
    """How long to wait before a camera is opened again: longer with each failure in a row, longest after refused passwords."""

    def __init__(self, *usual: float) -> None:
        self._usual = usual
        self._refused = False
        self._failures = 0

    def after(self, trouble: CameraTrouble, *, watched: bool = False) -> float:
        """Seconds to wait now; `watched` when the camera had been read until this happened."""
        refused = trouble.code == UNAUTHORIZED
        if watched or refused is not self._refused:
            self._failures = 0  # a camera that starts may refuse for a moment, however long it was away before
        self._refused = refused
        pauses = _AFTER_REFUSAL if refused else self._usual
        pause = pauses[min(self._failures, len(pauses) - 1)]
        self._failures += 1
        return pause


class ClockWasSet(CameraTrouble):
    """The clock of this machine was set: times of pictures go on from another one, in a stream that is opened anew."""

    def __init__(self) -> None:
        super().__init__(TIMED_OUT, "the clock of this machine was set: the stream is opened again")


_SILENT = "sends nothing: check the camera's power and network"
_AWAY = "check the address, the camera's power and its network"
_CURES = {
    errno.ECONNREFUSED: "check the port (usually 554), and that the camera is up and has RTSP switched on",
    errno.ENETUNREACH: "check the address, and this machine's own network and routes",
    errno.EHOSTUNREACH: "check the address, the camera's power and the network between",
    errno.ECONNRESET: "check whether the camera restarts, has too many viewers, or a firewall is between",
    errno.EACCES: "check this machine's firewall",
}
"""What helps where the system's own word for it tells more than that the camera is away."""
_OTHERWISE = (
    "does not answer as RTSP cameras do: check the port (usually 554) and whether it wants rtsp:// or rtsps://, "
    "or restart the camera"
)
_OTHER_WAY = (
    "does not send this way: set the transport to the other of tcp and udp, and a camera that only sends encrypted media "
    "(SRTP) to plain RTP or rtsps"
)
_TOO_FEW = (
    "answers, but too few pictures come: set 10 to 15 frames a second with a key frame every 1 to 2 s, and the transport "
    "to tcp where a firewall may keep UDP back"
)
_BROKEN_OFF = (
    "breaks off before it sends anything: check the port, whether it wants rtsp:// or rtsps://, and its network"
)
_IN_OPENING = {
    errno.EPROTONOSUPPORT: (BAD_REQUEST, _OTHER_WAY),
    errno.EPERM: (TIMED_OUT, _TOO_FEW),
    errno.EIO: (TIMED_OUT, _BROKEN_OFF),
}

_MEANINGS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], int, str], ...] = (
    (
        (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError),
        UNAUTHORIZED,
        "refuses user and password: correct them in the camera's address",
    ),
    (av.error.HTTPNotFoundError, NOT_FOUND, "is not a stream of this camera: correct the path"),
    (av.error.HTTPClientError, BAD_REQUEST, "refuses the request: check the address and the stream's transport"),
    (av.error.HTTPServerError, FAILED, "answers with an error of its own: restart the camera"),
    ((av.error.ExitError, TimeoutError), TIMED_OUT, _SILENT),
    (av.error.InvalidDataError, FAILED, "sends what cannot be read: check the camera's stream settings"),
)


def trouble_of(error: Exception, url: str) -> CameraTrouble:
    """What an error of a stream that was read means to the people who run the camera."""
    for kind, code, what in _MEANINGS:
        if isinstance(error, kind):
            return CameraTrouble(code, f"{masked(url)} {what}")
    if isinstance(error, OSError):
        cure = _CURES.get(error.errno or 0, _AWAY)
        return CameraTrouble(TIMED_OUT, f"{masked(url)} cannot be reached ({system_word(error)}): {cure}")
    return CameraTrouble(FAILED, f"{masked(url)} sends what cannot be read: check the camera's stream settings")


def trouble_of_opening(error: Exception, url: str, *, waited: bool) -> CameraTrouble:
    """The same of an error while a stream was being opened; `waited`: it came after all the time that this may take.

    The reader has no names for what it breaks off itself: an answer that never came is invalid to it or cannot be
    read, and a stream that it could not see enough of is forbidden.
    """
    if isinstance(error, av.error.InvalidDataError):
        told = (TIMED_OUT, _SILENT) if waited else (FAILED, _OTHERWISE)
    elif isinstance(error, OSError) and error.errno in _IN_OPENING:
        told = _IN_OPENING[error.errno]
    else:
        return trouble_of(error, url)
    return CameraTrouble(told[0], f"{masked(url)} {told[1]}{_encryption(error)}")


def system_word(error: Exception) -> str:
    """The operating system's, the resolver's or TLS's own word for why nothing could be reached, for whoever looks it up."""
    cause = getattr(
        error, "os_error", error
    )  # aiohttp wraps it, and puts a sentence of its own in the place of its text
    if not isinstance(cause, OSError) or not cause.errno:
        return str(cause) or type(cause).__name__
    if isinstance(cause, socket.gaierror) or cause.errno < 0 or type(cause).__module__ == "ssl":
        return cause.strerror or str(cause)
    return os.strerror(cause.errno)


def _encryption(error: Exception) -> str:
    """What TLS itself said, in brackets; nothing where the error has another cause."""
    _, by, said = getattr(error, "log", None) or (0, "", "")
    return f" (TLS says: {said.strip().rstrip('.')})" if by == "tls" else ""
