"""Passwords in cameras' addresses are shown to nobody, and kept when an address comes back without them."""

import pytest

from doorwatch.domain.camera_address import masked, unmasked


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://user:secret@host:554/path?x=1", "rtsp://user:***@host:554/path?x=1"),
        ("rtsp://user:p@ss@host/path", "rtsp://user:***@host/path"),
        ("rtsp://user:p:ss@host/path", "rtsp://user:***@host/path"),
        ("rtsp://:secret@host/path", "rtsp://:***@host/path"),
        ("rtsp://host/live?user=a&password=b&channel=1", "rtsp://host/live?user=a&password=***&channel=1"),
        ("rtsp://host/user=a_Password=b_channel=1.sdp", "rtsp://host/user=a_Password=***"),
        ("rtsp://u:s@host/x?pwd=t", "rtsp://u:***@host/x?pwd=***"),
        ("rtsp://user:s3cret/with@sign@host:554/path", "rtsp://user:***@host:554/path"),
        ("rtsp://host:554/path@x", "rtsp://host:554/path@x"),
        ("rtsp://[fd12::7]:554/path@x", "rtsp://[fd12::7]:554/path@x"),
        ("rtsp://user@host/path", "rtsp://user@host/path"),
        ("rtsp://host:554/path?a=b:c@d", "rtsp://host:554/path?a=b:c@d"),
        ("rtsp://host/path?bypass=1", "rtsp://host/path?bypass=1"),
        ("file:/x/y.mp4?loop=1", "file:/x/y.mp4?loop=1"),
    ],
)
def test_a_password_is_never_shown_and_comes_back_from_the_former_address(url, shown):
    assert masked(url) == shown
    assert unmasked(shown, url) == url


def test_a_new_password_replaces_the_former_one_and_an_unknown_one_stays_masked():
    former = "rtsp://user:secret@host/a?pwd=old"
    assert unmasked("rtsp://user:***@other/b?pwd=new", former) == "rtsp://user:secret@other/b?pwd=new"
    assert unmasked("rtsp://user:new@host/b?pwd=***", former) == "rtsp://user:new@host/b?pwd=old"
    assert unmasked("rtsp://user:***@host/b", "rtsp://host/a") == "rtsp://user:***@host/b"
