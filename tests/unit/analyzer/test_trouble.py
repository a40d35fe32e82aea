"""What is wrong with a camera is a code and a sentence, without passwords."""

import errno

import av
import pytest

from doorwatch.analyzer.trouble import masked, trouble_of

URL = "rtsp://admin:s3cret/with@sign@10.0.0.7:554/stream"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://admin:s3cret@10.0.0.7/x", "rtsp://admin:***@10.0.0.7/x"),
        ("rtsp://admin@10.0.0.7/x", "rtsp://admin@10.0.0.7/x"),
        ("rtsp://10.0.0.7/x?a=b:c@d", "rtsp://10.0.0.7/x?a=b:c@d"),
        ("file:/video/a.mp4", "file:/video/a.mp4"),
    ],
)
def test_a_password_is_masked(url, shown):
    assert masked(url) == shown


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
