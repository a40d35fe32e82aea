"""Reads values.yaml. Every wrong key is one sentence; what is only missing keeps the gateway waiting, not failing."""

import difflib
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.token_form import TokenKind, is_well_formed, kind_of
from doorwatch.gateway.documents import read_yaml
from doorwatch.gateway.keys import (
    ADVANCED,
    GENETEC,
    KEYS,
    QUEUES,
    SECTION_ALIASES,
    SERVER,
    Key,
)
from doorwatch.gateway.values import WrongValueError, is_placeholder, is_unset
from doorwatch.pacs.genetec.event_types import NAMES
from doorwatch.pacs.genetec.settings import DEFAULT_TYPES, GenetecSettings

CHART_KEYS = frozenset(
    {
        "affinity", "caConfigMap", "container", "dns", "existingSecret", "extraEnv", "fullnameOverride", "global",
        "image", "imagePullSecrets", "livenessProbe", "metrics", "nameOverride", "networkPolicy", "nodeSelector",
        "persistence", "podAnnotations", "podDisruptionBudget", "podLabels", "podSecurityContext", "priorityClassName",
        "probes", "readinessProbe", "replicaCount", "resources", "secretKeys", "securityContext", "service",
        "serviceAccount", "serviceMonitor", "startupProbe", "terminationGracePeriodSeconds", "tolerations",
        "topologySpreadConstraints", "updateStrategy", "volumeMounts", "volumes",
    }
)  # fmt: skip
"""Keys that the Helm chart reads: one file serves both."""

_SECTIONS = (SERVER, GENETEC, ADVANCED, *QUEUES)
_FILES = ("camio_auth_token", "acs_app_id", "acs_username", "acs_password")
_NEEDED = ("acs_server_ip", "acs_app_id", "acs_username", "acs_password", "camio_endpoint", "camio_auth_token")


class ConfigError(DoorwatchError):
    """A configuration that cannot be used; one line a wrong key."""


@dataclass(slots=True)
class Config:
    """The values of all keys, by name; those of queues by queue. `missing` keeps the gateway from starting to listen."""

    values: dict[str, Any]
    queues: dict[str, dict[str, Any]]
    warnings: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def secret(self, name: str) -> str | None:
        """A value that may stand in a file, read now: files of Secrets change under a running process."""
        file = self.values.get(f"{name}_file")
        if file is None:
            value: str | None = self.values[name]
            return value
        try:
            text = Path(file).read_text(encoding="utf-8").strip()
        except OSError:
            return None
        return None if is_unset(text) else text

    def find_missing(self) -> list[str]:
        """Needed keys that have no value now, in the order of the guide."""
        return [name for name in _NEEDED if (self.secret(name) if name in _FILES else self.values[name]) is None]

    @property
    def data_dir(self) -> Path:
        """Folder of the spool."""
        return Path(os.environ.get("DOORWATCH_DATA_DIR") or self["data_dir"])

    @property
    def gateway_id(self) -> str:
        """Name of this gateway."""
        return str(self["gateway_id"] or socket.gethostname())

    @property
    def pacs_id(self) -> str:
        """Name of the PACS in event ids."""
        return str(self["pacs_id"] or self["acs_server_ip"]).lower()

    @property
    def types(self) -> tuple[str, ...]:
        """Event types to subscribe."""
        found: tuple[str, ...] = self["acs_door_events"] or DEFAULT_TYPES
        return found

    def url(self, queue: str) -> str:
        """Where a queue is posted to."""
        return f"{self['camio_endpoint']}/{self.queues[queue]['endpoint']}"

    def genetec(self) -> GenetecSettings:
        """How Security Center is reached. Raises ConfigError while something is missing."""
        if missing := self.find_missing():
            raise ConfigError(f"{', '.join(missing)}: not set")
        alternative = None if self["cert_enabled"] else self["cert_disabled_alt_port"]
        return GenetecSettings(
            host=self["acs_server_ip"],
            username=self.secret("acs_username") or "",
            password=self.secret("acs_password") or "",
            app_id=self.secret("acs_app_id") or "",
            port=alternative or self["acs_port"],
            streaming_port=self["acs_streaming_port"],
            base_uri=self["acs_base_uri"],
            tls=self["cert_enabled"],
            verify_tls=self["acs_verify_tls"],
            ca_file=Path(self["acs_ca_file"]) if self["acs_ca_file"] else None,
            fingerprint=self["acs_fingerprint"],
            types=self.types,
            stream_idle=self["acs_stream_idle_seconds"],
            verify_every=self["acs_verify_seconds"],
            parallel_pages=self["max_threads_per_pagination_call"],
        )


