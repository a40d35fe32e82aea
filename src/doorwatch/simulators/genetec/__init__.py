"""A simulated Genetec Security Center: its Web SDK over real sockets, with its quirks and its faults on command."""

from doorwatch.simulators.genetec.building import Building, guid_for
from doorwatch.simulators.genetec.commands import Commands
from doorwatch.simulators.genetec.control import ControlServer
from doorwatch.simulators.genetec.record import RaisedEvent
from doorwatch.simulators.genetec.role import Role, User
from doorwatch.simulators.genetec.scenario import Scenario, load_scenario
from doorwatch.simulators.genetec.server import DEFAULT_USER, GenetecSimulator, SimulatorConfig
from doorwatch.simulators.genetec.service import ServiceOptions, SimulatorService
from doorwatch.simulators.genetec.settings import Settings

__all__ = [
    "DEFAULT_USER",
    "Building",
    "Commands",
    "ControlServer",
    "GenetecSimulator",
    "RaisedEvent",
    "Role",
    "Scenario",
    "ServiceOptions",
    "Settings",
    "SimulatorConfig",
    "SimulatorService",
    "User",
    "guid_for",
    "load_scenario",
]
