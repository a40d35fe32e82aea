"""A role without a network and a clock that is told to move."""

import pytest

from doorwatch.domain.time import ManualClock
from doorwatch.simulators.genetec import DEFAULT_USER, Building, Role, Settings


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def role(clock):
    building = Building()
    building.add_door("Lobby east", cameras=["Lobby camera"])
    building.add_door("Loading dock")
    building.add_cardholder("Ana Petrova", email="ana@example.com")
    return Role(users=[DEFAULT_USER], building=building, settings=Settings(), clock=clock, seed=7)
