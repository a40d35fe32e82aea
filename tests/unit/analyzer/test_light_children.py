"""A camera's process stays light: it loads no network's runtime and no HTTP library, which cost 10 MiB a camera and more."""

import subprocess
import sys

import pytest

HEAVY = ("onnxruntime", "openvino", "scipy", "aiohttp", "fastapi", "sqlalchemy")


@pytest.mark.parametrize("role", ["camera", "main"])
def test_a_camera_process_loads_nothing_heavy(role):
    code = (
        f"import importlib, sys; from doorwatch.analyzer.child import ROLES; importlib.import_module(ROLES['{role}'])\n"
    )
    code += f"print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
