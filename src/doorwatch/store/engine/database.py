"""One database: writes in one thread with group commit, reads on connections of their own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self, TypeVar

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from doorwatch.domain.time import Micros
from doorwatch.store.engine import engines, sealing
from doorwatch.store.engine.errors import StoreError
from doorwatch.store.engine.writer import ChangeListener, Writer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Key:
    """What seals the secrets, where it comes from (in words, such as the file's name), and what time it is."""

    seal: sealing.Seal
    origin: str
    now: Micros


class Database:
    """A database that is open.

    Functions given to `write` and `read` take a connection, run in a thread that is not the caller's, and may be run
    again when the database asks for that: they must do nothing but talk to the connection.
    """

    def __init__(self, url: URL, writing: Engine, reading: Engine, *, readers: int) -> None:
        self.url = url
        self._writing = writing
        self._reading = reading
        self._writer = Writer(writing, url)
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="store-read")

    @classmethod
    def open(cls, address: str, *, readers: int = 4, key: Key | None = None) -> "Database":
        """Open the database at an address (sqlite:///file, a path, postgresql://...) and bring its tables up to date.

        With a key, secrets are sealed with it. Raises StoreError, one sentence, when the database cannot be reached,
        written or upgraded, or was sealed with another key.
        """
        from doorwatch.store.engine import migrate  # noqa: PLC0415 - who only reads a database needs none of it

        url = engines.parse_address(address)
        writing = engines.writing_engine(url)
        try:
            migrate.upgrade(writing)
            reading = engines.reading_engine(url, readers)
            if key is not None:
                sealing.use(writing, key.seal)
                sealing.use(reading, key.seal)
                sealing.prepare(writing, key.seal, key.origin, key.now)
        except DBAPIError as error:
            writing.dispose()
            raise engines.explain(error, url) from error
        except StoreError:
            writing.dispose()
            raise
        return cls(url, writing, reading, readers=readers)

    @property
    def shared(self) -> bool:
        """Whether other processes may write to it too."""
        return self.url.get_backend_name() != "sqlite"

    @property
    def waiting_writes(self) -> int:
        """How many writes wait for their turn."""
        return self._writer.waiting

    def on_change(self, listener: ChangeListener) -> None:
        """Call a function, in the writer's thread, after each commit that changed moments, with their accounts."""
        self._writer.listeners.append(listener)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run a function in a transaction; when this returns, its effect is committed and safe from power loss.

        Raises what the function raised (then nothing of it stays), StoreBusyError when too many writes wait, and
        StoreError when the database failed.
        """
        return await asyncio.wrap_future(self._writer.submit(work))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run a function on one snapshot of what is committed; it cannot write."""
        return await asyncio.wrap_future(self._submit_read(work))

    def write_sync(self, work: Callable[[Connection], T]) -> T:
        """As `write`, for callers without an event loop."""
        return self._writer.submit(work).result()

    def read_sync(self, work: Callable[[Connection], T]) -> T:
        """As `read`, for callers without an event loop."""
        return self._submit_read(work).result()

    def _submit_read(self, work: Callable[[Connection], T]) -> Future[T]:
        return self._readers.submit(self._run_read, work)

    def _run_read(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._reading.connect() as connection:
                return work(connection)
        except DBAPIError as error:
            raise engines.explain(error, self.url) from error

    def close(self) -> None:
        """Commit what waits, and let go of all connections."""
        self._writer.close()
        self._readers.shutdown(wait=True)
        self._reading.dispose()
        self._writing.dispose()

    async def aclose(self) -> None:
        """As `close`, without holding up the event loop."""
        await asyncio.to_thread(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
