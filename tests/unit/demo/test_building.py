"""What the demo tells whoever waits for it."""

from doorwatch.demo.building import Building
from doorwatch.demo.processes import Process


class Hurried:
    """A clock on which waiting takes no time."""

    def __init__(self):
        self.seconds = 0.0

    def monotonic(self):
        return self.seconds

    async def sleep(self, seconds):
        self.seconds += seconds


async def test_who_waits_long_for_a_part_is_told_how_long_and_where_its_log_is(tmp_path):
    said = []
    building = Building(tmp_path, said.append, 8800)
    building.clock = clock = Hurried()

    async def there():
        return clock.seconds > 25

    await building._until("server", Process("server", [], tmp_path), there)
    log = tmp_path / "server.log"
    assert [line.strip() for line in said] == [
        f"still waiting, 10 s so far (log: {log})",
        f"still waiting, 20 s so far (log: {log})",
    ]
