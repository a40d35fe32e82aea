"""Every promise that can be looked up in a database and its folders, one answer each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Micros
from doorwatch.server.proof.files import evidence_kept, segments_kept
from doorwatch.server.proof.provider import provider_answers
from doorwatch.server.proof.rule import rule_agrees
from doorwatch.server.proof.video import Video, prove_video
from doorwatch.server.settings import LOCAL_FILE, Settings
from doorwatch.store import invariants
from doorwatch.store.engine import engines
from doorwatch.store.invariants import Found, Question

T = TypeVar("T")

_RECORDINGS = "recordings"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to look at.

    The rule is asked again about the time from `since` to `now`; what waits, or lies without a row, since before
    `stale` is wrong; `thorough` has SQLite look at its indexes, too.
    """

    now: Micros
    since: Micros
    stale: Micros
    thorough: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether one promise is kept: its short name, the promise as a sentence, how much was looked at, what is wrong."""

    name: str
    promise: str
    looked_at: int
    wrong: tuple[str, ...]

    @property
    def kept(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong


def prove_recordings(settings: Settings, wish: Wish) -> Video:
    """All recorded video of this machine, by size, hash and times; reads every file. Raises StoreError, OSError."""
    with invariants.read_only(settings.database) as engine:

        def ask(question: Callable[[Connection], T]) -> T:
            return _read(engine, question)

        return prove_video(ask, settings.data_dir / _RECORDINGS, wish.stale, wish.now)


def prove(settings: Settings, wish: Wish) -> Iterator[Answer]:
    """Look at an installation, one promise after the other; a running server is not disturbed.

    Raises StoreError when there is no database, or it cannot be reached.
    """
    with invariants.read_only(settings.database) as engine:
        for name, promise, question in _of_database(wish):
            answer = _asked(name, promise, partial(_read, engine, question))
            yield answer
            if not answer.kept and (name == "schema" or not answer.looked_at):
                return  # a file that can't be read, or tables of another version, answer no further question
        for name, promise, question in _of_rows(settings, wish):
            yield _asked(name, promise, partial(_read, engine, question))
        blobs, recordings = settings.blobs_dir, settings.data_dir / _RECORDINGS

        def ask(work: Callable[[Connection], T]) -> T:
            return _read(engine, work)

        yield _asked(
            "evidence",
            "Every picture and clip has its file, and every file its incident",
            lambda: evidence_kept(ask, blobs, wish.stale),
        )
        yield _asked(
            "segments",
            "Every segment recorded on this machine has its file, and every file its row",
            lambda: segments_kept(ask, recordings, wish.stale),
        )
        if settings.oidc_issuer is not None:
            yield _asked(
                "sign-on",
                "The provider of single sign-on answers, and is the one that is set",
                lambda: provider_answers(settings),
            )


def _of_database(wish: Wish) -> list[tuple[str, str, Question]]:
    return [
        ("database", "The database file is sound", partial(invariants.sound, thorough=wish.thorough)),
        ("schema", "The tables are those of this version", invariants.schema_current),
        ("references", "Every reference leads to a row", invariants.references_hold),
    ]


def _of_rows(settings: Settings, wish: Wish) -> list[tuple[str, str, Question]]:
    served: list[tuple[str, str, Question]] = []
    if settings.database_url is not None or (settings.data_dir / LOCAL_FILE).exists():
        # Where no server runs, changes wait for one: that breaks no promise.
        served.append(
            ("verdicts", "No door waits long for its verdict", partial(invariants.doors_served, since=wish.stale))
        )
    return [
        *served,
        ("members", "The crossings and grants of every incident are stored", invariants.members_exist),
        ("once", "No excess entry is in two incidents that stand", invariants.excess_counted_once),
        ("moments", "Search knows every event, crossing and incident as it is stored", invariants.moments_complete),
        ("tallies", "Reports count as many moments as there are", invariants.moments_tallied),
        ("secrets", "Passwords, tokens and sessions are kept as hashes", invariants.secrets_hashed),
        (
            "rule",
            "The rule finds the stored incidents in the stored inputs",
            partial(rule_agrees, since=wish.since, now=wish.now),
        ),
    ]


def _asked(name: str, promise: str, look: Callable[[], Found]) -> Answer:
    try:
        found = look()
    except DoorwatchError as error:
        return Answer(name, promise, 0, (f"it can't be looked up: {error}",))
    except OSError as error:
        return Answer(name, promise, 0, (f"{error.filename} can't be read ({error.strerror}): check its rights",))
    return Answer(name, promise, found.looked_at, found.wrong)


def _read(engine: Engine, work: Callable[[Connection], T]) -> T:
    """The answer on a snapshot of its own. Raises StoreError."""
    try:
        with engine.connect() as connection:
            return work(connection)
    except DBAPIError as error:
        raise engines.explain(error, engine.url) from error
