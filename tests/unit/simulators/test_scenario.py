import pytest

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import ManualClock
from doorwatch.simulators.genetec import Commands, GenetecSimulator, SimulatorConfig
from doorwatch.simulators.genetec.scenario import Scenario, Script, load_scenario
from doorwatch.simulators.genetec.settings import Settings, changed

WHOLE = """
users: [{name: reader, password: pass, application_id: id}]
doors: [Lobby east, {name: Dock, cameras: [Dock camera], guid: aaaaaaaa-0000-0000-0000-000000000001}]
cardholders: [Ana Petrova, {name: B, email: b@example.com}]
cameras: [Yard]
generate: {doors: 2, cardholders: 3, cameras: 1}
settings: {keep_alive: 3, event_source: access_point}
script:
  - {after: 1, do: raise, event_type: AccessGranted, door: Dock}
  - {do: raise, event_type: DoorOpen, door: Dock}
script_every: 10
"""


def _written(tmp_path, text):
    path = tmp_path / "scenario.yaml"
    path.write_text(text)
    return path


def test_a_scenario_makes_users_building_and_settings(tmp_path):
    scenario = load_scenario(_written(tmp_path, WHOLE))
    building = scenario.building()
    assert [door.name for door in building.doors()] == ["Lobby east", "Dock", "Door 001", "Door 002"]
    assert len(building.of_kind("Cardholder")) == 5
    assert [camera.name for camera in building.of_kind("Camera")] == ["Yard", "Camera 001", "Dock camera"]
    assert building.door("Dock").guid.startswith("aaaaaaaa")
    assert scenario.sign_ins()[0].name == "reader"
    assert scenario.behaviour().keep_alive == 3


def test_an_empty_scenario_is_an_empty_building_with_the_default_user(tmp_path):
    scenario = load_scenario(_written(tmp_path, ""))
    assert len(scenario.building()) == 0
    assert scenario.sign_ins()[0].name == "gateway"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("doors: [", "is no YAML"),
        ("door: [A]", "unknown field `door`"),
        ("doors: 3", r"`\$.doors`"),
        ("generate: {doors: many}", r"\$.generate.doors"),
    ],
)
def test_a_wrong_scenario_is_told_with_its_place(tmp_path, text, why):
    with pytest.raises(DoorwatchError, match=why):
        load_scenario(_written(tmp_path, text))


def test_a_missing_or_unreadable_scenario_is_told(tmp_path):
    with pytest.raises(DoorwatchError, match="cannot be read"):
        load_scenario(tmp_path / "none.yaml")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DoorwatchError, match="UTF-8"):
        load_scenario(tmp_path / "binary")


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"keep_alives": 3}, "keep_alives"),
        ({"refuse_with": 402}, "402"),
        ({"digits": 8}, "takes 0 to 7"),
        ({"late": 1.5}, "probability"),
    ],
)
def test_a_wrong_setting_is_named(settings, why):
    with pytest.raises(DoorwatchError, match=why):
        changed(Settings(), settings)


def _commands(clock):
    scenario = Scenario(doors=["Dock"])
    simulator = GenetecSimulator(SimulatorConfig(building=scenario.building()), clock)
    return simulator, Commands(simulator)


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ({"do": "explode"}, "Step 1.*no command 'explode'"),
        ({}, "Step 1"),
        ({"do": "raise", "door": "Dock"}, "event_type"),
        ({"do": "drop", "after": -1}, "`after`"),
        ({"do": "drop", "how": "softly"}, "softly"),
    ],
)
def test_a_wrong_step_is_told_before_the_first_is_done(step, why):
    with pytest.raises(DoorwatchError, match=why):
        Script(Scenario(script=[step]), _commands(ManualClock())[1])


async def _advance(clock, seconds):
    import asyncio

    for _ in range(int(seconds * 10)):
        clock.advance(0.1)
        for _ in range(3):
            await asyncio.sleep(0)


async def test_a_script_does_its_steps_at_their_times_and_starts_again():
    import asyncio

    clock = ManualClock()
    simulator, commands = _commands(clock)
    steps = [
        {"after": 1, "do": "raise", "event_type": "DoorOpen", "door": "Dock"},
        {"after": 2, "do": "raise", "event_type": "DoorClose", "door": "Dock"},
    ]
    running = asyncio.create_task(Script(Scenario(script=steps, script_every=10), commands).run(clock))
    await asyncio.sleep(0)
    started = clock.now()
    await _advance(clock, 24.5)
    running.cancel()
    times = [round((event.at - started) / 1_000_000) for event in simulator.role.record.after(0)]
    assert times == [1, 3, 11, 13, 21, 23]
