"""The motion gate, on small drawn pictures."""

import numpy as np

from doorwatch.domain.time import MILLISECOND, SECOND
from doorwatch.vision.motion import HOLD, LOOK_EVERY, MotionGate, region

STEP = 80 * MILLISECOND


def still(noise=0, seed=0):
    picture = np.full((360, 640), 90, np.int16)
    picture += np.random.default_rng(seed).integers(-noise, noise + 1, picture.shape, np.int16)
    return picture.astype(np.uint8)


def somebody(x, y=200):
    picture = still()
    picture[y : y + 80, x : x + 30] = 180
    return picture


def run(gate, pictures, start=0):
    return [gate.wants(start + i * STEP, picture) for i, picture in enumerate(pictures)]


def test_an_empty_lobby_with_camera_noise_lets_only_a_look_pass_now_and_then():
    wanted = run(MotionGate(every=0), [still(6, seed) for seed in range(250)])
    after = wanted[60:]
    assert 1 <= sum(after) <= len(after) * STEP // LOOK_EVERY + 1


def test_somebody_who_walks_opens_the_gate_until_a_while_after():
    gate = MotionGate(every=0)
    run(gate, [still()] * 60)
    start = 60 * STEP
    walked = run(gate, [somebody(50 + 8 * i) for i in range(40)], start)
    assert all(walked[1:])
    after = run(gate, [still()] * 120, start + 40 * STEP)
    open_for = after.index(False) * STEP
    assert HOLD <= open_for <= 3 * HOLD


def test_a_grant_opens_the_gate_without_any_motion():
    gate = MotionGate(every=0)
    run(gate, [still()] * 60)
    gate.open_until(60 * STEP + SECOND)
    wanted = run(gate, [still()] * 30, 60 * STEP)
    assert all(wanted[:12])
    assert not all(wanted[14:])


def test_an_earlier_end_never_shortens_the_opening():
    gate = MotionGate(every=0)
    run(gate, [still()] * 60)
    gate.open_until(70 * STEP)
    gate.open_until(62 * STEP)
    assert gate.wants(69 * STEP, still())


def test_light_that_changes_at_once_counts_as_motion():
    gate = MotionGate(every=0)
    run(gate, [still()] * 60)
    bright = np.full((360, 640), 160, np.uint8)
    assert gate.wants(60 * STEP, bright)


def test_what_moves_far_from_the_door_does_not_open_the_gate(scene):
    gate = MotionGate([scene], every=0)
    run(gate, [still()] * 60)
    far = [somebody(590, 270 - i) for i in range(20)]
    assert sum(run(gate, far, 60 * STEP)) <= 1
    near = [somebody(280 + i, 160) for i in range(20)]
    assert all(run(gate, near, 80 * STEP)[1:])


def test_an_open_gate_passes_six_to_ten_frames_a_second():
    for fps, most in ((12.5, 6.25), (10, 10), (25, 9), (30, 10.1)):
        gate = MotionGate()
        gate.open_until(60 * SECOND)
        wanted = sum(gate.wants(round(i * SECOND / fps), somebody(20 + i % 500)) for i in range(int(fps * 20)))
        assert 0.9 * most <= wanted / 20 <= 1.1 * most


def test_a_camera_that_changes_its_size_starts_over():
    gate = MotionGate()
    run(gate, [still()] * 60)
    assert gate.wants(60 * STEP, np.zeros((240, 640), np.uint8))


def test_the_region_lies_around_the_door(scene):
    mask = region([scene], (256, 144))
    assert mask[70, 120]
    assert not mask[10, 5]
    assert region([], (256, 144)) is None
