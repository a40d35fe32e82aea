"""A pair of encoders of one's own: alike things point alike, and what is wrong with a pair is said with its cure."""

import json
import shutil
import struct

import numpy as np
import onnx
import pytest
from tests.tiny_pair import make_pair, table
from typer.testing import CliRunner

from doorwatch.cli.models import app
from doorwatch.domain.likeness import HEAD, is_packed, packed
from doorwatch.vision.likeness import pair
from doorwatch.vision.likeness.tokens import LikenessError, Tokenizer

COLOURS = {"red": (30, 30, 200), "green": (40, 170, 40), "blue": (200, 40, 30)}  # blue first


@pytest.fixture
def folder(tmp_path):
    return make_pair(tmp_path / "exported")


def picture(colour, shape=(80, 40)):
    return np.full((*shape, 3), COLOURS[colour], np.uint8)


def alike(data, direction):
    return struct.unpack("<f", data[:HEAD])[0] * np.frombuffer(data[HEAD:], np.int8) @ direction


def test_a_text_is_most_like_the_picture_of_which_it_tells(folder):
    found = pair.read(folder)
    pictures, texts = found.pictures(), found.texts()
    seen = {colour: pictures.encode(picture(colour)) for colour in COLOURS}
    for colour in COLOURS:
        said = texts.encode(f"A person with a {colour.upper()} suitcase!")
        assert max(seen, key=lambda other: alike(seen[other], said)) == colour


def test_a_standing_person_is_seen_from_head_to_foot(folder):
    tall = picture("red", (160, 40))
    tall[:20] = COLOURS["blue"]  # what a square cut out of the middle would leave out
    encoder = pair.read(folder).pictures()
    assert encoder.encode(tall) != encoder.encode(picture("red", (160, 40)))


def test_words_are_put_together_as_the_table_says():
    vocabulary, merges = table()
    tokenizer = Tokenizer(vocabulary, merges)
    start, end = vocabulary["<|startoftext|>"], vocabulary["<|endoftext|>"]
    assert tokenizer.encode("  Red x, ", 6) == [
        start,
        vocabulary["red</w>"],
        vocabulary["x</w>"],
        vocabulary[",</w>"],
        end,
        end,
    ]
    assert tokenizer.encode("red " * 50, 5) == [start, *[vocabulary["red</w>"]] * 3, end]
    assert tokenizer.encode("", 3) == tokenizer.encode("日本", 3) == [start, end, end]


def test_the_older_form_of_a_tokenizer_is_read_as_well(folder):
    said = pair.read(folder).texts().encode("red")
    (folder / "tokenizer.json").unlink()
    vocabulary, merges = table()
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(map(" ".join, merges)))
    assert np.array_equal(pair.read(folder).texts().encode("red"), said)


def test_a_direction_is_a_byte_a_number_and_nothing_else_is_one():
    data = packed([0.5, -1.0, 0.25])
    assert len(data) == HEAD + 3
    assert is_packed(data)
    assert not any(map(is_packed, (b"", data[:HEAD], data + b"\x7f", bytes(len(data)), data[:HEAD] + bytes(3))))
    for none in ([], [0.0, 0.0], [float("nan"), 1.0], [float("inf")], [1.0] * 5000):
        with pytest.raises(ValueError, match="no direction"):
            packed(none)


def test_another_model_is_another_identity_and_the_same_one_is_the_same(tmp_path, folder):
    same, other = make_pair(tmp_path / "same"), make_pair(tmp_path / "other", turned=True)
    assert pair.read(folder).identity == pair.read(same).identity
    assert pair.read(folder).identity != pair.read(other).identity
    (same / "likeness.json").write_text('{"mean": [0, 0, 0], "std": [1, 1, 1]}')
    assert pair.read(folder).identity != pair.read(same).identity


def test_no_pair_is_no_fault_but_one_that_is_named_and_missing_is(tmp_path):
    assert pair.find(tmp_path, {}) is None
    with pytest.raises(LikenessError, match=r"DOORWATCH_LIKENESS_MODEL names .*; correct or unset it"):
        pair.find(tmp_path, {"DOORWATCH_LIKENESS_MODEL": str(tmp_path / "nowhere")})


def _flat(folder):
    model = onnx.load(folder / "image.onnx")
    del model.graph.input[0].type.tensor_type.shape.dim[3]
    onnx.save(model, folder / "image.onnx")


SPOILED = {
    "there is no text.onnx in": lambda folder: (folder / "text.onnx").unlink(),
    "there is no .* in .*; put tokenizer.json, or": lambda folder: (folder / "tokenizer.json").unlink(),
    "is a WordPiece tokenizer, but only": lambda f: (f / "tokenizer.json").write_text('{"model":{"type":"WordPiece"}}'),
    "cannot be read as a CLIP tokenizer": lambda folder: (folder / "tokenizer.json").write_text("{"),
    "image.onnx cannot be used: .*; export the pair again": lambda f: (f / "image.onnx").write_bytes(b"no network"),
    "image.onnx takes .*, but one picture": lambda folder: shutil.copy(folder / "text.onnx", folder / "image.onnx"),
    "text.onnx takes .*, but one text": lambda folder: shutil.copy(folder / "image.onnx", folder / "text.onnx"),
    "gives 4 numbers and text.onnx 3: they are not of one pair": lambda f: make_pair(f, numbers=3),
    "std above 0; correct it": lambda folder: (folder / "likeness.json").write_text('{"std": [1, 1, 0]}'),
    "likeness.json cannot be": lambda folder: (folder / "likeness.json").write_text('{"mean": "grey"}'),
    r"takes \[\['batch', 3, 16\]\]": _flat,
}


@pytest.mark.parametrize("said", SPOILED)
def test_what_is_wrong_with_a_pair_is_said_and_nothing_of_it_is_taken(folder, tmp_path, said):
    SPOILED[said](folder)
    with pytest.raises(LikenessError, match=said):
        pair.take(folder, tmp_path)
    assert pair.find(tmp_path, {}) is None


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_pair_is_pulled_from_a_folder_listed_and_verified(folder, tmp_path):
    where = ("--data-dir", tmp_path)
    assert '"not here"' in run("list", "--json", *where).output
    assert run("pull", "likeness", "--from", folder, *where).exit_code == 0
    assert [
        json.loads(line)["state"] for line in run("list", "--json", *where).output.splitlines() if "likeness" in line
    ] == ["in use"]
    assert "likeness: good" in run("verify", "likeness", *where).output
    assert pair.find(tmp_path, {}).identity == pair.read(folder).identity
    with (tmp_path / "models" / "likeness" / "text.onnx").open("ab") as file:
        file.write(b"\0")
    spoiled = run("verify", "likeness", *where)
    assert spoiled.exit_code == 1
    assert "is not the file that was pulled" in spoiled.output


def test_a_pair_is_not_fetched_but_asked_for(tmp_path):
    refused = run("pull", "likeness", "--data-dir", tmp_path)
    assert refused.exit_code == 1
    assert "`doorwatch models pull likeness --from FOLDER`" in str(refused.exception)
    missing = run("verify", "likeness", "--data-dir", tmp_path)
    assert missing.exit_code == 1
    assert "there is no pair in" in missing.output
