"""Decoders, on tiny networks that always answer the same; and what a wrong file gets."""

import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from doorwatch.vision.detect.base import DetectorError, Profile
from doorwatch.vision.detect.decoders import DECODERS
from doorwatch.vision.detect.network import fit, strongest
from doorwatch.vision.detect.runtime import device_told

PROFILE = Profile(threshold=0.4, low_threshold=0.2, nms=0.5)
SIDE = 64


def network(path, outputs, shape=(1, 3, SIDE, SIDE), inputs=()):
    """A network that answers constants, whatever the picture."""
    constants = [numpy_helper.from_array(np.asarray(value, np.float32), f"c_{name}") for name, value in outputs.items()]
    nodes = [helper.make_node("Identity", [f"c_{name}"], [name]) for name in outputs]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape), *inputs],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, np.shape(v)) for n, v in outputs.items()],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_operatorsetid("", 18)], ir_version=9)
    onnx.save(model, path)
    return path


def picture(width=128, height=128):
    return np.zeros((height, width, 3), np.uint8)


def detect(tmp_path, decoder, outputs, **kwargs):
    path = network(tmp_path / "model.onnx", outputs, **kwargs)
    return DECODERS[decoder](path, "tiny", PROFILE).detect(picture())


def sight(tmp_path, decoder, outputs):
    path = network(tmp_path / "model.onnx", outputs)
    return DECODERS[decoder](path, "tiny", PROFILE).sight(picture())


def corners(box):
    return [round(float(value)) for value in box[:4]]


def test_boxes_and_scores_are_shares_of_the_picture(tmp_path):
    outputs = {"boxes": [[[0.25, 0.25, 0.5, 0.75], [0, 0, 1, 1]]], "scores": [[0.9, 0.1]]}
    (box,) = detect(tmp_path, "ssd-boxes", outputs)
    assert corners(box) == [32, 32, 64, 96]
    assert box.score == pytest.approx(0.9)


def test_rows_of_seven_are_read_without_looking_at_the_label(tmp_path):
    rows = [[[[0, 1, 0.8, 0.25, 0.25, 0.5, 0.75], [0, 0, 0, 0, 0, 0, 0]]]]
    (box,) = detect(tmp_path, "ssd-boxes", {"detection_out": rows})
    assert corners(box) == [32, 32, 64, 96]


def test_yolox_cells_are_offset_and_scaled_by_their_stride(tmp_path):
    rows = np.zeros((1, 84, 85), np.float32)
    rows[0, 2 * 8 + 3, :6] = [0.5, 0.5, np.log(2), np.log(4), 0.9, 0.8]  # stride 8, column 3, row 2
    (box,) = detect(tmp_path, "yolox", {"output": rows})
    # centre (28, 20), size 16 x 32, twice as large in the picture
    assert corners(box) == [40, 8, 72, 72]
    assert box.score == pytest.approx(0.72)


@pytest.mark.parametrize(("bins", "cells", "shift"), [(8, 85, 0.0), (11, 84, 0.5)])
def test_nanodet_sides_are_expected_values_of_their_bins(tmp_path, bins, cells, shift):
    rows = np.zeros((1, cells, 80 + 4 * bins), np.float32)
    cell = 3 * 8 + 4  # stride 8, column 4, row 3
    rows[0, cell, 0] = 0.7
    sides = rows[0, cell, 80:].reshape(4, bins)
    for side, value in enumerate((1, 2, 1, 2)):
        sides[side, value] = 50
    (box,) = detect(tmp_path, "nanodet", {"output": rows})
    x, y = (4 + shift) * 8, (3 + shift) * 8
    assert corners(box) == [2 * (x - 8), 2 * (y - 16), 2 * (x + 8), 2 * (y + 16)]


def test_centernet_takes_peaks_and_their_four_sides(tmp_path):
    heat = np.zeros((1, 80, 16, 16), np.float32)
    heat[0, 0, 8, 7] = 0.6
    heat[0, 0, 8, 8] = 0.5  # beside a peak, so none itself
    heat[0, 5, 2, 2] = 0.9  # no person
    sides = np.full((1, 4, 16, 16), 10, np.float32)
    (box,) = detect(tmp_path, "centernet", {"heat": heat, "wh": sides})
    assert corners(box) == [2 * (28 - 10), 2 * (32 - 10), 2 * (28 + 10), 2 * (32 + 10)]


def test_yolov8_columns_are_candidates(tmp_path):
    columns = np.zeros((1, 84, 5), np.float32)
    columns[0, :5, 2] = [32, 32, 16, 32, 0.7]
    (box,) = detect(tmp_path, "yolov8", {"output0": columns})
    assert corners(box) == [48, 32, 80, 96]


SUITCASE = 28


def yolox(kind, sure):
    rows = np.zeros((1, 84, 85), np.float32)
    rows[0, 19, [0, 1, 2, 3, 4, 5 + kind]] = [0.5, 0.5, np.log(2), np.log(4), 1, sure]
    return {"output": rows}


