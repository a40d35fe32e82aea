"""`doorwatch serve`, `user`, `token` and `door` as processes of their own."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from pysqlite3 import dbapi2 as sqlite

from doorwatch.domain.time import SystemClock
from doorwatch.server.analyzer_child import AnalyzerChild
from doorwatch.server.settings import Settings
from forked import Command

PASSWORD = "a long enough password"


def environment(folder):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DOORWATCH_")}
    return clean | {"XDG_DATA_HOME": str(folder / "xdg")}


def run(folder, *arguments, code=0):
    """What a command prints, and what it says besides."""
    log = folder / "said"
    command = Command(*arguments, log=log, environment=environment(folder))
    done = SimpleNamespace(stdout=command.stdout.read(), stderr="")
    ended = command.wait()
    done.stderr = log.read_text()
    assert ended == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done


def children_of(pid):
    """The commands that a process has started and that still run."""
    return [Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0") for number in children(pid)]


class Server:
    """A server process and what it said."""

    def __init__(self, folder, *arguments):
        self.data = folder / "data"
        password = folder / "password"
        password.write_text(PASSWORD + "\n")
        self.log = (folder / "log").open("a+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "doorwatch", "serve", "--data-dir", str(self.data), "--port", "0",
             "--owner-password-file", str(password), *arguments],
            stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment(folder),
        )  # fmt: skip
        self.address = None
        self.early = []
        for line in self.process.stdout:
            if "serves at" in line:
                self.early = children_of(self.process.pid)
                self.address = line.split()[-1]
                break
        assert self.address, (folder / "log").read_text()
        self._wait(lambda: self.get("/readyz"))

    def _wait(self, look):
        deadline = time.monotonic() + 40
        while True:
            try:
                return look()
            except (urllib.error.URLError, OSError, FileNotFoundError, AssertionError):
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def get(self, path, token=None):
        request = urllib.request.Request(
            self.address + path, headers={"Authorization": f"Bearer {token}"} if token else {}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.log.close()
        return self.process.returncode


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The folder of a server that ran without an analyzer, which has a token all the same."""
    folder = tmp_path_factory.mktemp("stopped")
    server = Server(folder, "--no-analyzer")
    assert server.stop() == 0
    return server.data


@pytest.fixture
def kept(stopped, tmp_path):
    """The data of a server that ran before, for `start`."""
    return Path(shutil.copytree(stopped, tmp_path / "data"))


@pytest.fixture
def start(tmp_path):
    started = []

    def begin(*arguments):
        started.append(Server(tmp_path, *arguments))
        return started[-1]

    yield begin
    for server in started:
        if server.process.poll() is None:
            server.stop(signal.SIGKILL)


def test_commands_change_the_running_server_over_http_and_the_stopped_one_by_its_folder(start, kept, tmp_path):
    server = start("--no-analyzer")
    local = server.data / "local.json"
    assert stat.S_IMODE(local.stat().st_mode) == 0o600
    assert stat.S_IMODE((server.data / "analyzer-token").stat().st_mode) == 0o600
    added = run(tmp_path, "user", "add", "guard@example.com", "--role", "view", "--data-dir", server.data, "--json")
    assert json.loads(added.stdout)["password"]
    token = run(tmp_path, "token", "create", "Program", "--kind", "api", "--data-dir", server.data).stdout.strip()
    assert [user["role"] for user in server.get("/api/users", token)] == ["view", "owner"]
    assert server.stop() == 0
    assert not local.exists()

    listed = run(tmp_path, "user", "list", "--data-dir", server.data)
    assert "guard@example.com" in listed.stdout
    again = run(tmp_path, "user", "passwd", "GUARD@example.com", "--data-dir", server.data)
    assert "told this once" in again.stdout
    tokens = run(tmp_path, "token", "list", "--data-dir", server.data, "--json").stdout.splitlines()
    mine = next(token for token in map(json.loads, tokens) if token["name"] == "Program")
    assert mine["last_used_at"]
    renewed = run(tmp_path, "token", "rotate", mine["id"], "--overlap-hours", "1", "--data-dir", server.data).stdout
    assert renewed.strip() != token
    assert "whole token of the kind api" in check(token)
    assert "not whole" in check(token[:-2], code=1)
    assert "does not begin like a token" in check("secret", code=1)
    run(tmp_path, "token", "revoke", mine["id"], "--data-dir", server.data)
    assert "Program" not in run(tmp_path, "token", "list", "--data-dir", server.data).stdout


