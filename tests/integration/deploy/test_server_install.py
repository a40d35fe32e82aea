"""The server as it is installed: the wheel runs by itself, and the image, Compose file and service that carry it fit together."""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile

import pytest
import yaml

from doorwatch import __version__
from doorwatch.server.settings import Settings


@pytest.fixture(scope="module")
def installed(root, tmp_path_factory):
    """A folder with what a wheel of this checkout installs."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(build, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = folder.glob(f"doorwatch-{__version__}-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_a_wheel_without_the_checkout_serves_the_page_and_has_its_tables(installed, tmp_path):
    environment = {
        "PYTHONPATH": str(installed),
        "PATH": os.environ["PATH"],
        "DOORWATCH_DATA_DIR": str(tmp_path / "data"),
    }
    probe = "import doorwatch; print(doorwatch.__file__)"
    run = {"env": environment, "cwd": tmp_path, "text": True}
    where = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=True, **run).stdout
    assert where.startswith(str(installed))
    command = [sys.executable, "-m", "doorwatch", "serve", "--port", "0", "--no-analyzer"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **run) as server:
        try:
            address = next(line.split()[-1] for line in server.stdout if "serves at" in line)
            fetched(address + "/readyz")
            page = fetched(address + "/")
            [script] = re.findall(r'src="(/[^"]+\.js)"', page)
            assert len(fetched(address + script)) > 10_000
        finally:
            server.terminate()
            server.communicate(timeout=30)


def fetched(address):
    """What is answered there, once somebody listens."""
    deadline = time.monotonic() + 40
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return answer.read().decode()
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_what_the_image_of_the_server_copies_is_there_and_not_ignored(root):
    ignored = (root / "deploy/server.Dockerfile.dockerignore").read_text().splitlines()
    wanted = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    assert [one for one in wanted if not (root / one).exists()] == []
    dockerfile = (root / "deploy/server.Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--from|\. )(.*)$", dockerfile, re.MULTILINE):
        for source in line.split()[:-1]:
            assert any(source.startswith(one) for one in wanted), source
            assert (root / source).exists(), source
    project = (root / "pyproject.toml").read_text()
    needed = [*re.findall(r'^(?:readme|license-files) = \[?"(.+?)"', project, re.MULTILINE), "hatch_build.py", "bench"]
    assert set(needed) <= set(wanted)


def test_the_image_of_the_server_runs_as_nobody_special_and_has_the_version_of_the_product(root):
    dockerfile = (root / "deploy/server.Dockerfile").read_text()
    assert "\nUSER 10001:10001\n" in dockerfile
    assert f"ARG VERSION={__version__}" in dockerfile
    assert dockerfile.count("--require-hashes") == 2
    assert all("--no-deps" in line for line in dockerfile.splitlines() if "/wheel/*.whl" in line)


def test_the_compose_file_of_the_server_gives_settings_that_there_are(root):
    compose = yaml.safe_load((root / "deploy/compose/server.yaml").read_text())
    server, detector = compose["services"]["server"], compose["services"]["detector"]
    names = {f"DOORWATCH_{name.upper()}" for name in Settings.model_fields}
    assert set(server["environment"]) <= names
    assert server["image"] == detector["image"] == f"doorwatch/server:{__version__}"
    assert (root / "deploy/compose" / server["build"]["context"] / server["build"]["dockerfile"]).is_file()
    for service in (server, detector):
        assert (service["read_only"], service["cap_drop"], service["user"]) == (True, ["ALL"], "10001:10001")
        assert service["volumes"] == ["data:/data"]
    assert server["ports"] == ["127.0.0.1:8400:8400"]
    assert Settings.model_fields["port"].default == 8400
