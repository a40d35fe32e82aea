"""A real pair of encoders, made here and a few kilobytes large, which knows the colours of a picture and words for them.

Both networks answer with the red, green and blue of what they read, without what all three have in common: of a picture
its mean, of a text the sum of its words'. The tokenizer is byte-pair encoding in the form that CLIP's comes in.
"""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WORDS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "yellow": (1, 1, 0), "suitcase": (0, 0, 0)}
LENGTH = 40
_APART = np.eye(3, 4, dtype=np.float32) - np.array([[1, 1, 1, 0]] * 3, np.float32) / 3
_REST = np.array([[0, 0, 0, 0.01]], np.float32)


def make_pair(folder: Path, *, turned: bool = False, numbers: int = 4, side: int = 16) -> Path:
    """Write a pair into a folder. `turned` is another model, to which red looks blue; `numbers` spoils the texts'."""
    folder.mkdir(parents=True, exist_ok=True)
    apart = _APART[::-1] if turned else _APART
    _save(
        folder / "image.onnx",
        [
            helper.make_node("GlobalAveragePool", ["pixels"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["row"]),
            helper.make_node("MatMul", ["row", "apart"], ["seen"]),
            helper.make_node("Add", ["seen", "rest"], ["image_embeds"]),
        ],
        helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ("batch", 3, side, side)),
        helper.make_tensor_value_info("image_embeds", TensorProto.FLOAT, ("batch", 4)),
        {"apart": apart, "rest": _REST},
    )
    vocabulary, merges = table()
    meanings = np.zeros((len(vocabulary), 4), np.float32)
    for word, colour in WORDS.items():
        meanings[vocabulary[f"{word}</w>"]] = np.array(colour, np.float32) @ apart
    _save(
        folder / "text.onnx",
        [
            helper.make_node("Gather", ["meanings", "input_ids"], ["pieces"]),
            helper.make_node("ReduceSum", ["pieces", "along"], ["said"], keepdims=0),
            helper.make_node("Add", ["said", "rest"], ["text_embeds"]),
        ],
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, ("batch", LENGTH)),
        helper.make_tensor_value_info("text_embeds", TensorProto.FLOAT, ("batch", numbers)),
        {"meanings": meanings[:, :numbers], "rest": _REST[:, -numbers:], "along": np.array([1], np.int64)},
    )
    model = {"type": "BPE", "vocab": vocabulary, "merges": [" ".join(pair) for pair in merges]}
    (folder / "tokenizer.json").write_text(json.dumps({"model": model}))
    (folder / "likeness.json").write_text(json.dumps({"mean": [0.5] * 3, "std": [0.5] * 3}))
    return folder


def table() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Letters, and what joins the letters of each of the words one after the other."""
    merges: list[tuple[str, str]] = []
    for word in WORDS:
        parts = [*word[:-1], f"{word[-1]}</w>"]
        for pair in merges:
            for place in range(len(parts) - 1):
                if tuple(parts[place : place + 2]) == pair:
                    parts[place : place + 2] = ["".join(pair)]
        while len(parts) > 1:
            merges.append((parts[0], parts[1]))
            parts[:2] = [parts[0] + parts[1]]
    letters = [chr(code) for code in range(ord("!"), ord("~") + 1)]
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), *("".join(pair) for pair in merges)]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    return {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}, merges


def _save(path, nodes, given, made, constants) -> None:
    weights = [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, path.stem, [given], [made], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_operatorsetid("", 18)], ir_version=9), path)
