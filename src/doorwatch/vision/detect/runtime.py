"""What runs a network: ONNX Runtime on this processor, or by setting OpenVINO or a graphics processor.

Whatever it is, it works on one thread where it works on the processor: the analyzer starts a process for each core.
"""

import os
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from doorwatch.vision.detect.base import DetectorError

DEVICE_VARIABLE = "DOORWATCH_DETECTOR_DEVICE"
"""Environment variable: what runs the detector."""

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
"""Names of devices and what ONNX Runtime calls them; `openvino` is also had without ONNX Runtime."""

_PACKAGES = {
    "cuda": "onnxruntime-gpu",
    "tensorrt": "onnxruntime-gpu",
    "rocm": "onnxruntime-rocm",
    "migraphx": "onnxruntime-migraphx",
    "directml": "onnxruntime-directml",
}

Feed = Mapping[str, NDArray[np.float32] | NDArray[np.int64]]


class Given(NamedTuple):
    """An input or output of a network; a side whose length is left open is no number."""

    name: str
    shape: list[int | str | None]


class Session(Protocol):
    """A loaded network."""

    inputs: Sequence[Given]
    outputs: Sequence[Given]

    def run(self, feed: Feed) -> list[Any]:
        """The outputs in their order. Raises RuntimeError or ValueError when the feed does not fit."""
        ...


def device_told(environment: Mapping[str, str] | None = None) -> str:
    """The device that the environment names, `cpu` when it names none."""
    environment = os.environ if environment is None else environment
    return environment.get(DEVICE_VARIABLE, "").strip().lower() or "cpu"


def open_session(path: Path, device: str = "cpu") -> Session:
    """Load an ONNX file on a device of `PROVIDERS`.

    Raises DetectorError: the file is not there or is no network, the device is unknown, or what it needs is missing.
    """
    if not path.is_file():
        raise DetectorError(f"there is no model file {path}; fetch one with `doorwatch models pull`")
    if device not in PROVIDERS:
        raise DetectorError(f"{DEVICE_VARIABLE} is {device!r}; known devices are {', '.join(PROVIDERS)}")
    cv2.setNumThreads(1)
    available = onnxruntime.get_available_providers()
    try:
        if PROVIDERS[device] in available:
            return _OnnxRuntime(path, PROVIDERS[device])
        if device == "openvino":
            return _OpenVino(path)
    except DetectorError:
        raise
    except Exception as error:  # both runtimes raise a dozen kinds, all from their own C++ bindings
        raise DetectorError(
            f"{path} cannot be loaded as an ONNX model ({str(error).strip().splitlines()[0]}); "
            "fetch it again with `doorwatch models pull`"
        ) from error
    package = _PACKAGES.get(device, f"an ONNX Runtime built for {device}")
    raise DetectorError(
        f"{DEVICE_VARIABLE} is {device!r}, but this ONNX Runtime has only {', '.join(available)}; "
        f"install {package} in place of onnxruntime, or unset {DEVICE_VARIABLE}"
    )


class _OnnxRuntime:
    def __init__(self, path: Path, provider: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # what the device cannot do, the processor does
        providers = list(dict.fromkeys((provider, PROVIDERS["cpu"])))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._session = onnxruntime.InferenceSession(str(path), options, providers=providers)
        if provider not in self._session.get_providers():
            raise DetectorError(
                f"ONNX Runtime cannot use {provider} on this machine; check its driver, or unset {DEVICE_VARIABLE}"
            )
        self.inputs: Sequence[Given] = [Given(one.name, list(one.shape)) for one in self._session.get_inputs()]
        self.outputs: Sequence[Given] = [Given(one.name, list(one.shape)) for one in self._session.get_outputs()]

    def run(self, feed: Feed) -> list[Any]:
        try:
            return list(self._session.run(None, dict(feed)))
        except Exception as error:  # its kinds come from C++ and have no base of their own
            raise RuntimeError(str(error).strip()) from error


class _OpenVino:
    def __init__(self, path: Path) -> None:
        try:
            openvino: Any = import_module("openvino")
        except ImportError:
            raise DetectorError(
                f"{DEVICE_VARIABLE} is 'openvino', but OpenVINO is not installed; "
                f"pip install 'doorwatch[openvino]', or unset {DEVICE_VARIABLE}"
            ) from None
        core = openvino.Core()
        settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        compiled = core.compile_model(core.read_model(str(path)), "CPU", settings)
        self._request = compiled.create_infer_request()
        self.inputs: Sequence[Given] = [_given(port) for port in compiled.inputs]
        self.outputs: Sequence[Given] = [_given(port) for port in compiled.outputs]

    def run(self, feed: Feed) -> list[Any]:
        found = self._request.infer(dict(feed))
        # the next picture is written over the buffers of this one
        return [np.array(found[index]) for index in range(len(self.outputs))]


def _given(port: Any) -> Given:
    sides = [side.get_length() if side.is_static else None for side in port.get_partial_shape()]
    # a tensor may have several names; the one in the file is that of the node that takes it
    name = str(port.get_node().get_friendly_name()).split("/sink_port_")[0]
    return Given(name if name in port.get_names() else port.get_any_name(), sides)
