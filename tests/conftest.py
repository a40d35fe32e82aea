"""What all tests may ask for."""

import importlib.util
import os
import sys
from pathlib import Path


def pytest_configure(config):
    # The tests' cameras are on this machine, where analyzers refuse cameras unless they are told otherwise.
    os.environ.setdefault("DOORWATCH_CAMERA_NETWORKS", "127.0.0.0/8, ::1/128")
    for name in ("postgres", "skips"):
        # By path, because test folders are no packages.
        spec = importlib.util.spec_from_file_location(f"doorwatch_tests_{name}", Path(__file__).with_name(f"{name}.py"))
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        config.pluginmanager.register(module, f"doorwatch-{name}")
