"""How people look is told by the operator's own encoder, in a process beside the counting; without one nothing runs."""

import asyncio
from base64 import b64decode

import numpy as np
import pytest
from tests.tiny_pair import make_pair

from doorwatch.analyzer.likenesses import MOST_WAITING, Likenesses
from doorwatch.analyzer.wire import Message
from doorwatch.domain.likeness import is_packed
from doorwatch.domain.time import SystemClock
from doorwatch.vision.likeness import pair


def cutout(number, colour=(30, 30, 200)):
    picture = np.full((40, 20, 3), colour, np.uint8)
    header = {"kind": "cutout", "camera_id": "cam-1", "ring": "r", "crossing_id": f"c-{number}", "size": [40, 20]}
    return Message(header, picture.tobytes())


async def run_until(likenesses, enough):
    task = asyncio.create_task(likenesses.run())
    try:
        async with asyncio.timeout(30):
            await enough.wait()
            return list(likenesses.pids)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_every_cutout_is_answered_with_a_direction_and_the_model_that_made_it(tmp_path):
    make_pair(tmp_path / "models" / "likeness")
    heard, enough = [], asyncio.Event()

    def take(answer):
        heard.append(answer)
        if len(heard) == 3:
            enough.set()

    likenesses = Likenesses(tmp_path, take, SystemClock())
    assert likenesses.wanted
    for number in range(3):
        likenesses.want(cutout(number))
    assert len(await run_until(likenesses, enough)) == 1
    assert [one["crossing_id"] for one in heard] == ["c-0", "c-1", "c-2"]
    assert {one["model"] for one in heard} == {pair.find(tmp_path, {}).identity}
    assert all(is_packed(b64decode(one["direction"])) for one in heard)


async def test_of_a_crowd_the_oldest_pictures_are_left_out(tmp_path):
    make_pair(tmp_path / "models" / "likeness")
    heard, enough = [], asyncio.Event()

    def take(answer):
        heard.append(answer["crossing_id"])
        if len(heard) == MOST_WAITING:
            enough.set()

    likenesses = Likenesses(tmp_path, take, SystemClock())
    for number in range(100):
        likenesses.want(cutout(number))
    await run_until(likenesses, enough)
    assert heard == [f"c-{number}" for number in range(100 - MOST_WAITING, 100)]


@pytest.mark.parametrize("broken", [False, True])
async def test_without_a_pair_or_with_half_of_one_nothing_is_wanted_and_nothing_runs(tmp_path, broken):
    if broken:
        (make_pair(tmp_path / "models" / "likeness") / "text.onnx").unlink()
    likenesses = Likenesses(tmp_path, pytest.fail, SystemClock())
    assert not likenesses.wanted
    await likenesses.run()
    assert likenesses.pids == []