def test_doors_are_listed_and_mapped_by_name_with_a_token_from_elsewhere(start, kept, tmp_path):
    server = start("--no-analyzer")
    local = json.loads((server.data / "local.json").read_text())
    gateway = run(tmp_path, "token", "create", "gw", "--data-dir", server.data).stdout.strip()
    post(server, "/api/pacs/devices", {"devices": [{"device_id": "d", "device_name": "Lobby"}]}, gateway)
    post(server, "/api/cameras", {"name": "Cam", "url": "rtsp://x"}, local["token"])
    token = tmp_path / "token"
    token.write_text(local["token"])
    there = ("--server", server.address, "--token-file", token)
    assert run(tmp_path, "door", "map", "lobby", "cam", *there).stdout == "Lobby is seen by Cam\n"
    assert json.loads(run(tmp_path, "door", "list", "--json", *there).stdout)["cameras"][0]["name"] == "Cam"
    assert "Cam" in run(tmp_path, "door", "list", *there).stdout
    assert "no camera is called" in run(tmp_path, "door", "map", "lobby", "other", *there, code=1).stderr
    assert run(tmp_path, "door", "map", "lobby", *there).stdout == "Lobby is seen by no camera\n"


def check(token, code=0):
    """What `doorwatch token check` says, without any installation."""
    done = subprocess.run(
        [sys.executable, "-m", "doorwatch", "token", "check"],
        input=token,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, "")
    return done.stdout


def post(server, path, body, token):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(server.address + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def test_a_killed_server_starts_again_with_all_that_was_acknowledged(start, kept, tmp_path):
    server = start("--no-analyzer")
    gateway = run(tmp_path, "token", "create", "gw", "--data-dir", server.data).stdout.strip()
    events = [
        {"device_id": "d", "timestamp": 1_769_860_800_000 + number, "event_type": "AccessGranted"}
        for number in range(300)
    ]
    for number in range(3):
        post(server, "/api/pacs/webhooks", {"events": events[number * 100 : number * 100 + 100]}, gateway)
    server.stop(signal.SIGKILL)
    server = start("--no-analyzer")
    post(server, "/api/pacs/webhooks", {"events": events}, gateway)
    token = json.loads((server.data / "local.json").read_text())["token"]
    assert server.get("/api/search?q=access%20granted", token)["total"] == 300
    assert server.stop() == 0


def test_the_analyzer_beside_the_server_is_there_before_it_comes_back_and_dies_with_it(start, kept):
    server = start()
    assert [command for command in server.early if b"doorwatch.server.analyzer_child" in command]
    token = json.loads((server.data / "local.json").read_text())["token"]

    def analyzer():
        found = children(server.process.pid)
        assert len(found) == 1
        return found[0]

    def connected():
        tokens = server.get("/api/tokens", token)
        assert any(token["kind"] == "analyzer" and token["last_used_at"] for token in tokens)

    first = server._wait(analyzer)
    server._wait(connected)
    os.kill(first, signal.SIGKILL)

    def another():
        found = analyzer()
        assert found != first
        return found

    second = server._wait(another)
    server.process.kill()

    def gone():
        assert not alive(second)

    server._wait(gone)


def children(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_without_an_analyzer_none_is_started_early(start, kept):
    server = start("--no-analyzer")
    assert server.early == []
    assert server.stop() == 0


def test_where_no_analyzer_ran_before_none_can_be_started_early(tmp_path):
    assert AnalyzerChild.early(Settings(data_dir=tmp_path), SystemClock()) is None


def test_a_revoked_token_of_the_analyzer_is_replaced_and_the_early_one_with_it(start, kept, tmp_path):
    (kept / "analyzer-token").write_text("dwa_was-revoked")
    server = start()
    token = (server.data / "analyzer-token").read_text()
    assert token != "dwa_was-revoked"

    def connected():
        assert '"analyzer connected"' in (tmp_path / "log").read_text()

    server._wait(connected)


def test_a_port_in_use_is_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = run(tmp_path, "serve", "--data-dir", tmp_path / "d", "--port", port, code=1).stderr
    assert said.count("\n") == 1
    assert f"port {port} can't be used" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--database-url", "mysql://x/y"), "use sqlite:/// or postgresql://"),
        (("--database-url", "postgresql://nobody@127.0.0.1:1/none"), "cannot be reached"),
        (("--public-url", "doors.example.com"), "DOORWATCH_PUBLIC_URL"),
        (("--owner-password-file", "/nonexistent/file"), "password can't be read"),
        (("--log-level", "LOUD"), "DOORWATCH_LOG_LEVEL"),
        (("--data-dir", "/proc/nothing"), "data folder /proc/nothing can't be"),
    ],
)
def test_what_keeps_a_server_from_starting_is_one_sentence(tmp_path, arguments, words):
    said = run(tmp_path, "serve", "--port", "0", "--no-analyzer", *arguments, code=1).stderr
    assert words in said
    assert said.startswith("doorwatch: ")
    assert said.count("\n") == 1


