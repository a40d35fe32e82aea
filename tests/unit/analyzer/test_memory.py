"""A camera's process keeps nothing of a stream that ended."""

import gc
import queue
import socket
import weakref

import pytest

from doorwatch.analyzer import camera_process
from doorwatch.analyzer.memory import without_traces
from doorwatch.analyzer.trouble import CameraTrouble
from doorwatch.analyzer.watch import Watch, WatchSettings
from doorwatch.analyzer.wire import Link


class Frames:
    """Something large that was being worked on."""


def test_an_error_that_is_kept_keeps_nothing_of_what_was_being_worked_on():
    frames = []

    def work():
        held = Frames()
        frames.append(weakref.ref(held))
        try:
            socket.create_connection(("127.0.0.1", 1))
        except OSError as error:
            raise CameraTrouble(408, "the camera is away") from error

    with pytest.raises(CameraTrouble) as raised:
        work()
    kept = without_traces(raised.value)
    del raised
    gc.collect()
    assert str(kept) == "the camera is away"
    assert frames[0]() is None


def test_nothing_is_left_of_a_stream_that_ended(request):
    clip = request.path.parents[2] / "clips" / "s09-nobody.mp4"
    parent, child = socket.socketpair()
    with parent, child:
        told = {"camera_id": "c", "url": f"file:{clip}?pace=0", "recorded": None, "scenes": []}
        parent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        child.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
        trouble, seen = camera_process._watched(Link(child), WatchSettings.read(told), queue.SimpleQueue())
    assert (trouble.code, seen) == (404, True)
    gc.collect()
    assert not [one for one in gc.get_objects() if isinstance(one, Watch)]
