"""A shortened soak: two looped RTSP cameras, every process counted. The long one is `doorwatch bench cameras`."""

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_two_cameras_stay_within_their_memory(data_dir, request, tmp_path):
    """Growth is judged over the second half; what the first minute allocates is no leak."""
    bench = request.config.rootpath / "bench" / "cameras.py"
    (model,) = (data_dir / "models").glob("*.onnx")
    command = [sys.executable, str(bench), "--case", "soak", "--seconds", "60", "--detector", str(model)]
    trace = tmp_path / "trace.json"
    command += ["--trace", str(trace)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    row = json.loads(line)
    assert row["processes_replaced"] == 0
    assert row["covered"] > 0.9
    assert row["mib_per_camera"] <= 90
    assert row["mib_per_detector"] <= 300
    assert row["mib_grown"] <= 6, row
    told = json.loads(trace.read_text())
    assert {name.split()[0] for name in told["processes"]} == {"parent", "camera", "detector", "media"}
    assert all(len(held["rss_mib"]) == len(told["seconds"]) for held in told["processes"].values())
    assert set(row["rss_growth_per_hour"]) == set(told["processes"])