def load_config(path: Path) -> Config:
    """Read a file. Raises ConfigError with one line for each thing that is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"the configuration {path} cannot be read ({error.strerror}); name one with --config"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"the configuration {path} is not UTF-8 text ({error.reason}); save it as UTF-8") from None
    try:
        document = read_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigError(
            f"{path}{where}: not YAML ({getattr(error, 'problem', error)}); check indents and quotes"
        ) from None
    if not isinstance(document or {}, Mapping):
        raise ConfigError(f"{path}: expected keys and values, found {type(document).__name__}")
    return read_config(document or {})


def read_config(document: Mapping[str, Any]) -> Config:
    """Read a parsed file. Raises ConfigError with one line for each thing that is wrong."""
    found, problems, warnings = _collect(document)
    config = Config({}, {queue: {} for queue in QUEUES}, warnings)
    for key in KEYS:
        target = config.queues[key.section] if key.section in QUEUES else config.values
        target[key.name] = key.default
        name, value = found.get((key.section, key.name), (key.name, None))
        if is_unset(value):
            if is_placeholder(value):
                warnings.append(f"{name}: the placeholder {_shown(key, value)} was left in; it counts as not set")
            continue
        try:
            target[key.name] = key.read(value)
        except WrongValueError as error:
            problems.append(f"{name}: found {_shown(key, value)}, expected {error}")
    if problems:
        raise ConfigError("\n".join(problems))
    config.missing = config.find_missing()
    warnings += _doubts_about(config.values["camio_auth_token"])
    warnings += _doubtful_types(config.values["acs_door_events"] or ())
    return config


def _doubtful_types(types: Iterable[str]) -> list[str]:
    """Names that nearly are those of event types; others may be those of a newer Security Center."""
    known = {*NAMES.values(), *DEFAULT_TYPES}
    near = {name: difflib.get_close_matches(name, known, n=1, cutoff=0.85) for name in types if name not in known}
    return [
        f"acs_door_events: no event type {name} is known; is {found[0]} meant?" for name, found in near.items() if found
    ]


def _doubts_about(token: object) -> list[str]:
    """What can be told of a token of ours before any server is asked; other servers' tokens are their own affair."""
    text = str(token or "")
    kind = kind_of(text)
    if kind is None:
        return []
    if not is_well_formed(text):
        return [
            "camio_auth_token: a part of the token is missing or mistyped, its checksum does not fit; copy it again"
        ]
    if kind is not TokenKind.GATEWAY:
        return [f"camio_auth_token: found a token of the kind {kind}, expected one of the kind gateway; issue one"]
    return []


def _shown(key: Key, value: Any) -> str:
    if key.secret and not is_placeholder(value):
        return f"a {type(value).__name__}" if not isinstance(value, str) else "text that is not shown"
    return repr(value)


def _collect(document: Mapping[str, Any]) -> tuple[dict[tuple[str, str], tuple[str, Any]], list[str], list[str]]:
    """Values by (section, key), with the name under which each was found; problems; warnings."""
    names = {(key.section, name): key for key in KEYS for name in (key.name, *key.also)}
    anywhere = {name: key for (section, name), key in names.items() if section not in QUEUES}
    found: dict[tuple[str, str], tuple[str, Any]] = {}
    problems: list[str] = []
    warnings: list[str] = []

    def take(key: Key, shown: str, value: Any) -> None:
        place = (key.section, key.name)
        if place in found and not is_unset(found[place][1]) and not is_unset(value) and found[place][1] != value:
            problems.append(f"{shown}: given twice, also as {found[place][0]}, with different values; keep one")
        elif place not in found or is_unset(found[place][1]):
            found[place] = (shown, value)

    for name, value in _flattened(document, problems):
        section, _, inner = name.rpartition("/")
        shown = f"{section}.{inner}" if section else inner
        key = names.get((section, inner)) if section in QUEUES else anywhere.get(inner)
        if key is not None:
            take(key, shown, value)
        elif section or inner not in CHART_KEYS:
            warnings.append(_unknown(shown, inner, names))
    return found, problems, warnings


def _flattened(document: Mapping[str, Any], problems: list[str]) -> Iterator[tuple[str, Any]]:
    """Keys as `section/key`, or `key` at the top level."""
    for name, value in document.items():
        section = SECTION_ALIASES.get(str(name), str(name))
        if section not in _SECTIONS:
            yield f"/{name}".lstrip("/"), value
        elif value is not None and not isinstance(value, Mapping):
            problems.append(f"{name}: found {value!r}, expected a section with keys below it")
        else:
            yield from ((f"{section}/{inner}", inner_value) for inner, inner_value in (value or {}).items())


def _unknown(shown: str, name: str, names: Mapping[tuple[str, str], Key]) -> str:
    near = difflib.get_close_matches(name, [known for _, known in names], n=1)
    return f"{shown}: unknown key, ignored" + (
        f"; is {near[0]} meant?" if near else "; see the reference of values.yaml"
    )
