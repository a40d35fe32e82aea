"""A pair of encoders on this machine: which files it is made of, where it is looked for, and how it gets there.

Doorwatch ships none and fetches none. A pair is a folder with `image.onnx`, `text.onnx` and the tokenizer's files;
`doorwatch models pull likeness --from FOLDER` tries it and puts it into the data folder.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doorwatch.vision.likeness.tokens import FILES as TOKENIZER_FILES
from doorwatch.vision.likeness.tokens import LikenessError, Tokenizer

if TYPE_CHECKING:
    from doorwatch.vision.likeness.encoders import PictureEncoder, TextEncoder

NAME = "likeness"
"""What a pair is called among the models."""
PAIR_VARIABLE = "DOORWATCH_LIKENESS_MODEL"
"""Environment variable: the folder of the pair, used before the one in the data folder."""

PICTURES, TEXTS, ABOUT = "image.onnx", "text.onnx", "likeness.json"
_NEEDED = (PICTURES, TEXTS)

_MEAN, _SPREAD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""What CLIP's pictures were brought to; `likeness.json` says so where a pair's were not."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of encoders. `identity` is made of all its files: directions of different ones are never compared."""

    folder: Path
    identity: int
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    sums: Mapping[str, str]

    def pictures(self) -> "PictureEncoder":
        """Load the encoder of pictures. Raises LikenessError."""
        from doorwatch.vision.likeness.encoders import PictureEncoder  # noqa: PLC0415 - whoever only looks loads nothing

        return PictureEncoder(self.folder / PICTURES, self.mean, self.spread)

    def texts(self) -> "TextEncoder":
        """Load the encoder of texts. Raises LikenessError."""
        from doorwatch.vision.likeness.encoders import TextEncoder  # noqa: PLC0415 - as above

        return TextEncoder(self.folder / TEXTS, Tokenizer.read(self.folder))


def place(data: Path, environment: Mapping[str, str] | None = None) -> Path:
    """The folder in which the pair is looked for."""
    told = (os.environ if environment is None else environment).get(PAIR_VARIABLE, "").strip()
    return Path(told) if told else data / "models" / NAME


def find(data: Path, environment: Mapping[str, str] | None = None) -> Pair | None:
    """The pair to use; None when there is none, and none is named. Raises LikenessError for one that is not whole."""
    folder = place(data, environment)
    if not folder.is_dir():
        if folder != data / "models" / NAME:
            raise LikenessError(f"{PAIR_VARIABLE} names {folder}, and there is no such folder; correct or unset it")
        return None
    return read(folder)


def read(folder: Path) -> Pair:
    """The pair in a folder, without loading it. Raises LikenessError."""
    for name in _NEEDED:
        if not (folder / name).is_file():
            raise LikenessError(f"there is no {name} in {folder}; a pair is {PICTURES}, {TEXTS} and a tokenizer")
    about = _about(folder)
    try:
        mean, spread = (tuple(map(float, about.get(key, usual))) for key, usual in (("mean", _MEAN), ("std", _SPREAD)))
        sums = about.get("sha256") or sums_of(folder)
        made = hashlib.sha256(json.dumps([mean, spread, sorted(dict(sums).items())]).encode())
    except (OSError, ValueError, TypeError) as error:
        raise LikenessError(f"{folder / ABOUT} cannot be used ({error}); correct it, or remove it") from error
    if len(mean) != len(_MEAN) or len(spread) != len(_MEAN) or min(spread) <= 0:
        raise LikenessError(f"mean and std in {folder / ABOUT} are three numbers each, std above 0; correct it")
    return Pair(folder, int(made.hexdigest()[:15], 16), mean, spread, sums)


def verify(pair: Pair) -> int:
    """See that a pair is the one that was pulled, loads and fits together; how many numbers its directions have.

    Raises LikenessError.
    """
    for name, found in sums_of(pair.folder).items():
        if pair.sums.get(name) != found:
            raise LikenessError(
                f"{pair.folder / name} is not the file that was pulled (its SHA-256 differs); pull the pair again"
            )
    pictures, texts = pair.pictures().numbers, pair.texts().numbers
    if pictures != texts:
        raise LikenessError(
            f"{PICTURES} gives {pictures} numbers and {TEXTS} {texts}: they are not of one pair; "
            "export both from the same model, with their projections"
        )
    return pictures


def take(source: Path, data: Path) -> Pair:
    """Try the pair in a folder and copy it into the data folder, whole or not at all. Raises LikenessError."""
    if not source.is_dir():
        raise LikenessError(f"{source} is no folder; name the one with {PICTURES}, {TEXTS} and tokenizer.json")
    verify(read(source))
    goal, trial = data / "models" / NAME, data / "models" / f".{NAME}.new"
    try:
        shutil.rmtree(trial, ignore_errors=True)
        trial.mkdir(parents=True)
        for name in sums_of(source):
            shutil.copyfile(source / name, trial / name)
        about = {**_about(source), "sha256": sums_of(trial)}
        (trial / ABOUT).write_text(json.dumps(about, indent=2), "utf-8")
        shutil.rmtree(goal, ignore_errors=True)
        trial.rename(goal)
    except OSError as error:
        shutil.rmtree(trial, ignore_errors=True)
        raise LikenessError(
            f"{goal} cannot be written ({error.strerror}); make room or choose another folder"
        ) from error
    return read(goal)


def sums_of(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of a pair that is there."""
    found = {}
    for name in (*_NEEDED, *TOKENIZER_FILES):
        if (folder / name).is_file():
            with (folder / name).open("rb") as file:
                found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _about(folder: Path) -> dict[str, Any]:
    try:
        told = json.loads((folder / ABOUT).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise LikenessError(f"{folder / ABOUT} cannot be read ({error}); correct it, or remove it") from error
    return told if isinstance(told, dict) else {}
