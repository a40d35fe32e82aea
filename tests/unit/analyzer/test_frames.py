"""Frames go from one process to another through memory, without names and without copies on the reader's side."""

import subprocess
import sys

import numpy as np
import pytest

from doorwatch.analyzer.frames import FrameRing, FrameView

FRAME = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


@pytest.fixture
def ring():
    made = FrameRing(4, 4, slots=2)
    yield made
    made.close()


def test_what_was_put_is_seen(ring):
    view = FrameView(ring.path, 4, 4)
    first, second = ring.put(FRAME), ring.put(FRAME[::-1])
    assert np.array_equal(view.frame(first), FRAME)
    assert np.array_equal(view.frame(second), FRAME[::-1])


def test_a_full_ring_takes_nothing_until_a_slot_is_released(ring):
    slots = [ring.put(FRAME), ring.put(FRAME)]
    assert ring.put(FRAME) is None
    ring.release(slots[0])
    assert ring.put(FRAME) == slots[0]


def test_a_slot_released_twice_is_free_once(ring):
    slot = ring.put(FRAME)
    ring.release(slot)
    ring.release(slot)
    assert sorted([ring.put(FRAME), ring.put(FRAME)]) == [0, 1]
    assert ring.put(FRAME) is None


def test_the_reader_cannot_write(ring):
    view = FrameView(ring.path, 4, 4)
    with pytest.raises(ValueError, match="read-only"):
        view.frame(0)[0, 0, 0] = 1


def test_another_process_sees_the_frame(ring):
    slot = ring.put(FRAME)
    script = (
        f"from doorwatch.analyzer.frames import FrameView; print(FrameView({ring.path!r}, 4, 4).frame({slot}).sum())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) == FRAME.sum()


def test_a_writer_that_is_gone_is_an_error_of_the_system():
    ring = FrameRing(4, 4)
    path = ring.path
    ring.close()
    with pytest.raises(OSError, match="No such file"):
        FrameView(path, 4, 4)
