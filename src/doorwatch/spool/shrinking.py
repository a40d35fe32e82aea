"""Gives free pages back to the disk, a little at a time, so that nobody waits for it longer than for a commit.

What one page costs cannot be known before: SQLite looks for each in the list of all free ones, which is long after a long
outage, and where the file was filled in another order than it was emptied a page may take milliseconds. So the next step is as
large as the last one says, and where even few pages take long there is one step a second: what is not given back is used
again, and costs nothing but room. Runs in the spool's one disk thread.
"""

import time
from collections.abc import Callable
from contextlib import suppress

import apsw

KEPT_PAGES = 4096
"""Free pages of 4 KiB that stay for what comes next."""
FEWEST, MOST = 4, 1024
"""Pages of a step."""
STEP_SECONDS = 0.015
STEPS, PAUSE = 12, 0.05
"""So many steps every second at most, with so many seconds between them for all that waits for the thread."""


class Shrinking:
    """Every method blocks. `clock` gives seconds that never go back."""

    def __init__(self, db: apsw.Connection, clock: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._clock = clock
        self.pages = 64
        """How many the next step gives back."""

    def step(self) -> bool:
        """Give some pages back; whether there are more, and they are cheap enough to go on."""
        began = self._clock()
        with suppress(apsw.Error):
            if self._db.pragma("freelist_count") < KEPT_PAGES:
                return False
            for _ in self._db.execute(f"PRAGMA incremental_vacuum({self.pages})"):
                pass  # each step frees one
            took = max(self._clock() - began, STEP_SECONDS / 8)
            # twice as many at most: one quick step says little about the next
            self.pages = max(FEWEST, min(MOST, 2 * self.pages, int(self.pages * STEP_SECONDS / took)))
            return self.pages > FEWEST
        return False
