"""How long a process of the analyzer may say nothing before it is taken for stuck."""

import pytest

from doorwatch.analyzer.children import SILENT_FOR, STARTING_FOR, Child


class Hurried:
    """A clock on which waiting takes no time; `then` is told of every moment."""

    def __init__(self):
        self.seconds = 0.0
        self.then = lambda: None

    def monotonic(self):
        return self.seconds

    async def sleep(self, seconds):
        self.seconds += seconds
        self.then()


@pytest.mark.parametrize(
    ("spoke_at", "stuck_at"), [(None, STARTING_FOR), (90.0, 90.0 + SILENT_FOR), (1.0, 1.0 + SILENT_FOR)]
)
async def test_a_process_has_long_for_its_first_word_and_then_has_to_go_on(monkeypatch, spoke_at, stuck_at):
    clock = Hurried()
    child = Child("camera", "Lobby", dict, lambda _: None, lambda _: None, clock)
    ended = []
    monkeypatch.setattr(child, "kill", lambda: ended.append(clock.seconds))

    def speak():
        if clock.seconds == spoke_at:
            child._heard = clock.seconds

    clock.then = speak
    await child._watch()
    assert ended == [stuck_at + 1]
