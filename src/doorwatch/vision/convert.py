"""Turns a TensorFlow.js graph model of convolutions into ONNX, with numpy and onnx alone.

Enough for detectors that are one chain of picture operations: everything between the picture and the heads is
translated to channels-first; what follows the heads is cut off. Weights stay half precision in the file.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from doorwatch.vision.detect.base import DetectorError

_Node: TypeAlias = dict[str, Any]
_Weights: TypeAlias = Mapping[str, NDArray[Any]]
_OPSET = 18
_IR_VERSION = 9
_DTYPES = {"float32": np.float32, "float16": np.float16, "int32": np.int32}


class ConversionError(DetectorError):
    """A graph model that is not what this converter was written for."""


def graph_model_to_onnx(graph: bytes, weights: bytes, *, picture: str, heads: Mapping[str, str]) -> bytes:
    """Translate a graph model.

    `graph` is the model's JSON, `weights` its shards end to end. `picture` is the input node's name, which becomes
    the input `image` (float32, 1 x 3 x height x width, any multiples of 32); `heads` maps the names of the last nodes
    to the names of the outputs. Raises ConversionError.
    """
    try:
        model = json.loads(graph)
        nodes = {node["name"]: node for node in model["modelTopology"]["node"]}
        values = read_weights(model["weightsManifest"], weights)
    except (KeyError, TypeError, ValueError) as error:
        raise ConversionError(f"this is no TensorFlow.js graph model: {error!r}") from error
    return _Translation(nodes, values, picture).run(heads)


def read_weights(manifest: Sequence[Mapping[str, Any]], data: bytes) -> dict[str, NDArray[Any]]:
    """Cut the weights apart: by name, half precision kept. Raises ValueError when the length does not fit."""
    values: dict[str, NDArray[Any]] = {}
    offset = 0
    for entry in (entry for group in manifest for entry in group["weights"]):
        kind = np.dtype(_DTYPES[entry.get("quantization", entry)["dtype"]])
        shape = tuple(entry["shape"])
        count = int(np.prod(shape, dtype=np.int64))
        values[entry["name"]] = np.frombuffer(data, kind, count, offset).reshape(shape)
        offset += count * kind.itemsize
    if offset != len(data):
        raise ValueError(f"the weights are {len(data)} bytes, the graph describes {offset}")
    return values


class _Translation:
    """One graph on its way to ONNX."""

    def __init__(self, nodes: Mapping[str, _Node], values: _Weights, picture: str) -> None:
        self._nodes, self._values, self._picture = nodes, values, picture
        self._made: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._names: dict[str, str] = {}

    def run(self, heads: Mapping[str, str]) -> bytes:
        for name in self._order(heads):
            node = self._nodes[name]
            if node["op"] != "Const":
                self._names[name] = self._translate(node)
        for name, output in heads.items():
            self._add("Identity", [self._names[name]], output)
        graph = helper.make_graph(
            self._made,
            "detector",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "h", "w"])],
            [
                helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, None, None, None])
                for output in heads.values()
            ],
            self._constants,
        )
        opset = helper.make_operatorsetid("", _OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION, producer_name="doorwatch")
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))

    def _order(self, heads: Mapping[str, str]) -> list[str]:
        """What the heads need, inputs first; depth first without recursion."""
        order: dict[str, None] = {}
        stack = [(name, False) for name in reversed(list(heads))]
        while stack:
            name, ready = stack.pop()
            if name in order:
                continue
            if name not in self._nodes:
                raise ConversionError(f"the graph has no node {name!r}; is it the right model?")
            if ready:
                order[name] = None
                continue
            stack.append((name, True))
            stack += [(source, False) for source in reversed(_inputs(self._nodes[name]))]
        return list(order)

    def _translate(self, node: _Node) -> str:
        translate = _OPERATIONS.get(node["op"])
        if translate is None:
            raise ConversionError(f"the graph uses {node['op']!r}, which this converter does not know")
        return translate(self, node)

    def _add(self, kind: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        output = output or f"t{len(self._made)}"
        self._made.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _constant(self, value: NDArray[Any]) -> str:
        """A constant; half precision is kept in the file and widened when the model is loaded."""
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return self._add("Cast", [name], to=TensorProto.FLOAT) if value.dtype == np.float16 else name

    def _tensor(self, name: str) -> str:
        """An operand: a translated node, or a constant that goes along the channels."""
        if name in self._names:
            return self._names[name]
        value = self._values[name]
        if value.ndim not in {0, 1}:
            raise ConversionError(f"the constant {name!r} has the shape {value.shape}; expected one along the channels")
        return self._constant(value.reshape(1, -1, 1, 1) if value.ndim else value)

    def picture(self, node: _Node) -> str:
        if node["name"] != self._picture:
            raise ConversionError(f"the picture comes in at {node['name']!r}; expected {self._picture!r}")
        return "image"

    def convolution(self, node: _Node) -> str:
        source, weights, *rest = _inputs(node)
        kernel = self._values[weights]
        group = 1
        if "Depthwise" in node["op"]:
            height, width, channels, times = kernel.shape
            group, kernel = channels, kernel.transpose(2, 3, 0, 1).reshape(channels * times, 1, height, width)
        else:
            kernel = kernel.transpose(3, 2, 0, 1)
        padding = _text(node["attr"]["padding"])
        if padding not in {"SAME", "VALID"} or _text(node["attr"].get("data_format", {"s": "TkhXQw=="})) != "NHWC":
            raise ConversionError(f"the convolution {node['name']!r} has a layout that this converter does not know")
        fused = [base64.b64decode(s).decode() for s in node["attr"].get("fused_ops", {}).get("list", {}).get("s", [])]
        operands = [self._names[source], self._constant(kernel)]
        if "BiasAdd" in fused:
            operands.append(self._constant(self._values[rest[0]]))
        made = self._add(
            "Conv",
            operands,
            group=group,
            kernel_shape=list(kernel.shape[2:]),
            strides=_integers(node, "strides")[1:3],
            dilations=_integers(node, "dilations")[1:3],
            auto_pad="SAME_UPPER" if padding == "SAME" else "VALID",
        )
        for after in fused:
            if after != "BiasAdd":
                made = self._translate_simple(after, made)
        return made

    def simple(self, node: _Node) -> str:
        return self._translate_simple(node["op"], *(self._tensor(name) for name in _inputs(node)))

    def _translate_simple(self, kind: str, *operands: str) -> str:
        if kind == "Relu6":
            low, high = (self._constant(np.array(value, np.float32)) for value in (0, 6))
            return self._add("Clip", [operands[0], low, high])
        if kind not in {"Relu", "Sigmoid", "Identity", "Mul", "Add"}:
            raise ConversionError(f"the graph uses {kind!r}, which this converter does not know")
        return self._add(kind, list(operands))

    def mean(self, node: _Node) -> str:
        source, axes = _inputs(node)
        if sorted(self._values[axes].tolist()) != [1, 2] or not node["attr"]["keep_dims"]["b"]:
            raise ConversionError(f"the mean {node['name']!r} does not go over the picture")
        return self._add("ReduceMean", [self._names[source], self._constant(np.array([2, 3], np.int64))], keepdims=1)

    def join(self, node: _Node) -> str:
        *sources, axis = _inputs(node)
        if int(self._values[axis]) not in {3, -1}:
            raise ConversionError(f"{node['name']!r} does not join channels")
        return self._add("Concat", [self._names[source] for source in sources], axis=1)

    def double(self, node: _Node) -> str:
        """Sizes are constants in the graph and all of them doublings; a scale lets the network take any size."""
        source, _ = _inputs(node)
        if node["attr"]["align_corners"]["b"] or node["attr"]["half_pixel_centers"]["b"]:
            raise ConversionError(f"the resize {node['name']!r} places its pixels in a way not known here")
        scales = self._constant(np.array([1, 1, 2, 2], np.float32))
        return self._add(
            "Resize",
            [self._names[source], "", scales],
            mode="linear",
            coordinate_transformation_mode="asymmetric",
        )


_OPERATIONS: dict[str, Callable[[_Translation, _Node], str]] = {
    "Placeholder": _Translation.picture,
    "Conv2D": _Translation.convolution,
    "_FusedConv2D": _Translation.convolution,
    "DepthwiseConv2dNative": _Translation.convolution,
    "FusedDepthwiseConv2dNative": _Translation.convolution,
    "Mean": _Translation.mean,
    "ConcatV2": _Translation.join,
    "ResizeBilinear": _Translation.double,
    **dict.fromkeys(("Relu", "Relu6", "Sigmoid", "Identity", "Mul", "Add"), _Translation.simple),
}


def _inputs(node: _Node) -> list[str]:
    """Names of the nodes that feed this one, without output numbers and without those that only order."""
    return [name.split(":")[0] for name in node.get("input", []) if not name.startswith("^")]


def _text(attribute: Mapping[str, str]) -> str:
    return base64.b64decode(attribute["s"]).decode()


def _integers(node: _Node, name: str) -> list[int]:
    return [int(value) for value in node["attr"][name]["list"]["i"]]
