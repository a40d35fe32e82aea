"""A limit on how long a read may take, so that no question holds a connection for minutes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from doorwatch.domain.errors import DoorwatchError

_STEPS = 20_000
"""SQLite looks at the clock after so many of its steps: some tenths of a millisecond."""


class TooSlowError(DoorwatchError):
    """The read took longer than it may, and was stopped."""


@contextmanager
def at_most(conn: Connection, seconds: float, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Stop what is read inside of the block when it has taken so long; then TooSlowError is raised."""
    sqlite = conn.dialect.name == "sqlite"
    raw = conn.connection.driver_connection
    if sqlite:
        end = clock() + seconds
        raw.set_progress_handler(lambda: clock() > end, _STEPS)  # type: ignore[union-attr]
    else:
        conn.exec_driver_sql(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}")
    try:
        yield
    except DBAPIError as error:
        if "interrupted" in str(error.orig) or "statement timeout" in str(error.orig):
            raise TooSlowError(f"this took longer than {seconds:g} seconds and was stopped") from error
        raise
    finally:
        if sqlite:
            raw.set_progress_handler(None, 0)  # type: ignore[union-attr]
