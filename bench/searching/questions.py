"""What bench/search.py and its peer are asked, and how the answers' times are told."""

import random
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from searching import moments as many

from doorwatch.domain.time import DAY, Micros, to_iso

ZONE = ZoneInfo("UTC")
COMMON = ("access granted", "door open", "door closed", "entered", "left", "crossings", "entry unlocked", "admitted")
TOLD = ("text:people", "text:grant", "text:let", "text:without", "text:later", "text:more")


class Questions:
    """What is asked: something else every time."""

    def __init__(self, building: many.Building, seed: int) -> None:
        self._chance = random.Random(seed)
        self._building = building

    def text(self, case: str) -> tuple[str, Micros]:
        """A search, and when it is asked."""
        chance, now = self._chance, self._instant()
        door = chance.choice(self._building.door_names)
        match case:
            case "tailgating_door_week":
                return f"tailgating door:{door!r} {self._day()} to {self._day(7)}".replace("'", '"'), now
            case "two_common":
                words = [*chance.sample(COMMON, 1), door.split()[0].lower()]
                return " ".join(words if chance.random() < 0.5 else chance.sample(TOLD, 2)), now
            case "rare_pair":
                return self._rare_pair(), now
            case "person_yesterday":
                return f'"{chance.choice(self._building.people).name}" yesterday', now
            case "words_camera_7d":
                word = chance.choice([*COMMON, *TOLD, "picture", "tailgating"])
                return f'{word} camera:"{door} cam" last 7 days', now
            case "hostile":
                return self._hostile(door), now
        raise ValueError(case)

    def begun(self) -> str:
        """Some letters of something that could be searched."""
        chance = self._chance
        names = [
            chance.choice(self._building.door_names),
            chance.choice(self._building.people).name or "",
            "tailgating",
        ]
        names += ["access granted", "yesterday", f"badge colour {chance.randrange(many.RARE_LABELS)}"]
        word = chance.choice(names)
        before = chance.choice(["", "tailgating ", "lobby yesterday ", "entered "])
        return before + word[: chance.randrange(1, len(word))].rstrip()

    def week(self) -> Micros:
        """Midnight at which a week begins that is over."""
        latest = (self._building.end - many.FIRST - 7 * DAY) // DAY
        return many.FIRST + self._chance.randrange(latest + 1) * DAY

    def _rare_pair(self) -> str:
        chance = self._chance
        person = (chance.choice(self._building.people).name or "").split()[1]
        kind = chance.randrange(3)
        if kind == 0:
            return f'"badge colour {chance.randrange(many.RARE_LABELS)}" {person}'
        if kind == 1:
            return f"text:frame text:{chance.randrange(9973)}"
        return f"text:{person} text:{chance.randrange(90) / 10:.1f}"

    def _hostile(self, door: str) -> str:
        """What nobody means, or what finds nothing though all of its words are common."""
        chance = self._chance
        words = " ".join(f"w{chance.randrange(1 << 30):x}" for _ in range(10_000))
        number = chance.randrange(10_000)
        return chance.choice(
            [
                words,
                " ".join("".join(chance.choices("abcdefghijklmnoprstu", k=8)) for _ in range(64)),
                f"2016-01-{1 + number % 28:02} to 2026-12-31 tailgating -text:people",
                f"tailgating door:{door!r} 2026-02-30 to 1999-13-45",
                f"camera:'none {number}' entered \"unbalanced",
                f"'; DROP TABLE moments; -- <script>alert({number})</script> %_\\",
                "text:frame text:grant",
                f"text:later -text:later {number % 90 / 10:.1f}",
                f'"let in" "grant {number}"',
                "text:1 text:9 text:3 text:8",
                f"crossings weekdays 03:{number % 60:02}-03:{number % 60:02}",
                f"review:confirmed -tailgating door:{door!r}",
                f"door forced {self._building.people[number % 500].name}",
                f"over {number} people stayed over {number} hours in red or blue or green",
            ]
        ).replace("'", '"')

    def _instant(self) -> Micros:
        return self._chance.randrange(many.FIRST + 2 * DAY, self._building.end)

    def _day(self, later: int = 0) -> str:
        if not later:
            self._first = self.week()
        return to_iso(self._first + later * DAY - later // 7 * DAY)[:10]


def percentiles(taken: Sequence[float], busy: Sequence[float] = ()) -> dict[str, Any]:
    """Milliseconds that so many of the runs stayed under; `cpu` are those of the processor alone."""
    found: dict[str, Any] = {"runs": len(taken)}
    for name, some in (("", sorted(taken)), ("cpu_", sorted(busy))):
        for part in (50, 95, 99) if some else ():
            found[f"{name}p{part}_ms"] = round(some[min(len(some) - 1, len(some) * part // 100)], 2)
    return found
