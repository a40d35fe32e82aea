"""One camera as the parent knows it: its process, what is counted in it, its coverage, its state."""

import asyncio
from typing import Any

import structlog

from doorwatch.analyzer.camera_state import CameraState
from doorwatch.analyzer.children import Child
from doorwatch.analyzer.counting import Counting
from doorwatch.analyzer.coverage import SET_BACK, Coverage
from doorwatch.analyzer.disk import stop_below
from doorwatch.analyzer.keeping import Recorded
from doorwatch.analyzer.main_stream import MainStream
from doorwatch.analyzer.privacy import PeopleSeen
from doorwatch.analyzer.settings import AnalyzerSettings, CameraConfiguration
from doorwatch.analyzer.shown import people_shown
from doorwatch.analyzer.surroundings import Surroundings
from doorwatch.analyzer.trouble import FAILED, ONLINE
from doorwatch.analyzer.urgency import Urgency
from doorwatch.analyzer.wire import Message, pack
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND, Clock, Micros
from doorwatch.recording.people import PeopleLog
from doorwatch.recording.segments import Recordings, Segment
from doorwatch.vision.detect.base import Profile
from doorwatch.vision.pipeline import Observation

log = structlog.get_logger(__name__)


class WatchedCamera:
    """One camera of the configuration; `run` keeps it watched until cancelled."""

    def __init__(
        self,
        configuration: CameraConfiguration,
        settings: AnalyzerSettings,
        around: Surroundings,
        clock: Clock,
        *,
        problem: str | None = None,
    ) -> None:
        self.configuration = configuration
        self.recorded_until: Micros | None = None
        self.people = PeopleSeen() if configuration.blur_people else None
        self._settings = settings
        self._around = around
        self._clock = clock
        self._recordings = Recordings(settings.recordings)
        self._coverage = Coverage()
        self._counting = Counting(configuration, around, self._crossed, whole=self.people is not None)
        logged = configuration.record and not configuration.blur_people
        self._people_log = PeopleLog(settings.recordings, configuration.camera_id) if logged else None
        self._observed: Micros = 0
        self._newest: Micros = 0
        self._urgency = Urgency(clock)
        self._shown = False
        self._kept_from: Micros = 0
        self._kept_until: Micros = 0
        self._ring: str | None = None
        self._init: bytes | None = None
        self._live = False
        self._state = CameraState(main=bool(configuration.record and configuration.main_url))
        if problem:
            self._state.trouble["scene"] = problem
        self.child = Child(
            "camera", f"camera {configuration.name}", self._for_child, self._heard, self._ended, clock
        )  # fmt: skip
        self._main = self._main_stream() if self._state.main else None

    @property
    def recording_trouble(self) -> str | None:
        """Why it is not recorded, when it should be."""
        return self._state.trouble.get("recording")

    async def run(self) -> None:
        """Keep the camera watched until cancelled."""
        if self._main is None:
            await self.child.run()
        else:
            await asyncio.gather(self.child.run(), self._main.run())

    @property
    def pids(self) -> list[int]:
        """The ids of the camera's processes that run."""
        children = [self.child] if self._main is None else [self.child, self._main.child]
        return [child.pid for child in children if child.pid is not None]

    @property
    def hurried(self) -> bool:
        """Whether a verdict may be waiting for this camera's coverage."""
        return self._urgency.lasts

    def door_event(self, until: Micros) -> None:
        """Something happened at one of its doors just now: look at every frame until then, and record it."""
        self.open_gate(until)
        self._keep(self._clock.now())

    def record_event(self) -> None:
        """Something happened just now at a door that it shows without a scene: nobody is counted there, but it is recorded."""
        self._keep(self._clock.now())

    def open_gate(self, until: Micros) -> None:
        """Look at every frame until then."""
        self._urgency.news(self.configuration.settle)
        self.child.send({"kind": "gate", "until": until})

    def set_live(self, on: bool) -> None:
        """Begin or end sending live video; begins with what a decoder needs and the running group of pictures."""
        if on and self._init is not None and self._state.codec is not None:
            self._show_init()
        self._live = on
        self.child.send({"kind": "live", "on": on})

    def ask_snapshot(self) -> None:
        """Have the newest frame sent."""
        if self.people is not None:
            self.open_gate(self._clock.now() + SECOND)  # whom nobody looked for, nobody can hide
        self.child.send({"kind": "snapshot"})

    def answer(self, answer: dict[str, Any]) -> None:
        """A detector is done with one of this camera's frames."""
        if answer["ring"] != self._ring:
            return
        if answer["kind"] == "second":
            self._counting.suspect(str(answer["crossing_id"]))
            return
        if answer["kind"] == "likeness":
            self._counting.resembles(answer)
            return
        if answer["kind"] == "worn":
            self._counting.worn(answer)
            return
        self.child.send({"kind": "free", "ring": answer["ring"], "slot": answer["slot"]})
        if answer["kind"] == "unusable":
            self._set_trouble("detector", answer["message"])
        elif answer["kind"] == "boxes":
            self._set_trouble("detector", None)
            self._count(answer)

    def tell_coverage(self) -> None:
        """Report what was covered since the last time."""
        for start, end in self._coverage.take():
            self._around.covered(self.configuration.camera_id, start, end)

    def tell_state(self, *, again: bool = False) -> None:
        """Report the state when it changed, or when it was told long ago."""
        told = self._state.due(self._clock.now(), again=again)
        if told is not None:
            self._around.state({"camera_id": self.configuration.camera_id, **told})

    def measure(self) -> None:
        """Tell the metrics how the camera is."""
        state = self._state
        self._around.metrics.camera(
            self.configuration.camera_id,
            online=state.code == ONLINE,
            skew=state.skew,
            left_out=state.left_out,
            starts=self.child.starts,
        )

    # the process

    def _main_stream(self) -> MainStream:
        return MainStream(
            self.configuration,
            self._recorded(),
            self._clock,
            before=self._recover,
            on_message=self._heard,
            trouble=lambda what: self._set_trouble("main stream", what),
        )

    def _recorded(self) -> Recorded:
        folder = self._settings.recordings if self.people is None else self._settings.passing
        pre_roll = self.configuration.recording.pre_roll if self.configuration.on_event else None
        return Recorded(folder, pre_roll, stop_below(self._settings.recordings, self._settings.free_space))

    def _keep(self, at: Micros) -> None:
        """Something happened at a time: have it recorded with what was before it and what comes after it."""
        if not self.configuration.on_event:
            return
        plan = self.configuration.recording
        start, until = at - plan.pre_roll, at + plan.post_roll
        if until < self._kept_until + SECOND and start >= self._kept_from:
            return  # motion is told several times a second
        self._kept_from, self._kept_until = start, until
        if self._main is not None:
            self._main.keep(start, until)
        else:
            self.child.send({"kind": "keep", "from": start, "until": until})

    def _recover(self) -> None:
        """Report what a crash left of the recording, before the process that records starts."""
        camera_id = self.configuration.camera_id
        try:
            for segment in self._recordings.recover(camera_id):
                self._around.segment(segment)
        except OSError as error:
            log.warning("the recordings cannot be read", camera=camera_id, reason=error.strerror)

    def _for_child(self) -> dict[str, Any]:
        one = self.configuration
        if self._main is None:
            self._recover()
        return {
            "camera_id": one.camera_id,
            "url": one.url,
            "transport": one.transport,
            "recorded": self._recorded().told() if one.record and self._main is None else None,
            "scenes": [scene.to_mapping() for scene in one.scenes],
            "live": self._live,
        }

    def _ended(self, code: int | None) -> None:
        self._drop_ring()
        self._state.say(FAILED, f"the camera's process ended (exit code {code}) and is started again")
        self.tell_state()

    def _heard(self, message: Message) -> None:
        handler = getattr(self, f"_on_{message.kind}", None)
        if handler is not None:
            handler(message)

    def _on_state(self, message: Message) -> None:
        self._state.say(int(message.header["code"]), str(message.header["message"]))
        self.tell_state()

    def _on_opened(self, message: Message) -> None:
        self._drop_ring()
        header = message.header
        self._ring = str(header["ring"])
        self._counting.opened((header["ring_size"][0], header["ring_size"][1]))
        self._state.codec, self._init = str(header["codec"]), message.payload
        self._state.width, self._state.height = int(header["width"]), int(header["height"])
        self._urgency.news(self.configuration.settle)
        if self._live:
            self._show_init()

    def _on_frame(self, message: Message) -> None:
        header = message.header
        if header["ring"] != self._ring:
            return
        self._see_time(int(header["at"]))
        if header["moved"] is not None and self.configuration.recording.on_motion:
            self._keep(int(header["moved"]))
        frame, one = {**header, "view": self._counting.view}, self.configuration
        wanted = self.people is not None or self._counting.wanted
        handed = wanted and self._around.detect(one.camera_id, frame, self._counting.size, one.detector)
        if not handed:
            self.child.send({"kind": "free", "ring": header["ring"], "slot": header["slot"]})

    def _see_time(self, at: Micros) -> None:
        """Pictures tell this time. Far before the last, a clock was set back: all that was known of times is void."""
        if at < self._newest - SET_BACK:
            self._observed, self.recorded_until = 0, None
            self._kept_from = self._kept_until = 0
            self._counting.restart()
        self._newest = at

    def _on_quiet(self, message: Message) -> None:
        at = int(message.header["at"])
        self._see_time(at)
        self._cover(at)
        self._counting.quiet(at)
        if self._shown:
            self._show_people(Observation(at, (), ()))

    def _on_recorded(self, message: Message) -> None:
        self.recorded_until = int(message.header["until"])

    def _on_recording(self, message: Message) -> None:
        self._set_trouble("recording", message.header["trouble"])

    def _on_segment(self, message: Message) -> None:
        if self.people is None:
            self._around.segment(Segment(**message.header["segment"]))

    def _on_fragment(self, message: Message) -> None:
        if self._live:
            data = pack(message.header, message.payload)
            self._around.show(data, camera_id=self.configuration.camera_id, key=bool(message.header["key"]))

    def _on_snapshot(self, message: Message) -> None:
        self._around.snapshot(self.configuration.camera_id, message.payload, int(message.header["at"]))

    def _on_health(self, message: Message) -> None:
        header, state = message.header, self._state
        state.fps, state.last_frame_at = header["fps"], header["last_frame_at"]
        first, state.latency, state.skew = state.latency is None, header["latency"], header["skew"]
        state.left_out = int(header["left_out"])
        if self._main is None:
            self._set_trouble("recording", header["trouble"])
        else:
            self._main.follow(int(header["correction"]))
        if first and state.fps is not None:
            self.tell_state(again=True)
        elif state.fps is None:
            state.latency = None

    def _drop_ring(self) -> None:
        if self._ring is not None:
            self._around.forget_frames(self._ring)
            self._ring = None

    def _set_trouble(self, where: str, what: str | None) -> None:
        if self._state.trouble.get(where) == what:
            return
        if what is None:
            self._state.trouble.pop(where, None)
        else:
            self._state.trouble[where] = what
        self.tell_state()

    # counting

    def _count(self, answer: dict[str, Any]) -> None:
        at = int(answer["at"])
        if at <= self._observed or at > self._newest:
            # Seen before: a stream that was opened again repeats its last pictures. Or of before a clock was set back.
            return
        self._observed = at
        self._state.detector = str(answer["detector"])
        if self.people is not None:
            self.people.add(at, self._counting.size, answer["boxes"])
        if not self._counting.wanted:
            return
        try:
            self._counting.ready(Profile(**answer["profile"]))
        except DoorwatchError as error:
            self._set_trouble("scene", str(error))
            return
        self._measure_frame(answer)
        if self.configuration.scenes:
            self._cover(at)
        seen = self._counting.observe(answer, answer["ring"])
        if seen is not None:
            self._show_people(seen)

    def _crossed(self, crossing: Crossing, first: bool) -> None:
        """A crossing was reported, for the first time or again."""
        self._keep(crossing.at)
        if first:
            self._around.metrics.stage("decide", self._observed - crossing.at)
            self._around.metrics.crossing(self.configuration.camera_id)
            self._urgency.crossed(crossing.at, self.configuration.settle)

    def _measure_frame(self, answer: dict[str, Any]) -> None:
        metrics, arrived, decoded = self._around.metrics, int(answer["arrived"]), int(answer["decoded"])
        metrics.frame(self.configuration.camera_id)
        metrics.stage("capture", arrived - int(answer["at"]))
        metrics.stage("decode", decoded - arrived)
        metrics.stage("detect", self._clock.now() - decoded)

    def _cover(self, at: Micros) -> None:
        for start, end in self._coverage.processed(at):
            self._around.covered(self.configuration.camera_id, start, end)
        if self._urgency.reached(at):
            self.tell_coverage()

    def _show_people(self, seen: Observation) -> None:
        self._shown = bool(seen.people)
        if not self._live and self._people_log is None:
            return
        people = people_shown(seen)
        if self._people_log is not None:
            self._people_log.add(seen.at, people)
        if not self._live:
            return
        camera_id = self.configuration.camera_id
        data = pack({"camera_id": camera_id, "kind": "people", "at_us": seen.at, "people": people})
        self._around.show(data, camera_id=camera_id, key=True)

    def _show_init(self) -> None:
        camera_id = self.configuration.camera_id
        data = pack({"camera_id": camera_id, "kind": "init", "codec": self._state.codec}, self._init or b"")
        self._around.show(data, camera_id=camera_id, key=True)
