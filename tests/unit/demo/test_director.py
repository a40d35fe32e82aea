import asyncio
import contextlib

import pytest

from doorwatch.demo.director import Cue, Director
from doorwatch.domain.time import SECOND, ManualClock

GRANT = Cue(2 * SECOND, "AccessGranted", "Ana")
OPEN = Cue(3 * SECOND, "DoorOpen", None)
EPOCH = 1_000 * SECOND


def director(clock, raised=None, cues=(OPEN, GRANT)):
    async def keep(cue, due):
        raised.append((cue.event_type, due))

    return Director(cues, epoch=EPOCH, duration=10 * SECOND, clock=clock, raise_event=keep)


@pytest.mark.parametrize(
    ("after", "cue", "due"),
    [
        (EPOCH, GRANT, EPOCH + 2 * SECOND),
        (EPOCH + 2 * SECOND, OPEN, EPOCH + 3 * SECOND),
        (EPOCH + 3 * SECOND, GRANT, EPOCH + 12 * SECOND),
        (EPOCH + 57 * SECOND, GRANT, EPOCH + 62 * SECOND),
        (EPOCH - 9 * SECOND, GRANT, EPOCH - 8 * SECOND),
    ],
)
def test_the_next_cue_is_in_step_with_the_loop_of_the_clip(after, cue, due):
    assert director(ManualClock(after)).next_cue(after) == (cue, due)


async def test_every_cue_is_raised_once_a_loop_at_its_moment():
    clock, raised = ManualClock(EPOCH), []
    playing = asyncio.create_task(director(clock, raised).play())
    for _ in range(25):
        for _ in range(5):
            await asyncio.sleep(0)
        clock.advance(1)
    playing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await playing
    seconds = [(kind, (due - EPOCH) // SECOND) for kind, due in raised]
    assert seconds == [
        ("AccessGranted", 2), ("DoorOpen", 3), ("AccessGranted", 12), ("DoorOpen", 13),
        ("AccessGranted", 22), ("DoorOpen", 23),
    ]  # fmt: skip


async def test_what_was_due_while_the_machine_slept_is_left_out():
    clock, raised = ManualClock(EPOCH), []
    playing = asyncio.create_task(director(clock, raised).play())
    await asyncio.sleep(0)
    clock.advance(101)
    for _ in range(20):
        await asyncio.sleep(0)
    playing.cancel()
    assert len(raised) <= 2


def test_a_clip_without_events_is_an_error_and_no_endless_loop():
    with pytest.raises(ValueError, match="without events"):
        director(ManualClock(EPOCH), cues=()).next_cue(EPOCH)
