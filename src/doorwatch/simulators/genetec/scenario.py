"""A building to simulate and what happens in it, told in YAML.

`users`, `doors`, `cardholders`, `cameras` (each as plain names or with details), `generate` (so many of each),
`settings`, and a `script`: steps of `after` (seconds since the step before), `do` (a command) and its parameters,
repeated every `script_every` seconds where that is given.
"""

from pathlib import Path
from typing import Any

import msgspec
import yaml

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Clock
from doorwatch.simulators.genetec.building import Building
from doorwatch.simulators.genetec.commands import CameraOrder, CardholderOrder, Commands, DoorOrder
from doorwatch.simulators.genetec.role import User
from doorwatch.simulators.genetec.server import DEFAULT_USER
from doorwatch.simulators.genetec.settings import Settings, changed


class UserEntry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Somebody who may sign in."""

    name: str
    password: str
    application_id: str = DEFAULT_USER.application_id


class Generate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """So many entities with made-up names."""

    doors: int = 0
    cardholders: int = 0
    cameras: int = 0


class Scenario(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A scenario file."""

    users: list[UserEntry] = []
    doors: list[str | DoorOrder] = []
    cardholders: list[str | CardholderOrder] = []
    cameras: list[str | CameraOrder] = []
    generate: Generate = msgspec.field(default_factory=Generate)
    settings: dict[str, Any] = {}
    script: list[dict[str, Any]] = []
    script_every: float | None = None

    def building(self) -> Building:
        """The entities. Raises DoorwatchError for a GUID that is none or is taken."""
        building = Building()
        for camera in self.cameras:
            order = CameraOrder(name=camera) if isinstance(camera, str) else camera
            building.add_camera(order.name, order.guid)
        for number in range(1, self.generate.cameras + 1):
            building.add_camera(f"Camera {number:03d}")
        for door in self.doors:
            entry = DoorOrder(name=door) if isinstance(door, str) else door
            building.add_door(entry.name, cameras=entry.cameras, cameras_out=entry.cameras_out, guid=entry.guid)
        for number in range(1, self.generate.doors + 1):
            building.add_door(f"Door {number:03d}")
        for person in self.cardholders:
            one = CardholderOrder(name=person) if isinstance(person, str) else person
            building.add_cardholder(one.name, first=one.first_name, last=one.last_name, email=one.email, guid=one.guid)
        for number in range(1, self.generate.cardholders + 1):
            building.add_cardholder(f"Person {number:04d}", email=f"person{number:04d}@example.com")
        return building

    def sign_ins(self) -> list[User]:
        """Who may sign in; the simulator's default user when nobody is named."""
        named = [User(user.name, user.password, user.application_id) for user in self.users]
        return named or [DEFAULT_USER]

    def behaviour(self) -> Settings:
        """The settings. Raises DoorwatchError naming the one that is wrong."""
        return changed(Settings(), self.settings)


def load_scenario(path: Path) -> Scenario:
    """The scenario in a YAML file. Raises DoorwatchError naming file and place."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        return msgspec.convert(document, Scenario)
    except OSError as error:
        raise DoorwatchError(f"The scenario {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise DoorwatchError(f"The scenario {path} is not UTF-8 text.") from None
    except yaml.YAMLError as error:
        raise DoorwatchError(f"The scenario {path} is no YAML: {' '.join(str(error).split())}.") from None
    except msgspec.ValidationError as error:
        raise DoorwatchError(f"The scenario {path} is wrong: {error}.") from None


class Script:
    """The steps of a scenario, checked before the first is done."""

    def __init__(self, scenario: Scenario, commands: Commands) -> None:
        """Raises DoorwatchError naming the step that is wrong."""
        self._commands = commands
        self._every = scenario.script_every
        self._steps: list[tuple[float, str, dict[str, Any]]] = []
        for number, step in enumerate(scenario.script, start=1):
            parameters = dict(step)
            after, name = parameters.pop("after", 0), parameters.pop("do", None)
            if isinstance(after, bool) or not isinstance(after, int | float) or after < 0:
                raise DoorwatchError(f"Step {number} of the script: `after` is a number of seconds, not {after!r}.")
            try:
                commands.check(str(name), parameters)
            except DoorwatchError as error:
                raise DoorwatchError(f"Step {number} of the script: {error}") from None
            self._steps.append((float(after), str(name), parameters))

    async def run(self, clock: Clock) -> None:
        """Do the steps in turn; again and again when the scenario says so."""
        while self._steps:
            started = clock.monotonic()
            for after, name, parameters in self._steps:
                await clock.sleep(after)
                await self._commands.execute(name, parameters)
            if self._every is None:
                return
            await clock.sleep(max(0.0, started + self._every - clock.monotonic()))
