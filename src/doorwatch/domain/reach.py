"""Which addresses a stranger's address may lead to: somebody who may type one must not make us knock at our own doors.

Refused are this machine, link-local addresses (where clouds keep their metadata), and addresses of nobody. Networks can be
named as exceptions; with `only`, nothing else may be reached. A file may be a camera, too, but only out of folders that were
named for it: else whoever may add a camera could look at any file of the machine.
"""

import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from doorwatch.domain.errors import DoorwatchError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NETWORKS = "DOORWATCH_CAMERA_NETWORKS"
_ONLY = "DOORWATCH_CAMERA_NETWORKS_ONLY"
_FOLDERS = "DOORWATCH_CAMERA_FOLDERS"


class ReachError(DoorwatchError, ValueError):
    """A list of networks that is none; the sentence names the part."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be reached: all but the forbidden addresses, and the named networks; with `only` those alone."""

    networks: tuple[Network, ...] = ()
    only: bool = False

    def refuses(self, address: str) -> bool:
        """Whether an address, written as numbers, may not be reached. Raises ValueError when it is none."""
        ip = ipaddress.ip_address(address.partition("%")[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if any(ip.version == network.version and ip in network for network in self.networks):
            return False
        nobodys = ip.is_multicast or ip.is_unspecified or ip.is_reserved
        return self.only or ip.is_loopback or ip.is_link_local or nobodys


def networks(text: str) -> tuple[Network, ...]:
    """Networks from a list with commas. Raises ReachError."""
    found: list[Network] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        try:
            found.append(ipaddress.ip_network(part, strict=False))
        except ValueError:
            raise ReachError(f"{part!r} is no network: write it as 10.1.0.0/16 or 127.0.0.1/32") from None
    return tuple(found)


def camera_reach(environment: Mapping[str, str] | None = None) -> Reach:
    """Where cameras may be, by `DOORWATCH_CAMERA_NETWORKS` and `DOORWATCH_CAMERA_NETWORKS_ONLY`. Raises ReachError."""
    source: Mapping[str, str] = os.environ if environment is None else environment
    only = source.get(_ONLY, "").strip().lower() in {"1", "true", "yes", "on"}
    return Reach(networks(source.get(_NETWORKS, "")), only)


def camera_folders(environment: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Where files may be that serve as cameras, by `DOORWATCH_CAMERA_FOLDERS`. Raises ReachError."""
    source: Mapping[str, str] = os.environ if environment is None else environment
    return folders(source.get(_FOLDERS, ""))


def folders(text: str) -> tuple[Path, ...]:
    """Folders from a list with commas. Raises ReachError for one that does not begin at the root."""
    found = tuple(Path(part) for part in filter(None, (piece.strip() for piece in text.split(","))))
    for folder in found:
        if not folder.is_absolute():
            raise ReachError(f"{str(folder)!r} is no whole path: write it from the root on, as /srv/video")
    return found


def outside(file: Path, allowed: Sequence[Path]) -> str | None:
    """A sentence when a file, by its true path, lies in none of the folders; None when it lies in one."""
    if any(file.is_relative_to(folder) for folder in allowed):
        return None
    return (
        f"{file} lies in no folder from which files may serve as cameras; if it should, name its folder in {_FOLDERS} of the "
        "analyzer"
    )


def forbidden(host: str, addresses: Sequence[str], reach: Reach) -> str | None:
    """A sentence when one of a host's addresses may not be reached; None when all may."""
    for address in addresses:
        if reach.refuses(address):
            return (
                f"the camera's host {host} leads to {address}, where cameras may not be; if it should, name its network in "
                f"{_NETWORKS} of the analyzer"
            )
    return None
