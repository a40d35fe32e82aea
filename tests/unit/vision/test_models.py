"""Models by name: which one is used, what is refused, and that a wrong file never becomes a detector."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from doorwatch.cli.models import app
from doorwatch.vision import models
from doorwatch.vision.detect.base import DetectorError, Profile


def ssd(path, cells=4):
    """A tiny network with `boxes` and `scores`."""
    boxes, scores = np.zeros((1, cells, 4), np.float32), np.zeros((1, cells), np.float32)
    graph = helper.make_graph(
        [helper.make_node("Identity", ["b"], ["boxes"]), helper.make_node("Identity", ["s"], ["scores"])],
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 3, 32, 32))],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, boxes.shape),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, scores.shape),
        ],
        [numpy_helper.from_array(boxes, "b"), numpy_helper.from_array(scores, "s")],
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_operatorsetid("", 18)], ir_version=9), path)
    return path


@pytest.fixture
def file(tmp_path) -> Path:
    return ssd(tmp_path / "copied" / "mine.onnx")


@pytest.fixture
def data(tmp_path) -> Path:
    return tmp_path / "data"


def test_an_empty_data_folder_says_how_to_get_a_detector(data):
    with pytest.raises(DetectorError, match=r"no person detector in .*; fetch one with `doorwatch models pull`"):
        models.find(data, environment={})


def test_a_model_that_is_not_there_says_how_to_get_it(data):
    with pytest.raises(DetectorError, match="`doorwatch models pull centernet`"):
        models.find(data, "centernet", environment={})


def test_an_unknown_name_lists_the_known_ones(data):
    with pytest.raises(DetectorError, match="known are person-detection-0200, yolox-nano, centernet"):
        models.find(data, "nonesuch", environment={})
    with pytest.raises(DetectorError, match="known are"):
        models.pull("nonesuch", data)


def test_a_file_of_ones_own_is_installed_with_its_decoder_and_limits(data, file):
    entry = models.take(file, "mine", data, decoder="ssd-boxes", profile=Profile(0.6, 0.3, 0.4))
    assert entry.path == data / "models" / "mine.onnx"
    found = models.find(data, environment={})
    assert (found.name, found.decoder, found.profile) == ("mine", "ssd-boxes", Profile(0.6, 0.3, 0.4))
    assert found.open().detect(np.zeros((40, 60, 3), np.uint8)) == []
    models.verify(found)


def test_the_better_model_in_the_data_folder_is_preferred(data, file):
    models.take(file, "mine", data, decoder="ssd-boxes")
    models.take(file, "nanodet-g", data, decoder="ssd-boxes")
    models.take(file, "person-detection-0200", data)
    assert [entry.name for entry in models.installed(data)] == ["person-detection-0200", "nanodet-g", "mine"]
    assert models.find(data, environment={}).name == "person-detection-0200"
    assert models.find(data, "mine", environment={}).name == "mine"


def test_a_file_named_in_the_environment_comes_first(data, file, tmp_path):
    models.take(file, "person-detection-0200", data)
    placed = ssd(tmp_path / "elsewhere" / "person-detection-retail-0013.onnx")
    found = models.find(data, environment={models.MODEL_VARIABLE: str(placed)})
    assert (found.name, found.path) == ("person-detection-retail-0013", placed)


def test_a_file_without_a_decoder_is_refused(data, file):
    with pytest.raises(DetectorError, match="give --decoder with one of centernet, detr"):
        models.take(file, "mine", data)


def test_a_file_that_does_not_fit_is_never_installed(data, file):
    with pytest.raises(DetectorError, match="but the decoder expects"):
        models.take(file, "mine", data, decoder="yolox")
    assert not list((data / "models").glob("*"))


def test_a_pinned_model_is_refused_when_its_hash_differs(data, file):
    with pytest.raises(DetectorError, match="is not the yolox-nano that Doorwatch was tested with"):
        models.take(file, "yolox-nano", data)


def test_a_missing_file_is_named(data, tmp_path):
    with pytest.raises(DetectorError, match="there is no file"):
        models.take(tmp_path / "absent.onnx", "person-detection-0200", data)


def test_a_file_changed_after_the_pull_is_found_out(data, file):
    entry = models.take(file, "mine", data, decoder="ssd-boxes")
    ssd(entry.path, cells=5)
    with pytest.raises(DetectorError, match="SHA-256 differs"):
        models.verify(entry)


def test_a_broken_description_names_the_cure(data, file):
    entry = models.take(file, "mine", data, decoder="ssd-boxes")
    entry.path.with_suffix(".json").write_text(json.dumps({"name": "mine"}))
    with pytest.raises(DetectorError, match=r"mine\.json cannot be read .* pull the model again"):
        models.find(data, "mine", environment={})


def test_a_file_that_nothing_describes_is_refused(tmp_path):
    with pytest.raises(DetectorError, match="nothing says how to read"):
        models.find(tmp_path, str(ssd(tmp_path / "what.onnx")))


def test_a_path_where_no_model_lies_is_not_taken_for_one_that_nothing_describes(tmp_path):
    with pytest.raises(DetectorError, match=r"no model file .*gone\.onnx; check the path"):
        models.find(tmp_path, str(tmp_path / "gone.onnx"))


def test_a_model_without_an_address_says_what_to_do(data):
    with pytest.raises(DetectorError, match="--from FILE"):
        models.pull("person-detection-0200", data)


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path, file):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    with pytest.raises(DetectorError, match="cannot be created"):
        models.take(file, "person-detection-0200", blocked)


def test_the_data_folder_is_the_one_told_or_the_users(tmp_path):
    assert models.data_folder({"DOORWATCH_DATA_DIR": "/srv/dw"}) == Path("/srv/dw")
    assert models.data_folder({"XDG_DATA_HOME": "/home/x/.data"}) == Path("/home/x/.data/doorwatch")
    assert models.data_folder({}).name == "doorwatch"


def test_every_model_has_a_decoder_limits_and_a_licence():
    from doorwatch.vision.detect.decoders import DECODERS

    for model in models.MODELS:
        assert model.decoder in DECODERS
        assert 0 < model.profile.low_threshold < model.profile.threshold < 1
        assert model.licence


def test_a_file_that_nobody_can_read_hides_no_other(data, file):
    models.take(file, "ours", data, decoder="ssd-boxes")
    (data / "models" / "stray.onnx").write_bytes(b"?")
    (data / "models" / "broken.onnx").write_bytes(b"?")
    (data / "models" / "broken.json").write_text("{")
    assert [entry.name for entry in models.installed(data)] == ["ours"]
    assert {one.name for one in models.unusable(data)} == {"stray", "broken"}
    assert models.find(data, environment={}).name == "ours"
    with pytest.raises(DetectorError, match="nothing says how to read"):
        models.find(data, "stray", environment={})


def test_the_commands_list_and_verify_tell_of_a_stray_file_and_go_on(data, file):
    models.take(file, "ours", data, decoder="ssd-boxes")
    (data / "models" / "stray.onnx").write_bytes(b"?")
    run = CliRunner().invoke
    listed = [json.loads(line) for line in run(app, ["list", "--json", "--data-dir", str(data)]).output.splitlines()]
    assert {row["name"]: row["state"] for row in listed if row["state"] != "not here"} == {
        "ours": "in use",
        "stray": "unusable",
    }
    verified = run(app, ["verify", "--json", "--data-dir", str(data)])
    assert verified.exit_code == 1
    problems = {row["name"]: row["problem"] for row in map(json.loads, verified.output.splitlines())}
    assert problems["ours"] is None
    assert "nothing says how to read" in problems["stray"]


def test_a_measured_model_is_told_with_its_device(data, file):
    models.take(file, "ours", data, decoder="ssd-boxes")
    done = CliRunner().invoke(app, ["bench", "ours", "--frames", "3", "--json", "--data-dir", str(data)])
    row = json.loads(done.output)
    assert (row["model"], row["device"], row["frames"]) == ("ours", "cpu", 3)
    assert row["cpu_us_per_item"] >= 0
