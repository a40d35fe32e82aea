"""The clips with known crossings, and how counted ones are compared with them."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from staging.mixtures import Clip, Line, filmed

from doorwatch.cli.audit import Material, judge_all
from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.policy import Policy
from doorwatch.domain.scene import scene_from_mapping
from doorwatch.domain.time import SECOND, Micros

ROOT = Path(__file__).parents[2]

HARD = {"mid", "entry"}
"""Lines through the middle of a group, and at the picture's lower edge: told apart in the sums."""

Passing = tuple[Micros, str]
"""When, and in which direction."""


@dataclass(frozen=True)
class Known:
    """A clip and, where it has a door with access control, what happened there and what should be said of it."""

    clip: Clip
    events: tuple[dict[str, Any], ...] = ()
    expected: tuple[tuple[str, int], ...] = ()
    """(kind, excess) of every incident."""


def drawn(folder: Path = ROOT / "tests" / "clips") -> Iterator[Known]:
    """The rendered clips of the project."""
    for told in json.loads((folder / "truth.json").read_text())["clips"]:
        truth = tuple((round(c["time_s"] * SECOND), c["direction"]) for c in told["crossings"])
        line = Line(scene_from_mapping(told["scene"]), truth, round(0.6 * SECOND))
        clip = Clip(told["name"], "drawn doorway", line.scene.size, filmed(folder / told["file"]), (line,))
        expected = tuple((one["kind"], one["excess"]) for one in told["expected"])
        yield Known(clip, tuple(told["events"]), expected)


def real(folder: Path) -> Iterator[Known]:
    """Real clips with labelled lines; none when the folder has no clips.json."""
    if not (folder / "clips.json").is_file():
        return
    ways = {"left": (-60, 0), "right": (60, 0), "up": (0, -60), "down": (0, 60)}
    for told in json.loads((folder / "clips.json").read_text())["clips"]:
        size, lines = (told["width"], told["height"]), []
        for line in told["lines"]:
            (x1, y1), (x2, y2) = line["points"]
            dx, dy = ways[line["forward"]]
            mapping = {
                "door": line["id"],
                "size": list(size),
                "threshold": line["points"],
                "inside": [(x1 + x2) / 2 + dx, (y1 + y2) / 2 + dy],
            }
            truth = tuple(
                (round(c["frame"] / told["fps"] * SECOND), "in" if c["direction"] == "forward" else "out")
                for c in told["crossings"]
                if c["line"] == line["id"]
            )
            tolerance = round(told["tolerance_frames"] / told["fps"] * SECOND)
            lines.append(Line(scene_from_mapping(mapping), truth, tolerance, line["id"] in HARD))
        name = Path(told["name"])
        yield Known(Clip(name.stem, "real", size, filmed(folder / name), tuple(lines)))


def compare(truth: Sequence[Passing], counted: Sequence[Passing], tolerance: float) -> dict[str, int]:
    """How many were found, missed and invented, nearest pairs first; times and tolerance in microseconds."""
    near = sorted(
        (abs(t[0] - c[0]), i, j)
        for i, t in enumerate(truth)
        for j, c in enumerate(counted)
        if t[1] == c[1] and abs(t[0] - c[0]) <= tolerance
    )
    left, right = set(range(len(truth))), set(range(len(counted)))
    for _, i, j in near:
        if i in left and j in right:
            left.discard(i)
            right.discard(j)
    return {"crossings": len(truth), "found": len(truth) - len(left), "missed": len(left), "false": len(right)}


def compare_incidents(known: Known, crossings: Sequence[Crossing]) -> dict[str, int]:
    """Which incidents the rule finds in these crossings, against the expected ones by kind and excess."""
    found = _judged(known.clip.lines[0], known.events, crossings)
    rest = list(known.expected)
    right = 0
    for one in found:
        if one in rest:
            rest.remove(one)
            right += 1
    grants = sum(event["event_type"] == "AccessGranted" for event in known.events)
    return {
        "grants": grants,
        "incidents": len(known.expected),
        "incidents_right": right,
        "incidents_missed": len(rest),
        "incidents_false": len(found) - right,
    }


def expected_of(
    line: Line, events: Sequence[dict[str, Any]], whose: Mapping[Micros, str]
) -> tuple[tuple[str, int], ...]:
    """What the rule says of the true crossings: (kind, excess) of every incident; `whose` names the person of each."""
    door = line.scene.door
    true = [Crossing(str(at), door, "truth", whose[at], at, Direction(way)) for at, way in line.truth]
    return tuple(_judged(line, events, true))


def _judged(line: Line, told: Sequence[dict[str, Any]], crossings: Sequence[Crossing]) -> list[tuple[str, int]]:
    events = [
        AccessEvent(
            event_id=str(number),
            device_id=line.scene.door,
            at=round(event["offset_s"] * SECOND),
            event_type=event["event_type"],
            actor_name=event["actor_name"],
        )
        for number, event in enumerate(told)
    ]
    judged = judge_all(Material(events, list(crossings), Policy(), []))
    return [(one.kind.value, one.excess) for one in judged]


def wilson(hits: int, trials: int) -> list[float] | None:
    """The interval of 95 % for a rate."""
    if not trials:
        return None
    z, rate = 1.96, hits / trials
    middle = rate + z * z / (2 * trials)
    spread = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    below = 1 + z * z / trials
    return [round(max(0.0, (middle - spread) / below), 4), round(min(1.0, (middle + spread) / below), 4)]


def summed(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The sum of rows, with the rates and their intervals."""
    keys = ["crossings", "found", "missed", "false", "possible", "grants"]
    keys += ["incidents", "incidents_right", "incidents_missed", "incidents_false"]
    total: dict[str, Any] = {key: sum(row.get(key, 0) for row in rows) for key in keys}
    total["found_95"] = wilson(total["found"], total["crossings"])
    total["true_95"] = wilson(total["found"], total["found"] + total["false"])
    if total["grants"]:
        total["false_per_1000_grants"] = round(1000 * total["incidents_false"] / total["grants"], 1)
    return total
