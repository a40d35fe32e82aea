"""What all tests may ask for."""

import importlib.util
import os
import sys
from fractions import Fraction
from pathlib import Path

import av
import pytest

# forked.py is imported by the processes that it starts, too: by its name, because test folders are no packages.
sys.path.append(str(Path(__file__).parent))


def pytest_configure(config):
    # The tests' cameras are on this machine, where analyzers refuse cameras unless they are told otherwise.
    os.environ.setdefault("DOORWATCH_CAMERA_NETWORKS", "127.0.0.0/8, ::1/128")
    os.environ.setdefault("DOORWATCH_CAMERA_FOLDERS", "/")
    for name in ("postgres", "running", "skips", "small_disk"):
        # By path, because test folders are no packages.
        spec = importlib.util.spec_from_file_location(f"doorwatch_tests_{name}", Path(__file__).with_name(f"{name}.py"))
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        config.pluginmanager.register(module, f"doorwatch-{name}")


_ENCODERS = {
    "h264": ("libx264", {"g": "25"}),
    "hevc": ("libx265", {"x265-params": "log-level=none:bframes=0:keyint=25"}),
}


@pytest.fixture(scope="session")
def hevc_clip(resized_clip):
    """The door's clip as newer cameras send it."""
    return resized_clip(320, 180, "hevc")


@pytest.fixture(scope="session")
def resized_clip(tmp_path_factory, pytestconfig):
    """Makes the door's clip in another size or in HEVC, picture by picture, as another stream of the same camera.

    Encoders under the GPL are components of tests only: nothing that is shipped calls them.
    """
    source = pytestconfig.rootpath / "tests" / "clips" / "s02-tailgating.mp4"

    def make(width, height, codec="h264"):
        target = tmp_path_factory.mktemp("stream") / f"{codec}-{width}.mp4"
        # With its index in front, as the clips that an analyzer cuts.
        made = av.open(str(target), "w", options={"movflags": "faststart"})
        with av.open(str(source)) as reading, made as writing:
            encoder, more = _ENCODERS[codec]
            options = {"preset": "ultrafast", "tune": "zerolatency", **more}
            stream = writing.add_stream(encoder, rate=Fraction(25, 2), options=options)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for frame in reading.decode(video=0):
                resized = frame.reformat(width=width, height=height)
                resized.pts, resized.time_base = frame.pts, frame.time_base
                for packet in stream.encode(resized):
                    writing.mux(packet)
            for packet in stream.encode(None):
                writing.mux(packet)
        return target

    return make
