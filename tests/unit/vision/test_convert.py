"""Graph models to ONNX: a handmade one whose answer can be worked out, and what is refused."""

import base64
import json

import numpy as np
import onnxruntime
import pytest

from doorwatch.vision.convert import ConversionError, graph_model_to_onnx, read_weights

RNG = np.random.default_rng(7)


def text(value):
    return {"s": base64.b64encode(value.encode()).decode()}


def numbers(*values):
    return {"list": {"i": [str(value) for value in values]}}


def convolution(name, op, inputs, stride, fused=()):
    attr = {"strides": numbers(1, stride, stride, 1), "dilations": numbers(1, 1, 1, 1), "padding": text("SAME")}
    if fused:
        attr["fused_ops"] = {"list": {"s": [text(f)["s"] for f in fused]}}
    return {"name": name, "op": op, "input": inputs, "attr": attr}


def model():
    """picture -> fused convolution -> depthwise -> doubled -> joined with itself -> mean-scaled -> two heads."""
    weights = {
        "k": RNG.normal(size=(3, 3, 3, 4)),
        "b": RNG.normal(size=4),
        "d": RNG.normal(size=(3, 3, 4, 1)),
        "two": np.array(2.0),
        "axes": np.array([1, 2], np.int32),
        "size": np.array([32, 32], np.int32),
        "axis": np.array(3, np.int32),
    }
    nodes = [
        *({"name": name, "op": "Const"} for name in weights),
        {"name": "in", "op": "Placeholder"},
        convolution("conv", "_FusedConv2D", ["in", "k", "b"], 2, ("BiasAdd", "Relu6")),
        convolution("deep", "DepthwiseConv2dNative", ["conv", "d"], 1),
        {"name": "mean", "op": "Mean", "input": ["deep", "axes"], "attr": {"keep_dims": {"b": True}}},
        {"name": "sig", "op": "Sigmoid", "input": ["mean"]},
        {"name": "scaled", "op": "Mul", "input": ["deep", "sig", "^in"]},
        {"name": "more", "op": "Add", "input": ["scaled:0", "two"]},
        {
            "name": "big",
            "op": "ResizeBilinear",
            "input": ["more", "size"],
            "attr": {"align_corners": {"b": False}, "half_pixel_centers": {"b": False}},
        },
        {"name": "joined", "op": "ConcatV2", "input": ["big", "big", "axis"]},
        {"name": "after", "op": "TopKV2", "input": ["joined"]},
    ]
    entries, shards = [], []
    for name, value in weights.items():
        whole = value.dtype == np.int32
        entry = {"name": name, "shape": list(value.shape), "dtype": "int32" if whole else "float32"}
        if not whole:
            entry["quantization"] = {"dtype": "float16"}
        entries.append(entry)
        shards.append(value.astype(np.int32 if whole else np.float16).tobytes())
    manifest = [{"paths": ["w.bin"], "weights": entries}]
    return {"modelTopology": {"node": nodes}, "weightsManifest": manifest}, b"".join(shards), weights


def expected(picture, weights):
    """The same, worked out by hand: channels last, asymmetric padding as TensorFlow does it."""
    k, b, d = (weights[name].astype(np.float16).astype(np.float64) for name in ("k", "b", "d"))
    size = picture.shape[0] // 2
    padded = np.pad(picture, ((0, 1), (0, 1), (0, 0)))
    conv = np.zeros((size, size, 4))
    for y in range(size):
        for x in range(size):
            conv[y, x] = np.tensordot(padded[2 * y : 2 * y + 3, 2 * x : 2 * x + 3], k, 3) + b
    conv = conv.clip(0, 6)
    padded = np.pad(conv, ((1, 1), (1, 1), (0, 0)))
    deep = sum(padded[i : i + size, j : j + size] * d[i, j, :, 0] for i in range(3) for j in range(3))
    return deep / (1 + np.exp(-deep.mean(axis=(0, 1)))) + 2


def convert(graph, data, heads=None):
    return graph_model_to_onnx(json.dumps(graph).encode(), data, picture="in", heads=heads or {"joined": "out"})


def test_a_graph_gives_the_numbers_that_it_gives_by_hand():
    graph, data, weights = model()
    session = onnxruntime.InferenceSession(convert(graph, data), providers=["CPUExecutionProvider"])
    picture = RNG.uniform(0, 1, (32, 32, 3)).astype(np.float32)
    (out,) = session.run(None, {"image": picture.transpose(2, 0, 1)[None]})
    by_hand = expected(picture.astype(np.float64), weights).transpose(2, 0, 1)
    assert out.shape == (1, 8, 32, 32)
    assert np.abs(out[0, :4, ::2, ::2] - by_hand).max() < 1e-4
    between = (by_hand[:, 3, 4] + by_hand[:, 3, 5]) / 2
    assert np.abs(out[0, :4, 6, 9] - between).max() < 1e-4


def test_the_network_takes_any_size():
    graph, data, _ = model()
    session = onnxruntime.InferenceSession(convert(graph, data), providers=["CPUExecutionProvider"])
    (out,) = session.run(None, {"image": np.zeros((1, 3, 64, 96), np.float32)})
    assert out.shape == (1, 8, 64, 96)


def test_weights_stay_half_precision():
    graph, data, _ = model()
    assert len(convert(graph, data)) < 2 * len(data) + 6000


def test_what_follows_the_heads_is_cut_off_and_what_they_need_must_be_known():
    graph, data, _ = model()
    with pytest.raises(ConversionError, match="'TopKV2'"):
        convert(graph, data, {"after": "out"})


def test_a_head_that_is_not_there_is_named():
    graph, data, _ = model()
    with pytest.raises(ConversionError, match="no node 'absent'"):
        convert(graph, data, {"absent": "out"})


def test_weights_of_another_length_are_refused():
    graph, data, _ = model()
    with pytest.raises(ConversionError, match=r"no TensorFlow\.js graph model"):
        convert(graph, data + b"xx")
    with pytest.raises(ValueError, match="bytes"):
        read_weights(graph["weightsManifest"], data + b"xx")


@pytest.mark.parametrize("broken", [b"{}", b"[1]", b"no json", b'{"modelTopology": {"node": [{}]}}'])
def test_what_is_no_graph_model_is_refused(broken):
    with pytest.raises(ConversionError, match=r"no TensorFlow\.js graph model"):
        graph_model_to_onnx(broken, b"", picture="in", heads={"out": "out"})


@pytest.mark.parametrize(
    ("node", "change", "message"),
    [
        ("conv", {"padding": text("EXPLICIT")}, "layout"),
        ("mean", {"keep_dims": {"b": False}}, "does not go over the picture"),
        ("big", {"align_corners": {"b": True}, "half_pixel_centers": {"b": False}}, "places its pixels"),
    ],
)
def test_attributes_that_would_change_the_numbers_are_refused(node, change, message):
    graph, data, _ = model()
    entry = next(n for n in graph["modelTopology"]["node"] if n["name"] == node)
    entry["attr"] = {**entry["attr"], **change}
    with pytest.raises(ConversionError, match=message):
        convert(graph, data)
