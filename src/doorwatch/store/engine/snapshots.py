"""Reading a database from a process that does nothing else: one connection, one thread, no migrations."""

from collections.abc import Callable
from typing import Self, TypeVar

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from doorwatch.store.engine import engines

T = TypeVar("T")

_MEMORY_KIB = 8_000


class Snapshots:
    """A database that is open for reading; its tables must be up to date."""

    def __init__(self, url: URL, engine: Engine) -> None:
        self._url = url
        self._engine = engine

    @classmethod
    def open(cls, address: str) -> "Snapshots":
        """Open the database at an address as `Database.open` takes it. Raises StoreError."""
        url = engines.parse_address(address)
        return cls(url, engines.reading_engine(url, 1, memory_kib=_MEMORY_KIB))

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run a function on one snapshot of what is committed; raises StoreError when the database fails."""
        try:
            with self._engine.connect() as connection:
                return work(connection)
        except DBAPIError as error:
            raise engines.explain(error, self._url) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()
