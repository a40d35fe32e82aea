"""What people say for labels: `piggybacking` is tailgating, `badge refused` access denied, `propped open` held open."""

from collections.abc import Collection
from functools import cache

_BADGES = ("badge", "badges", "card", "cards", "credential", "credentials", "entry", "entries", "entrance", "access")
_REFUSED = ("denied", "refused", "rejected", "declined")
_WITHOUT = ("badge", "badges", "card", "grant", "badging", "swiping", "credential", "authorization", "authorisation")
_DOORS = ("door", "doors")

_SAID: dict[str, tuple[str, ...]] = {
    "tailgating": (
        *("tailgate", "tailgates", "tailgated", "tailgater", "tailgaters", "tail gating", "tail gate", "tail gated"),
        *("piggyback", "piggybacks", "piggybacked", "piggybacking", "piggy backing"),
    ),
    "possible tailgating": ("possible tailgate", "suspected tailgating", "maybe tailgating", "likely tailgating"),
    "unauthorized entry": ("unauthorised entry", "unauthorized entries", "unauthorised entries"),
    "unauthorized access": ("unauthorised access", "unauthorized", "unauthorised"),
    "access denied": (
        *(f"{what} {no}" for what in _BADGES for no in _REFUSED if (what, no) != ("access", "denied")),
        *(f"{no} {what}" for what in _BADGES for no in _REFUSED),
        *("refusal", "refusals", "denials", "rejected", "no access"),
    ),
    "access granted": (
        *("granted access", "granted entry", "entry granted", "badge accepted", "badged in", "badge in", "badge ins"),
        *("granted badges", "badges granted", "badge granted"),
    ),
    "unknown credential": ("unknown badge", "unknown badges", "unknown card", "unknown cards", "unregistered badge"),
    "door held open": (
        *("held open", "propped open", "left open", "open too long", "ajar", "propped", "wedged open", "door ajar"),
        *(f"{door} {how} open" for door in _DOORS for how in ("propped", "left", "kept", "wedged")),
        *(f"{hold} {the}door open" for hold in ("hold", "holds", "holding", "held") for the in ("the ", "a ", "")),
        *("doors held open", "door open too long", "doors open too long", "propped door", "propped doors"),
    ),
    "forced open": (
        *(f"{door} {how}" for door in _DOORS for how in ("forced", "broken open")),
        *(
            "doors forced open",
            "forced door",
            "forced doors",
            "forced entry",
            "forced entries",
            "break in",
            "break ins",
        ),
    ),
    "exit button": ("rex", "exit buttons", "request to exit button", "exit request", "exit requests"),
    "tamper": ("tampering", "tampered", "tamper alarm", "tamper alarms", "door tampering"),
    "door unlocked": ("unlocked door", "unlocked doors", "doors unlocked"),
    "turned back": ("turn back", "turned around", "turning back", "went back"),
    "excess entry": (
        *("excess entries", "excess person", "excess people", "unbadged"),
        *(f"{no} {what}" for no in ("without a", "without", "without any", "with no", "no") for what in _WITHOUT),
    ),
}


@cache
def synonyms() -> dict[str, str]:
    """From what people say, folded, to the label that it means."""
    return {said: label for label, every in _SAID.items() for said in every}


def meant(phrase: str, labels: Collection[str]) -> str | None:
    """The label that a phrase means; None where it is a label itself, or means none."""
    return None if phrase in labels else synonyms().get(phrase)
