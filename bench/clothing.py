"""Measures how often the colours of clothes are named right: dyed people walk through drawn rooms, under six lights.

    python bench/clothing.py [--detector NAME] [--seed 1,2] [--light plain,shade,...|all] [--every 1] [--markdown FILE]

People cut out of the clips of bench/accuracy.py are dyed in colours as shops sell them (bench/staging/dressed.py), pass a door in a
room that --seed draws, and three pictures of each are looked at as the product does it. With --detector they are found and followed,
too; without one their boxes are those in which they were drawn, each side moved by chance by up to a twentieth of the height,
which takes a tenth of the time. Prints one JSON object a light with
how many garments were named right, wrong, or not at all, and the CPU that a crossing took; --markdown writes the table of
what was taken for what. `mirrored` is plain the other way round.
"""

import argparse
import json
import time
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from accuracy import STARRING, shown
from staging.cast import Actor, cast
from staging.dressed import DYES, LIGHTS, Dressed, dressed
from staging.mixtures import mirrored
from staging.truth import ROOT, drawn, real, wilson

from doorwatch.domain.appearance import Appearance
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND
from doorwatch.vision.count import count_boxes, searched
from doorwatch.vision.detect.base import Detector
from doorwatch.vision.models import DEFAULT, data_folder, find
from doorwatch.vision.pipeline import Counter
from doorwatch.vision.region import Search
from doorwatch.vision.second_look import AROUND, Glance, Glimpses, Look

UNKNOWN = "unknown"
_STEP = SECOND // 25
Named = tuple[str, str, str]
"""Where it is worn, its colour, and what it was called."""


def seen(clip: Any, detector: Detector) -> tuple[list[Appearance], float]:
    """What whoever crosses wears, and the CPU seconds that naming it took."""
    line, glimpses, found, spent = clip.lines[0], Glimpses(), [], 0.0
    search = Search([line.scene], clip.size)
    counter = Counter("bench", [line.scene], detector.profile, picture=clip.size)

    def look(wanted: Look) -> bool:
        nonlocal spent
        begun = time.thread_time()
        found.append(glimpses.worn(wanted))
        spent += time.thread_time() - begun
        return False

    rows = searched(search, detector, shown(clip, 2, lossy=False), glimpses)
    crossings = list(count_boxes(counter, rows, look=look, ask=search.ask))
    return (found or [Appearance()] * len(crossings)), spent


def told(person: Dressed, light: str) -> tuple[list[Appearance], float]:
    """The same with the boxes that were drawn."""
    clip = mirrored(person.clip) if light == "mirrored" else person.clip
    glimpses, crossed = Glimpses(), clip.lines[0].truth[0][0]
    glances: dict[int, Glance] = {}
    for at, picture in clip.shots():
        near = [number for number, offset in enumerate(AROUND) if abs(at - crossed - offset) <= _STEP]
        box = person.box(at) if near else None
        if box is not None and light == "mirrored":
            box = box._replace(x1=clip.size[0] - box.x2, x2=clip.size[0] - box.x1)
        if box is not None or at < crossed - SECOND * 2.2:
            glimpses.keep(at, picture, [box] if box is not None else [])
        for number in near if box is not None else ():
            glances[number] = Glance(at, box, ())
    begun = time.thread_time()
    found = glimpses.worn(Look("bench", tuple(glances.values())))
    return [found], time.thread_time() - begun


def named(person: Dressed, detector: Detector | None, light: str) -> Iterator[tuple[Named, float]]:
    """Each garment of whoever was counted: what it is and what it was called."""
    if detector is None:
        found, spent = told(person, light)
    else:
        found, spent = seen(mirrored(person.clip) if light == "mirrored" else person.clip, detector)
    for one in found[:1]:
        yield ("upper", person.outfit.upper, str(one.upper or UNKNOWN)), spent
        yield ("lower", person.outfit.lower, str(one.lower or UNKNOWN)), 0.0


def row(light: str, garments: Sequence[tuple[Named, float]]) -> dict[str, Any]:
    """The figures of one light."""
    told: dict[str, Any] = {"bench": "clothing", "case": light}
    for part in ("upper", "lower"):
        mine = [(colour, called) for (where, colour, called), _ in garments if where == part]
        right = sum(colour == called for colour, called in mine)
        unsure = sum(called == UNKNOWN for _, called in mine)
        told |= {part: len(mine), f"{part}_right": right, f"{part}_unknown": unsure}
        told[f"{part}_right_of_named_95"] = wilson(right, len(mine) - unsure)
    crossings = max(1, told["upper"])
    told["cpu_us_per_item"] = round(1e6 * sum(spent for _, spent in garments) / crossings)
    return told


def table(garments: Sequence[Named]) -> str:
    """What was taken for what: a row a true colour, a column a name."""
    names = [*DYES, UNKNOWN]
    tally = Tally((colour, called) for _, colour, called in garments)
    lines = ["| is \\ called | " + " | ".join(names) + " |", "|" + " --- |" * (len(names) + 1)]
    for colour in DYES:
        cells = [str(tally[colour, name] or "") for name in names]
        lines.append(f"| {colour} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def people(folder: Path) -> list[Actor]:
    """Those who play: cut out of the clips by the detector that everybody can have."""
    detector = find(data_folder(), DEFAULT).open()
    clips = [known.clip for known in (*real(folder), *drawn()) if known.clip.name in STARRING]
    return [actor for clip in clips for actor in cast(clip, detector)]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detector", help="find people by this one, a name or path, not where they were drawn")
    parser.add_argument("--every", type=int, default=1, help="every n-th person alone, others under each light")
    parser.add_argument("--light", default="all", help=f"several, with commas: {', '.join(LIGHTS)}, mirrored; or all")
    parser.add_argument("--seed", default="1", help="of the rooms; several, with commas")
    parser.add_argument("--real", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write what was taken for what")
    parser.add_argument("--json", action="store_true", help="JSON lines; they are what is printed anyway")
    asked = parser.parse_args(argv)
    lights = [*LIGHTS, "mirrored"] if asked.light == "all" else asked.light.split(",")
    if unknown := set(lights) - {*LIGHTS, "mirrored"}:
        parser.error(f"there is no light {min(unknown)!r}")
    detector = find(data_folder(), asked.detector).open() if asked.detector else None
    actors = people(asked.real)
    every: list[Named] = []
    for light in lights:
        drawn_light = "plain" if light == "mirrored" else light
        some = [one for seed in asked.seed.split(",") for one in dressed(actors, int(seed), drawn_light)]
        begin = len(every) % asked.every
        garments = [garment for one in some[begin :: asked.every] for garment in named(one, detector, light)]
        every += [garment for garment, _ in garments]
        print(json.dumps(row(light, garments)), flush=True)
    if asked.markdown is not None:
        asked.markdown.write_text(table(every), "utf-8")
    return 0


if __name__ == "__main__":
    try:
        code = main()
    except DoorwatchError as error:
        raise SystemExit(f"clothing: {error}") from None
    raise SystemExit(code)