def nanodet(kind, sure):
    rows = np.zeros((1, 84, 80 + 44), np.float32)
    rows[0, 28, kind] = sure
    return {"output": rows}


def centernet(kind, sure):
    heat = np.zeros((1, 80, 16, 16), np.float32)
    heat[0, kind, 8, 7] = sure
    return {"heat": heat, "wh": np.full((1, 4, 16, 16), 10, np.float32)}


def yolov8(kind, sure):
    columns = np.zeros((1, 84, 5), np.float32)
    columns[0, [0, 1, 2, 3, 4 + kind], 2] = [32, 32, 16, 32, sure]
    return {"output0": columns}


def detr(kind, sure):
    logits = np.full((1, 3, 80), -9, np.float32)
    logits[0, 1, kind] = np.log(sure / (1 - sure))
    return {"logits": logits, "pred_boxes": np.full((1, 3, 4), 0.5, np.float32)}


@pytest.mark.parametrize("outputs", [yolox, nanodet, centernet, yolov8, detr])
def test_what_is_surely_something_that_people_carry_is_told_apart_from_people(tmp_path, outputs):
    found = sight(tmp_path, outputs.__name__, outputs(SUITCASE, 0.8))
    assert found.people == []
    [(what, box)] = found.things
    assert what == "suitcase"
    assert box.score == pytest.approx(0.8)
    assert sight(tmp_path, outputs.__name__, outputs(SUITCASE, 0.3)).things == []
    assert [len(some) for some in sight(tmp_path, outputs.__name__, outputs(0, 0.8))] == [1, 0]
    assert [len(some) for some in sight(tmp_path, outputs.__name__, outputs(56, 0.8))] == [0, 0]  # a chair


def test_a_network_of_people_alone_tells_of_no_things(tmp_path):
    found = sight(tmp_path, "ssd-boxes", {"boxes": [[[0.25, 0.25, 0.5, 0.75]]], "scores": [[0.9]]})
    assert [len(some) for some in found] == [1, 0]
    logits = np.full((1, 3, 2), 2, np.float32)
    assert sight(tmp_path, "detr", {"logits": logits, "boxes": np.full((1, 3, 4), 0.5, np.float32)}).things == []


def test_detr_logits_become_scores(tmp_path):
    logits = np.full((1, 3, 80), -9, np.float32)
    logits[0, 1, 0] = 2
    boxes = np.full((1, 3, 4), 0.5, np.float32)
    (box,) = detect(tmp_path, "detr", {"logits": logits, "pred_boxes": boxes})
    assert corners(box) == [32, 32, 96, 96]
    assert box.score == pytest.approx(1 / (1 + np.exp(-2)))


def test_detr_with_labels_takes_people_alone(tmp_path):
    outputs = {"labels": [[0, 7]], "boxes": [[[10, 20, 30, 60], [0, 0, 90, 90]]], "scores": [[0.9, 0.9]]}
    sizes = helper.make_tensor_value_info("orig_target_sizes", TensorProto.INT64, (1, 2))
    (box,) = detect(tmp_path, "detr", outputs, inputs=(sizes,))
    assert corners(box) == [10, 20, 30, 60]


@pytest.mark.parametrize(
    ("decoder", "outputs"),
    [
        ("ssd-boxes", {"boxes": np.zeros((1, 5, 4)), "scores": np.zeros((1, 4))}),
        ("ssd-boxes", {"output": np.zeros((1, 84, 85))}),
        ("yolox", {"output": np.zeros((1, 83, 85))}),
        ("yolox", {"output": np.zeros((1, 84, 6))}),
        ("nanodet", {"output": np.zeros((1, 84, 85))}),
        ("nanodet", {"output": np.zeros((1, 3, 112))}),
        ("centernet", {"heat": np.zeros((1, 80, 8, 8)), "wh": np.zeros((1, 4, 8, 8))}),
        ("centernet", {"output": np.zeros((1, 84, 85))}),
        ("yolov8", {"output": np.zeros((1, 6, 84))}),
        ("detr", {"output": np.zeros((1, 84, 85))}),
    ],
)
def test_a_file_that_does_not_fit_its_decoder_is_an_error_and_never_an_empty_room(tmp_path, decoder, outputs):
    path = network(tmp_path / "wrong.onnx", outputs)
    with pytest.raises(DetectorError, match=r"wrong.onnx gives .* but the decoder expects"):
        DECODERS[decoder](path, "wrong", PROFILE)


def test_a_file_that_takes_no_picture_is_an_error(tmp_path):
    path = network(tmp_path / "flat.onnx", {"output": np.zeros((1, 84, 85))}, shape=(1, 100))
    with pytest.raises(DetectorError, match="takes"):
        DECODERS["yolox"](path, "flat", PROFILE)


