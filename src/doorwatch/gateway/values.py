"""How values of values.yaml are read. Each reader takes what YAML gave and raises WrongValueError with what it expected."""

import re
from collections.abc import Callable
from typing import Any

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_SIZES = {
    "": 1,
    "k": 1000,
    "m": 1000**2,
    "g": 1000**3,
    "t": 1000**4,
    "ki": 1 << 10,
    "mi": 1 << 20,
    "gi": 1 << 30,
    "ti": 1 << 40,
}
_GUESSED = re.compile(r"^(INSERT|REPLACE|CHANGE|YOUR|ENTER)[_ -].*$", re.IGNORECASE)


class WrongValueError(Exception):
    """A value that the key does not take; the text says what is expected."""


def is_unset(value: Any) -> bool:
    """Whether a value means "not set": nothing, None in any spelling, empty, or a placeholder that was left in."""
    if value is None:
        return True
    return isinstance(value, str) and (
        value.strip().lower() in {"", "none", "null", "~"} or bool(_GUESSED.match(value.strip()))
    )


def is_placeholder(value: Any) -> bool:
    """Whether a value is one of the guide's placeholders."""
    return isinstance(value, str) and bool(_GUESSED.match(value.strip()))


def plain(value: Any) -> str:
    """Text; numbers are taken as they were written."""
    if isinstance(value, bool):
        raise WrongValueError("text; put quotes around a word that YAML takes for true or false")
    if not isinstance(value, str | int | float):
        raise WrongValueError("text")
    return str(value).strip()


def file_path(value: Any) -> str:
    """Where a file or a folder lies."""
    if not isinstance(value, str):
        raise WrongValueError("a path such as /etc/doorwatch/ca.pem")
    return value.strip()


def flag(value: Any) -> bool:
    """True or false, in the spellings that people use."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "yes", "on", "1"}:
        return True
    if isinstance(value, str) and value.strip().lower() in {"false", "no", "off", "0"}:
        return False
    raise WrongValueError("true or false")


def whole(least: int, most: int) -> Callable[[Any], int]:
    """A reader of whole numbers."""

    def read(value: Any) -> int:
        expected = f"a whole number from {least} to {most}"
        if isinstance(value, bool) or not re.fullmatch(r"-?\d+", str(value).strip()):
            raise WrongValueError(expected)
        if not least <= int(value) <= most:
            raise WrongValueError(expected)
        return int(value)

    return read


def seconds(least: float, most: float, *, auto: bool = False) -> Callable[[Any], float | None]:
    """A reader of lengths of time: numbers are seconds, or with a unit as in 500ms, 30s, 5m, 2h, 1d."""

    def read(value: Any) -> float | None:
        if auto and isinstance(value, str) and value.strip().lower() == "auto":
            return None
        expected = f"seconds from {least:g} to {most:g}, or as in 30s, 5m, 2h" + (", or auto" if auto else "")
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)?", str(value).strip())
        if isinstance(value, bool) or match is None:
            raise WrongValueError(expected)
        length = float(match[1]) * _UNITS[match[2] or "s"]
        if not least <= length <= most:
            raise WrongValueError(expected)
        return length

    return read


def size_in_bytes(value: Any) -> int:
    """A size such as 512Mi or 8Gi, in bytes."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]i?|)b?", str(value).strip().lower())
    if isinstance(value, bool) or match is None or float(match[1]) * _SIZES[match[2]] < 1 << 20:
        raise WrongValueError("a size of at least 1Mi, as in 512Mi or 8Gi")
    return int(float(match[1]) * _SIZES[match[2]])


def choice(*names: str) -> Callable[[Any], str]:
    """A reader of one of several words, in any case; they are told as they are spelled here."""

    def read(value: Any) -> str:
        for name in names:
            if isinstance(value, str) and value.strip().lower() == name.lower():
                return name
        raise WrongValueError(" or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0])

    return read


def event_names(value: Any) -> tuple[str, ...]:
    """Names of event types: a list, or text with commas."""
    expected = "a list of event names such as AccessGranted"
    if isinstance(value, str):
        value = [part for part in re.split(r"[,\s]+", value) if part]
    if not isinstance(value, list) or not value:
        raise WrongValueError(expected)
    for name in value:
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z]\w*", name.strip()):
            raise WrongValueError(f"{expected}; {name!r} is none")
    return tuple(dict.fromkeys(name.strip() for name in value))


def address(value: Any) -> str:
    """An http or https address, without the slash at its end."""
    text = str(value).strip()
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", text):
        raise WrongValueError("an address such as https://doorwatch.example.com/api/pacs")
    return text.rstrip("/")


def host_name(value: Any) -> str:
    """A host name or an IP address; brackets of IPv6 are taken off."""
    text = str(value).strip()
    if not re.fullmatch(r"[A-Za-z0-9._-]+|\[?[0-9A-Fa-f:.]+\]?", text):
        raise WrongValueError("a host name or an IP address, without http:// and without a port")
    return text.strip("[]")


def fingerprint(value: Any) -> str:
    """A SHA-256 fingerprint as 64 lower-case digits."""
    text = str(value).replace(":", "").replace(" ", "").strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise WrongValueError("the SHA-256 fingerprint of the certificate, 64 hexadecimal digits")
    return text


def path_part(value: Any) -> str:
    """A path below an address, without slashes around it."""
    text = plain(value).strip("/")
    if not re.fullmatch(r"[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*", text):
        raise WrongValueError("a path such as webhooks")
    return text
