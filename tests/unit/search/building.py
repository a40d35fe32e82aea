"""The building that all of these tests ask about, when they ask, and in which zone."""

from zoneinfo import ZoneInfo

from doorwatch.domain.time import from_iso
from doorwatch.search import Vocabulary

NOW = from_iso("2026-11-25T14:30:00Z")  # a Wednesday, half past three in Berlin
ZONE = ZoneInfo("Europe/Berlin")
BUILDING = Vocabulary(
    doors={
        "d1": "Lobby east",
        "d2": "Lobby west",
        "d3": "Gate 2",
        "d4": "Server room",
        "d5": "Left wing",
        "d6": "Zürich",
    },
    cameras={"c1": "Lobby cam", "c2": "Gate 2", "c3": "Roof", "c4": "Exit right"},
    labels=frozenset({"vip", "contractor", "side in", "exit", "red", "upper red"}),
    looks=True,
    people=("J. Rivera", "Ann Lee", "Rose May", "Will Gate"),
    groups={"North wing": frozenset({"c1", "c3"}), "Contractor": frozenset({"c4"})},
    sites={"Berlin": (frozenset({"d1", "d2"}), frozenset({"c1"})), "Porto": (frozenset({"d6"}), frozenset())},
)
"""Names that are alike in part, and some that are words of the language as well."""
FEW = Vocabulary(doors={"d1": "Lobby east"}, cameras={"c1": "Roof"})
"""Hardly any names, for what words mean without them."""
