"""What is shipped beside the chart: the image's contents, the Compose file, the service, and their guide."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from doorwatch.gateway.config import read_config


@pytest.fixture(scope="module")
def dockerfile(root):
    return (root / "deploy/gateway.Dockerfile").read_text()


@pytest.fixture(scope="module")
def shipped(root, dockerfile, tmp_path_factory):
    """The product as the image has it: what the Dockerfile copies, and nothing else."""
    app = tmp_path_factory.mktemp("image")
    for line in re.findall(r"^COPY (src/.*)$", dockerfile, re.MULTILINE):
        *sources, target = line.split()
        place = app / Path(target).relative_to("/opt/doorwatch/app")
        for source in sources:
            if (root / source).is_dir():
                shutil.copytree(root / source, place)
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(root / source, place)
    return app


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "doorwatch.gateway", "--help"],
        ["-c", "from doorwatch.cli.main import run; run()", "--version"],
        ["-c", "from doorwatch.cli.main import run; run()", "gateway", "--help"],
        ["-c", "from doorwatch.cli.main import run; run()", "gateway", "queue", "--help"],
    ],
)
def test_what_the_image_carries_is_enough_to_run_the_gateway(shipped, command):
    environment = {"PYTHONPATH": str(shipped), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    probe = "import doorwatch, sys; sys.exit(not doorwatch.__file__.startswith(sys.argv[1]))"
    run = {"env": environment, "capture_output": True, "text": True}
    assert subprocess.run([sys.executable, "-c", probe, str(shipped)], check=False, **run).returncode == 0
    done = subprocess.run([sys.executable, *command], check=False, **run)
    assert done.returncode == 0, done.stderr


def test_the_image_carries_no_server_and_no_video(shipped):
    rooms = {path.name for path in (shipped / "doorwatch").iterdir() if path.is_dir()}
    assert rooms == {"cli", "domain", "gateway", "pacs", "spool", "wire"}


def test_the_gateways_image_has_the_one_command_that_it_can_run(shipped):
    environment = {"PYTHONPATH": str(shipped), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", "from doorwatch.cli.main import run; run()", "serve"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "No such command 'serve'" in done.stderr) == (2, True), done.stderr


def test_the_servers_image_runs_without_what_is_for_trying_out(root, tmp_path):
    """The server's own command is loaded where what the Dockerfile takes away is missing."""
    dockerfile = (root / "deploy/server.Dockerfile").read_text()
    away = re.search(r"rm -r (demo .*) \\$", dockerfile, re.MULTILINE).group(1).split()
    assert {"demo", "simulators", "bench"} <= set(away)
    shutil.copytree(
        root / "src/doorwatch", tmp_path / "doorwatch", ignore=shutil.ignore_patterns("__pycache__", "ui", "clip")
    )
    shutil.copytree(root / "bench", tmp_path / "doorwatch" / "bench", ignore=shutil.ignore_patterns("__pycache__"))
    for name in away:
        place = tmp_path / "doorwatch" / name
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    code = (
        "import doorwatch.cli.serve; from doorwatch.cli.main import COMMANDS, app; from typer.main import get_command;"
        "print(*sorted(set(COMMANDS) - set(get_command(app).commands)))"
    )
    environment = {"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["bench", "demo", "simulate"]


def test_the_image_runs_as_nobody_special_from_any_base(dockerfile):
    instructions = [line for line in dockerfile.splitlines() if line and not line.startswith(("#", " "))]
    assert instructions[0].startswith("ARG BASE=")
    assert "USER 10001:10001" in instructions
    assert "--require-hashes" in dockerfile


def test_nothing_that_the_dockerfile_copies_is_ignored_or_missing(root, dockerfile):
    ignored = (root / "deploy/gateway.Dockerfile.dockerignore").read_text().splitlines()
    wanted = [line.lstrip("!") for line in ignored if line.startswith("!")]
    for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (root / source).exists(), source
            assert any(source.startswith(one) for one in wanted), source


def test_the_image_has_the_version_of_the_product_and_of_the_chart(dockerfile, chart):
    from doorwatch import __version__

    assert f"ARG VERSION={__version__}" in dockerfile
    assert yaml.safe_load((chart / "Chart.yaml").read_text())["appVersion"] == __version__


def test_the_compose_file_gives_the_gateway_what_its_values_name(root):
    compose = yaml.safe_load((root / "deploy/compose/gateway.yaml").read_text())
    values = yaml.safe_load((root / "deploy/compose/values.yaml").read_text())
    service = compose["services"]["gateway"]
    files = [value for part in values.values() for key, value in part.items() if key.endswith("_file")]
    assert sorted(files) == sorted(f"/run/secrets/{name}" for name in service["secrets"])
    assert set(service["secrets"]) == set(compose["secrets"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "environment" not in service
    warnings = read_config(values).warnings
    assert len(warnings) == 2
    assert all("placeholder" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("name", "command"), [("gateway", "/opt/doorwatch/bin/python"), ("server", "/opt/doorwatch/bin/doorwatch")]
)
def test_the_services_have_few_rights(root, name, command):
    unit = root / f"deploy/systemd/doorwatch-{name}.service"
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not there; the service file is not judged")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if str(unit) in line or unit.name in line]
    assert all(f"{command} is not executable" in line for line in complaints), complaints
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(unit)], capture_output=True, text=True, check=False
    )
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", judged.stdout)
    assert exposure is not None, judged.stderr
    assert float(exposure[1]) < 2


def test_the_guide_tells_every_key_of_the_chart(root, chart):
    guide = (root / "docs/guide/install-gateway.md").read_text()
    keys = yaml.safe_load((chart / "values.yaml").read_text())
    assert [key for key in keys if f"`{key}`" not in guide] == []


def test_the_guides_values_are_read_without_a_complaint(root, helm, values, config):
    guide = (root / "docs/guide/install-gateway.md").read_text()
    first, secret, certificates = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    assert read_config(config(helm.template("-f", values(first)))).warnings == []
    for text in (secret, certificates):
        assert helm.template("-f", values(text))
