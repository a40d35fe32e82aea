"""Cutting a text into the numbers that a text encoder reads: byte-pair encoding as CLIP models are trained with.

The table is the model's own: `tokenizer.json`, or `vocab.json` and `merges.txt`. Read here and not by a library: the one
there is brings a client for its publisher's downloads along, and nothing here may want to download.
"""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from doorwatch.domain.errors import DoorwatchError

START, END = "<|startoftext|>", "<|endoftext|>"
FILES = ("tokenizer.json", "vocab.json", "merges.txt")
_LAST = "</w>"
_WORDS = re.compile(r"'(?:s|t|re|ve|m|ll|d)|[^\W\d_]+|\d|(?:[^\s\w]|_)+")


class LikenessError(DoorwatchError):
    """A pair of encoders that cannot be used; the text says which file is wrong and what to do."""


class Tokenizer:
    """A table of pieces of words, and the order in which they are joined."""

    def __init__(self, vocabulary: Mapping[str, int], merges: Sequence[tuple[str, str]]) -> None:
        self._numbers = vocabulary
        self._rank = {pair: place for place, pair in enumerate(merges)}
        self._start, self._end = vocabulary[START], vocabulary[END]

    @classmethod
    def read(cls, folder: Path) -> "Tokenizer":
        """The tokenizer in a pair's folder. Raises LikenessError."""
        whole = folder / FILES[0]
        path = whole if whole.is_file() else folder / FILES[1]
        try:
            if whole.is_file():
                model = json.loads(whole.read_text("utf-8"))["model"]
                if model.get("type", "BPE") != "BPE":
                    raise LikenessError(
                        f"{whole} is a {model['type']} tokenizer, but only byte-pair encoding (BPE) is read here; "
                        "take a model of the CLIP family"
                    )
                return cls(model["vocab"], [_pair(one) for one in model["merges"]])
            lines = (folder / FILES[2]).read_text("utf-8").splitlines()
            merges = [_pair(line) for line in lines if line.strip() and not line.startswith("#version")]
            return cls(json.loads(path.read_text("utf-8")), merges)
        except FileNotFoundError as error:
            raise LikenessError(
                f"there is no {Path(str(error.filename)).name} in {folder}; put tokenizer.json, or vocab.json and "
                "merges.txt, of the text encoder there"
            ) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LikenessError(
                f"{path} cannot be read as a CLIP tokenizer ({type(error).__name__}: {error}); copy it again"
            ) from error

    def encode(self, text: str, length: int) -> list[int]:
        """Exactly `length` numbers: start, pieces, end, and ends to fill up; what does not fit is left out."""
        pieces = [self._numbers[piece] for word in _WORDS.findall(text.lower()) for piece in self._pieces(word)]
        numbers = [self._start, *pieces[: length - 2], self._end]
        return numbers + [self._end] * (length - len(numbers))

    def _pieces(self, word: str) -> list[str]:
        letters = [_letters()[byte] for byte in word.encode()]
        parts = [*letters[:-1], letters[-1] + _LAST]
        while len(parts) > 1:
            unknown = len(self._rank)
            pairs = ((self._rank.get(pair, unknown), place) for place, pair in enumerate(itertools.pairwise(parts)))
            rank, place = min(pairs)
            if rank == unknown:
                break
            parts[place : place + 2] = [parts[place] + parts[place + 1]]
        return [part for part in parts if part in self._numbers]


def _pair(told: Any) -> tuple[str, str]:
    left, right = told.split(" ") if isinstance(told, str) else told
    return left, right


@lru_cache(maxsize=1)
def _letters() -> dict[int, str]:
    """The letter that stands for each byte in such tables: itself where it is printable, else one from 256 on."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = (byte for byte in range(256) if byte not in printable)
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + place) for place, byte in enumerate(others)}
