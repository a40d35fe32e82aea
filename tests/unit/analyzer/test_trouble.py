"""What is wrong with a camera is a code and a sentence, without passwords."""

import errno
import os
import socket
import threading

import av
import pytest

from doorwatch.analyzer.source import open_source
from doorwatch.analyzer.trouble import CameraTrouble, Pauses, trouble_of, trouble_of_opening

URL = "rtsp://admin:s3cret/with@sign@10.0.0.7:554/stream"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (av.error.HTTPUnauthorizedError(1, "x"), 401),
        (av.error.HTTPForbiddenError(1, "x"), 401),
        (av.error.HTTPNotFoundError(1, "x"), 404),
        (av.error.HTTPBadRequestError(1, "x"), 400),
        (av.error.HTTPServerError(1, "x"), 500),
        (av.error.ExitError(1, "x"), 408),
        (av.error.InvalidDataError(1, "x"), 500),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), 408),
        (OSError(errno.EHOSTUNREACH, "no route"), 408),
        (av.error.DecoderNotFoundError(1, "x"), 500),
    ],
)
def test_each_failure_has_its_code(error, code):
    trouble = trouble_of(error, "rtsp://u:hidden@camera/a")
    assert trouble.code == code
    assert "rtsp://u:***@camera/a" in str(trouble)
    assert "hidden" not in str(trouble)


@pytest.mark.parametrize(
    ("error", "waited", "code", "words"),
    [
        (av.error.InvalidDataError(1, "x"), True, 408, "sends nothing: check the camera's power"),
        (av.error.InvalidDataError(1, "x"), False, 500, "does not answer as RTSP cameras do: check the port"),
        (PermissionError(errno.EPERM, "x"), True, 408, "too few pictures come: set 10 to 15 frames"),
        (OSError(errno.EIO, "x"), True, 408, "whether it wants rtsp:// or rtsps://"),
        (OSError(errno.EPROTONOSUPPORT, "x"), False, 400, "set the transport to the other"),
        (av.error.HTTPUnauthorizedError(1, "x"), False, 401, "refuses user and password"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), False, 408, "cannot be reached"),
    ],
)
def test_what_goes_wrong_while_a_camera_is_opened_is_told_with_its_cure(error, waited, code, words):
    trouble = trouble_of_opening(error, "rtsp://u:hidden@camera/a", waited=waited)
    assert (trouble.code, words in str(trouble)) == (code, True)
    assert "hidden" not in str(trouble)


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.ECONNREFUSED, "check the port"),
        (errno.ENETUNREACH, "this machine's own network"),
        (errno.EHOSTUNREACH, "the network between"),
        (errno.ECONNRESET, "too many viewers"),
        (errno.ENOBUFS, "check the address, the camera's power"),
    ],
)
def test_what_cannot_be_reached_is_told_with_the_systems_own_word_and_what_helps(number, cure):
    said = str(trouble_of(OSError(number, "x"), URL))
    assert f"cannot be reached ({os.strerror(number)}): " in said
    assert cure in said
    assert "s3cret" not in said


def test_what_answers_without_tls_is_told_with_the_word_of_tls():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            line, _ = listener.accept()
            with line:
                line.recv(4096)
                line.sendall(b"RTSP/1.0 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(CameraTrouble, match=r"wants rtsp:// or rtsps://.* \(TLS says: .*TLS packet"):
            open_source(f"rtsps://127.0.0.1:{listener.getsockname()[1]}/a")


def test_a_camera_that_refuses_the_password_is_asked_less_and_less_often_and_never_as_often_as_locks_it():
    pauses, refused = Pauses(0.2, 0.5), CameraTrouble(401, "refused")
    asked = [pauses.after(refused) for _ in range(40)]
    assert asked[:5] == [1, 5, 30, 120, 300]
    assert min(sum(asked[place : place + 6]) for place in range(4, 30)) >= 30 * 60  # six in half an hour


def test_a_camera_that_starts_and_refuses_for_a_moment_is_soon_asked_again():
    pauses, away, refused = Pauses(0.2, 0.5, 1.0), CameraTrouble(408, "away"), CameraTrouble(401, "refused")
    assert [pauses.after(away) for _ in range(5)] == [0.2, 0.5, 1.0, 1.0, 1.0]
    assert [pauses.after(refused), pauses.after(refused), pauses.after(away)] == [1.0, 5.0, 0.2]
    assert pauses.after(away, watched=True) == 0.2