def typed(kind):
    return lambda graph: setattr(graph.input[0].type.tensor_type, "elem_type", kind)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (typed(TensorProto.UINT8), r"fails on a picture: .*expected: \(tensor\(uint8\)\)"),
        (typed(TensorProto.FLOAT16), r"fails on a picture: .*expected: \(tensor\(float16\)\)"),
        (lambda graph: graph.input.pop(), "takes no picture"),
        (lambda graph: setattr(graph.input[0].type.tensor_type.shape.dim[0], "dim_value", 2), "fails on a picture"),
    ],
)
def test_a_file_whose_input_is_another_is_one_sentence(tmp_path, change, words):
    path = network(tmp_path / "other.onnx", {"output": np.zeros((1, 84, 85))})
    model = onnx.load(path)
    change(model.graph)
    onnx.save(model, path)
    with pytest.raises(DetectorError, match=words) as caught:
        DECODERS["yolox"](path, "other", PROFILE)
    assert "\n" not in str(caught.value)


def test_a_network_that_answers_no_numbers_is_an_error_and_never_an_empty_room(tmp_path):
    path = network(tmp_path / "nan.onnx", {"output": np.full((1, 84, 85), np.nan)})
    with pytest.raises(DetectorError, match="NaN"):
        DECODERS["yolox"](path, "nan", PROFILE)


def test_a_network_that_knows_no_class_at_all_is_an_error(tmp_path):
    outputs = {"heat": np.zeros((1, 0, 16, 16)), "wh": np.zeros((1, 4, 16, 16))}
    with pytest.raises(DetectorError, match="expects"):
        DECODERS["centernet"](network(tmp_path / "none.onnx", outputs), "none", PROFILE)


def test_a_file_that_is_no_network_names_the_cure(tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"this is no network")
    with pytest.raises(DetectorError, match=r"broken.onnx cannot be loaded .*`doorwatch models pull`"):
        DECODERS["yolox"](path, "broken", PROFILE)


def test_a_missing_file_names_the_cure(tmp_path):
    with pytest.raises(DetectorError, match="there is no model file"):
        DECODERS["yolox"](tmp_path / "none.onnx", "none", PROFILE)


def test_a_device_that_this_machine_lacks_is_named_with_what_to_install(tmp_path):
    path = network(tmp_path / "m.onnx", {"output": np.zeros((1, 84, 85))})
    with pytest.raises(DetectorError, match=r"'directml', but this ONNX Runtime has only .*onnxruntime-directml"):
        DECODERS["yolox"](path, "m", PROFILE, device="directml")


def test_a_device_that_nobody_knows_lists_the_known_ones(tmp_path):
    path = network(tmp_path / "m.onnx", {"output": np.zeros((1, 84, 85))})
    with pytest.raises(DetectorError, match="'abacus'; known devices are cpu, cuda"):
        DECODERS["yolox"](path, "m", PROFILE, device="abacus")


def test_openvino_that_is_not_installed_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    path = network(tmp_path / "m.onnx", {"output": np.zeros((1, 84, 85))})
    with pytest.raises(DetectorError, match=r"pip install 'doorwatch\[openvino\]'"):
        DECODERS["yolox"](path, "m", PROFILE, device="openvino")


def test_the_device_comes_from_the_environment_and_is_the_processor_otherwise():
    assert device_told({}) == "cpu"
    assert device_told({"DOORWATCH_DETECTOR_DEVICE": " "}) == "cpu"
    assert device_told({"DOORWATCH_DETECTOR_DEVICE": "OpenVINO"}) == "openvino"


def test_boxes_are_clipped_to_the_picture_and_slivers_are_dropped(tmp_path):
    outputs = {"boxes": [[[-0.5, 0.25, 0.5, 1.5], [0.1, 0.1, 0.101, 0.9]]], "scores": [[0.9, 0.8]]}
    (box,) = detect(tmp_path, "ssd-boxes", outputs)
    assert corners(box) == [0, 32, 64, 127]


def test_of_two_boxes_on_one_person_the_better_stays():
    boxes = np.array([[0, 0, 10, 20], [1, 0, 11, 20], [30, 0, 40, 20]], np.float32)
    assert strongest(boxes, np.array([0.5, 0.9, 0.6], np.float32), 0.5) == [1, 2]


def test_a_picture_is_fitted_without_stretching():
    white = np.full((100, 200, 3), 255, np.uint8)
    fitted, scale = fit(white, 64, 64, 114)
    assert scale == pytest.approx(0.32)
    assert fitted[31, 63].tolist() == [255] * 3
    assert fitted[32, 0].tolist() == [114] * 3


def test_openvino_gives_what_onnx_runtime_gives(tmp_path):
    pytest.importorskip("openvino", reason="OPENVINO IS NOT INSTALLED: pip install 'doorwatch[openvino]'")
    boxes, scores = np.array([[[0.1, 0.2, 0.3, 0.8], [0.5, 0.2, 0.7, 0.8]]]), np.array([[0.9, 0.3]])
    path = network(tmp_path / "m.onnx", {"boxes": boxes, "scores": scores})
    picture = np.zeros((100, 200, 3), np.uint8)
    found = [DECODERS["ssd-boxes"](path, "m", PROFILE, device=device).detect(picture) for device in ("cpu", "openvino")]
    assert len(found[0]) > 0
    assert np.allclose(found[0], found[1], atol=1e-4)
