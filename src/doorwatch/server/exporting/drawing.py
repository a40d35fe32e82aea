"""The process that makes an export's video: cut to the picture, drawn upon, people hidden.

Apart from the server, since it takes a processor for a while, and a damaged file may end it without harming anything
else. One job as JSON on standard input; lines of JSON on standard output: `{"progress": 0.4}`, at the end `{"done": {...}}` or
`{"failed": "one sentence"}`.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Micros
from doorwatch.recording.blurring import Searched, Whereabouts, hide
from doorwatch.recording.clips import Still, decoded_of_clip, join_clips
from doorwatch.recording.drawing import Picture
from doorwatch.recording.encoding import FINE, SMALL, Encoded, encode
from doorwatch.recording.explaining import Explanation

if TYPE_CHECKING:
    from doorwatch.vision.detect.base import Detector

_SEARCH_EVERY: Micros = 75_000
"""A picture is searched for people when the last one that was is so much older."""

_SMALLEST_PERSON = 0.12
"""Height of the smallest people who are looked for, as a share of the picture's."""

_NICE = 10

_SEARCHING_TAKES = 0.7
"""Of all the work, where people are searched for."""


class Job(msgspec.Struct):
    """What to make: of the clips in `sources`, each with when its first picture was captured, the time from `start` to `end`.

    Several are first joined in `joined`. The clip goes to `video`, the picture nearest to `picture_at` to `picture`. `explanation` is drawn where there is one;
    with `blur`, people are searched for with the detector in `data_dir` and hidden. `small` is for looking at, not for proving.
    """

    sources: list[tuple[str, Micros]]
    joined: str
    start: Micros
    end: Micros
    video: str
    picture: str
    picture_at: Micros
    data_dir: str
    explanation: dict[str, Any] | None = None
    blur: bool = False
    small: bool = False


class Made(msgspec.Struct):
    """What was made: capture times, the number of pictures, width and height, and holes of more than a second."""

    start: Micros
    end: Micros
    pictures: int
    width: int
    height: int
    holes: list[tuple[Micros, Micros]]
    detector: str | None = None


def make(job: Job, progress: Callable[[float], None]) -> Made:
    """Make it. Raises DoorwatchError, OSError."""
    whole = _joined(job)
    people, detector = (
        _search(job, whole, lambda share: progress(share * _SEARCHING_TAKES)) if job.blur else (None, None)
    )
    begun = _SEARCHING_TAKES if job.blur else 0.0
    told = None if job.explanation is None else Explanation.read(job.explanation)
    nearest: list[Still] = []

    def change(picture: Picture, at: Micros) -> Picture:
        done = picture if people is None else hide(picture, people.around(at))
        done = done if told is None else told.drawn(done, at)
        if not nearest or abs(at - job.picture_at) < abs(nearest[0].at - job.picture_at):
            nearest[:] = [Still(done, at)]
        progress(begun + (1 - begun) * (at - job.start) / max(1, job.end - job.start))
        return done

    stills = decoded_of_clip(whole, job.sources[0][1], job.start, job.end)
    made = encode(stills, Path(job.video), change, SMALL if job.small else FINE)
    if made is None:
        raise DoorwatchError("the recording holds no picture of the time that was asked for: choose another")
    Path(job.picture).write_bytes(nearest[0].jpeg(92))
    return _told(made, detector)


def _told(made: Encoded, detector: str | None) -> Made:
    return Made(made.start, made.end, made.pictures, *made.size, list(made.holes), detector)


def _joined(job: Job) -> Path:
    """The one clip that everything is made of."""
    if len(job.sources) == 1:
        return Path(job.sources[0][0])
    join_clips([(Path(path), at) for path, at in job.sources], Path(job.joined))
    return Path(job.joined)


def _search(job: Job, whole: Path, progress: Callable[[float], None]) -> tuple[Whereabouts, str]:
    """Where people are in the pictures, and by which detector. Raises DetectorError."""
    from doorwatch.vision.models import open_detector  # noqa: PLC0415 - loads ONNX Runtime, which few jobs need

    detector = open_detector(None, Path(job.data_dir))
    searched: list[Searched] = []
    last = -_SEARCH_EVERY
    for still in decoded_of_clip(whole, job.sources[0][1], job.start, job.end):
        if still.at - last < _SEARCH_EVERY:
            continue
        last = still.at
        searched.append(Searched(still.at, tuple(_areas(detector, still.image))))
        progress((still.at - job.start) / max(1, job.end - job.start))
    return Whereabouts(searched), detector.name


def _areas(detector: "Detector", image: Picture) -> list[tuple[float, float, float, float]]:
    height, width = image.shape[:2]
    boxes = detector.detect(image, tall=_SMALLEST_PERSON * height)
    return [(box.x1 / width, box.y1 / height, box.x2 / width, box.y2 / height) for box in boxes]


def main() -> None:
    """Do the one job."""
    os.nice(_NICE)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    told = [0]

    def progress(share: float) -> None:
        percent = round(100 * min(1.0, max(0.0, share)))
        if percent >= told[0] + 2:
            told[0] = percent
            _say({"progress": share})

    try:
        made = make(job, progress)
    except OSError as error:
        _say({"failed": f"the video cannot be written ({error.strerror}): make room on the disk of the data folder"})
    except DoorwatchError as error:
        _say({"failed": str(error)})
    else:
        _say({"done": msgspec.to_builtins(made)})


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
