"""What is wrong with a camera, as a status code and one sentence; passwords never stand in it."""

import errno
import re

import av

from doorwatch.domain.errors import DoorwatchError

STARTING, ONLINE, BAD_REQUEST, UNAUTHORIZED, NOT_FOUND, TIMED_OUT, FAILED = 100, 200, 400, 401, 404, 408, 500


class CameraTrouble(DoorwatchError):  # noqa: N818 - the noun that people use
    """A camera that cannot be read. `code` is 400, 401, 404, 408 or 500; the text says what to do."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class ClockWasSet(CameraTrouble):
    """The clock of this machine was set: times of pictures go on from another one, in a stream that is opened anew."""

    def __init__(self) -> None:
        super().__init__(TIMED_OUT, "the clock of this machine was set: the stream is opened again")


def masked(url: str) -> str:
    """A URL without its password."""
    return re.sub(r"(://[^/@\s]*?):[^/\s]*@", r"\1:***@", url)


_MEANINGS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], int, str], ...] = (
    (
        (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError),
        UNAUTHORIZED,
        "refuses user and password: correct them in the camera's address",
    ),
    (av.error.HTTPNotFoundError, NOT_FOUND, "is not a stream of this camera: correct the path"),
    (av.error.HTTPClientError, BAD_REQUEST, "refuses the request: check the address and the stream's transport"),
    (av.error.HTTPServerError, FAILED, "answers with an error of its own: restart the camera"),
    ((av.error.ExitError, TimeoutError), TIMED_OUT, "sends nothing: check the camera's power and network"),
    (av.error.InvalidDataError, FAILED, "sends what cannot be read: check the camera's stream settings"),
    (OSError, TIMED_OUT, "cannot be reached: check the address, the camera's power and its network"),
)


def trouble_of(error: Exception, url: str, *, waited: bool = False) -> CameraTrouble:
    """What an error of the stream's reader means to the people who run the camera.

    `waited`: it came after all the time that an answer may take; the reader then calls an answer that never came
    invalid.
    """
    if waited and isinstance(error, av.error.InvalidDataError):
        error = TimeoutError()
    if isinstance(error, OSError) and error.errno == errno.EPROTONOSUPPORT:
        return CameraTrouble(
            BAD_REQUEST,
            f"{masked(url)} does not send this way: set the transport to the other of tcp and udp, and a camera that "
            "only sends encrypted media (SRTP) to plain RTP or rtsps",
        )
    for kind, code, what in _MEANINGS:
        if isinstance(error, kind):
            return CameraTrouble(code, f"{masked(url)} {what}")
    return CameraTrouble(FAILED, f"{masked(url)} sends what cannot be read: check the camera's stream settings")
