"""What the analyzer is told when it starts, and what the server tells it while it runs."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.recording import RecordedStream, RecordingMode, RecordingPlan, plan_of
from doorwatch.domain.scene import Scene, SceneError, scene_from_mapping
from doorwatch.domain.time import SECOND, Micros, from_seconds

_LONGEST_SETTLE = 3600.0


class AnalyzerError(DoorwatchError):
    """The analyzer cannot run; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class AnalyzerSettings:
    """How the analyzer runs.

    `server_url` and `token` are the server's address and the token that it issued for an analyzer. `data_dir` holds
    recordings, spool, models and the last configuration. `detector` is a model's name (the best one found when absent),
    `workers` the number of detector processes, one a core. `metrics_port` is where `/metrics` is served on
    `metrics_host`; None serves none, 0 takes any free port. `free_space` is how
    many bytes stay free on the disk with the recordings, a share of it when None. `ca_file` is a PEM file with the authority to trust in
    addition; `verify_tls` False trusts anybody.
    """

    server_url: str
    token: str = field(repr=False)
    data_dir: Path
    detector: str | None = None
    workers: int = 1
    ca_file: Path | None = None
    verify_tls: bool = True
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    free_space: int | None = None

    def __post_init__(self) -> None:
        if not self.server_url.startswith(("http://", "https://")):
            raise AnalyzerError(f"{self.server_url!r} is no server's address: begin with http:// or https://")
        if not self.token.strip():
            raise AnalyzerError("the token is empty: create one with `doorwatch token create` and name its file")

    @property
    def recordings(self) -> Path:
        """Where recorded video lies."""
        return self.data_dir / "recordings"

    @property
    def passing(self) -> Path:
        """Where raw video lies for some minutes of cameras of which only blurred people are kept."""
        return self.data_dir / "passing"

    def url(self, path: str) -> str:
        """An address of the server's API."""
        return self.server_url.rstrip("/") + path


@dataclass(frozen=True, slots=True)
class CameraConfiguration:
    """One camera as the server configured it; the scenes' door is the server's `door_id`.

    People are counted in the stream at `url`. The one at `main_url`, where there is one, is recorded instead of it.
    """

    camera_id: str
    name: str
    url: str = field(repr=False)
    enabled: bool
    detector: str | None
    recording: RecordingPlan
    scenes: tuple[Scene, ...]
    transport: str = "tcp"
    main_url: str | None = field(default=None, repr=False)
    blur_people: bool = False
    clothing: bool = False
    """Whether the colours of clothes are read off those who cross."""
    settle: Micros = 6 * SECOND
    """How long after an entry the verdicts at its doors become final, the longest of them."""
    mapped: frozenset[str] = frozenset()
    """The ids of the doors that it was mapped to, with a scene or without."""

    @property
    def record(self) -> bool:
        """Whether it is recorded at all."""
        return self.recording.mode is not RecordingMode.OFF

    @property
    def on_event(self) -> bool:
        """Whether only events are recorded; of blurred people raw video passes anyway, and clips are made of it."""
        return self.recording.mode is RecordingMode.EVENT and not self.blur_people

    @property
    def doors(self) -> frozenset[str]:
        """The ids of the doors at which it counts."""
        return frozenset(scene.door for scene in self.scenes)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Every camera, and the revision; what could not be understood is told in `problems` by camera."""

    revision: int
    cameras: tuple[CameraConfiguration, ...]
    problems: dict[str, str]


def read_configuration(told: dict[str, Any]) -> Configuration:
    """A `configure` command; a camera with a scene that cannot be used goes on without that scene, and says so."""
    problems: dict[str, str] = {}
    cameras = []
    for one in told.get("cameras", []):
        scenes = []
        for mapping in one.get("scenes") or []:
            door_id = str(mapping.get("door_id") or mapping.get("door") or "")
            shape = {key: value for key, value in mapping.items() if key != "door_id"}
            shape.setdefault("door", door_id)
            try:
                scenes.append(replace(scene_from_mapping(shape, where=f"scene of door {door_id}"), door=door_id))
            except SceneError as error:
                problems[str(one["camera_id"])] = str(error)
        settings = one.get("settings") or {}
        recording = plan_of(settings)
        main = one.get("main_url") if recording.stream is RecordedStream.MAIN else None
        cameras.append(
            CameraConfiguration(
                camera_id=str(one["camera_id"]),
                name=str(one.get("name") or one["camera_id"]),
                url=str(one.get("url") or ""),
                enabled=bool(one.get("enabled", True)),
                detector=settings.get("detector") or None,
                recording=recording,
                scenes=tuple(scenes),
                transport=str(settings.get("transport") or "tcp"),
                main_url=str(main) if main else None,
                # Whatever stands here but a plain no: a mistake must not uncover anybody.
                blur_people=settings.get("blur_people", False) is not False,
                clothing=one.get("clothing") is True,
                mapped=frozenset(str(door_id) for door_id in one.get("doors") or ()),
                **_settle(one.get("settle")),
            )
        )
    return Configuration(int(told.get("revision", 0)), tuple(cameras), problems)


def _settle(told: object) -> dict[str, Micros]:
    """What a server says of it; older ones say nothing."""
    return {"settle": from_seconds(told)} if isinstance(told, int | float) and 0 <= told <= _LONGEST_SETTLE else {}
