"""The guide names every command and every setting, and its example scenario can be used."""

import re
from pathlib import Path

import msgspec
import pytest
import yaml

from doorwatch.simulators.genetec import Commands, GenetecSimulator, Settings, SimulatorConfig
from doorwatch.simulators.genetec.scenario import Scenario, Script

GUIDE = (Path(__file__).parents[3] / "docs/guide/simulator.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [field.name for field in msgspec.structs.fields(Settings)])
def test_every_setting_is_in_the_guide(name):
    assert f"`{name}`" in GUIDE


def test_the_guide_has_the_commands_that_there_are():
    told = set(re.findall(r"^\| `(\w+)` \|", GUIDE.split("## Scenarios")[0], re.MULTILINE))
    assert told == set(Commands(GenetecSimulator()).names)


def test_the_example_scenario_can_be_used():
    text = GUIDE.split("## Scenarios")[1].split("```yaml")[1].split("```")[0]
    scenario = msgspec.convert(yaml.safe_load(text), Scenario)
    simulator = GenetecSimulator(SimulatorConfig(building=scenario.building(), settings=scenario.behaviour()))
    Script(scenario, Commands(simulator))
    assert len(list(simulator.role.building.doors())) == 202
