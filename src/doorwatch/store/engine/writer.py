"""The one thread that writes: what waits while a commit is on its way goes into the next one together."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from doorwatch.store.engine import engines, known, recall
from doorwatch.store.engine.errors import OvertakenError, StoreBusyError, StoreError

T = TypeVar("T")

ChangeListener = Callable[[frozenset[str]], None]
"""Told after a commit of the accounts whose moments changed."""

MOST_WAITING = 20_000
MOST_TOGETHER = 256
TRIES = 5

_CHANGED = "doorwatch.changed"
# PostgreSQL's word for "two transactions got in each other's way": the same work succeeds when it is done again.
_TRY_AGAIN = frozenset({"40001", "40P01", "55P03"})

_log = structlog.get_logger(__name__)


def note_change(conn: Connection, account: str) -> None:
    """Say that this transaction changes moments of an account, so that listeners hear of it once it is committed."""
    conn.info.setdefault(_CHANGED, set()).add(account)


@dataclass(slots=True)
class _Job:
    work: Callable[[Connection], Any]
    future: "Future[Any]"
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Runs functions on one connection, several to a transaction, each in a savepoint of its own."""

    def __init__(self, engine: Engine, url: URL) -> None:
        self.listeners: list[ChangeListener] = []
        self._engine = engine
        recall.watch(engine)
        self._url = url
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store-write", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many jobs wait for their turn."""
        return self._queue.qsize()

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Put a function in the queue; the future resolves when it is committed."""
        future: Future[T] = Future()
        with self._gate:
            if self._closed:
                raise StoreError("the database is closed: the server is about to stop; try again when it is back")
            if self._queue.qsize() >= MOST_WAITING:
                raise StoreBusyError("the database does not keep up with what arrives: try again in some seconds")
            self._queue.put(_Job(work, future))
        return future

    def close(self) -> None:
        """Do what waits, then end the thread."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            batch, last = self._next_batch()
            if batch:
                self._serve(batch)
            if last:
                return

    def _next_batch(self) -> tuple[list[_Job], bool]:
        batch: list[_Job] = []
        job = self._queue.get()
        while job is not None:
            if job.future.set_running_or_notify_cancel():
                batch.append(job)
            if len(batch) >= MOST_TOGETHER:
                return batch, False
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _serve(self, batch: list[_Job]) -> None:
        failure = self._transact(batch)
        if failure is not None and len(batch) > 1:
            # One job may have spoiled it for all: each alone, only the guilty one fails.
            for job in batch:
                self._serve([job])
            return
        for _ in range(TRIES - 1):
            if failure is None or not _worth_another_try(failure):
                break
            failure = self._transact(batch)
        for job in batch:
            if failure is not None:
                job.future.set_exception(self._explained(failure))
            elif job.error is not None:
                job.future.set_exception(self._explained(job.error))
            else:
                job.future.set_result(job.result)

    def _transact(self, batch: list[_Job]) -> BaseException | None:
        """One transaction; the error that spoiled all of it, or None."""
        try:
            with self._engine.connect() as connection:
                connection.info.pop(_CHANGED, None)
                known.begin(connection)
                with connection.begin():
                    recall.begin(connection)
                    for job in batch:
                        _attempt(job, connection, alone=len(batch) == 1)
                known.settle(connection)
                changed = frozenset(connection.info.pop(_CHANGED, ()))
        except _Spoiled as spoiled:
            return spoiled.cause
        except Exception as error:  # noqa: BLE001  (whatever it is, it belongs to the callers, and the thread lives on)
            return error
        if changed:
            self._tell(changed)
        return None

    def _tell(self, changed: frozenset[str]) -> None:
        for listener in self.listeners:
            try:
                listener(changed)
            except Exception:  # noqa: BLE001  (the commit stands, whatever its listeners do)
                _log.exception("a listener failed after a commit", accounts=sorted(changed))

    def _explained(self, error: BaseException) -> BaseException:
        if isinstance(error, DBAPIError):
            sentence = engines.explain(error, self._url)
            sentence.__cause__ = error
            return sentence
        return error


class _Spoiled(Exception):  # noqa: N818  (not an error of its own: it carries one out of the transaction)
    """The whole transaction must go."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__()
        self.cause = cause


def _attempt(job: _Job, connection: Connection, *, alone: bool) -> None:
    """Run one job; its own error stays with it unless the database's state makes the transaction useless."""
    job.result, job.error = None, None
    if alone:
        try:
            job.result = job.work(connection)
        except Exception as error:
            raise _Spoiled(error) from error
        return
    savepoint, position = connection.begin_nested(), known.mark(connection)
    try:
        job.result = job.work(connection)
    except Exception as error:
        if isinstance(error, DBAPIError | OvertakenError):
            raise _Spoiled(error) from error
        savepoint.rollback()
        known.back_to(connection, position)
        job.error = error
    else:
        savepoint.commit()


def _worth_another_try(error: BaseException) -> bool:
    if not isinstance(error, DBAPIError):
        return isinstance(error, OvertakenError)
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _TRY_AGAIN