def test_a_database_of_a_newer_version_is_refused(kept, tmp_path):
    with sqlite.connect(kept / "doorwatch.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'from the future'")
    connection.close()
    said = run(tmp_path, "serve", "--port", "0", "--data-dir", kept, code=1).stderr
    assert "newer Doorwatch" in said


def first_start(folder, *arguments):
    """What a server says that is started where nobody can sign in, and stopped again."""
    process = subprocess.Popen(
        [sys.executable, "-m", "doorwatch", "serve", "--data-dir", str(folder / "d"), "--port", "0", "--no-analyzer",
         *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment(folder),
    )  # fmt: skip
    try:
        return [process.stdout.readline() for _ in range(3)]
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


def test_the_first_start_tells_a_link_and_no_password_until_there_is_somebody(tmp_path):
    serves, invites, hint = first_start(tmp_path)
    assert re.search(r"Set up Doorwatch at http://127\.0\.0\.1:\d+/setup#[\w-]{43}$", invites)
    assert invites.split("/setup#")[0].endswith(serves.split("serves at ")[1].strip())
    assert "good once, for 12 hours (from another machine" in hint
    assert run(tmp_path, "user", "list", "--data-dir", tmp_path / "d", "--json").stdout == ""
    again = first_start(tmp_path)[1]
    assert "/setup#" in again
    assert again != invites

    link = run(tmp_path, "user", "setup-link", "--data-dir", tmp_path / "d").stdout
    assert re.fullmatch(r"http://127\.0\.0\.1:8400/setup#[\w-]{43}\n", link)
    run(tmp_path, "user", "add", "olga@example.com", "--role", "owner", "--data-dir", tmp_path / "d")
    assert "set up already" in run(tmp_path, "user", "setup-link", "--data-dir", tmp_path / "d", code=1).stderr


def test_an_owner_without_a_password_file_is_refused(tmp_path):
    said = run(tmp_path, "serve", "--data-dir", tmp_path / "d", "--owner", "olga@example.com", code=2).stderr
    assert "--owner-password-file" in said


def test_commands_without_an_installation_say_so(tmp_path):
    assert "there is no installation" in run(tmp_path, "user", "list", code=1).stderr
    assert "--token-file" in run(tmp_path, "door", "list", "--server", "http://127.0.0.1:1", code=1).stderr
    token = tmp_path / "token"
    token.write_text("x")
    there = ("--server", "http://127.0.0.1:1", "--token-file", token)
    assert "can't be reached" in run(tmp_path, "door", "list", *there, code=1).stderr
