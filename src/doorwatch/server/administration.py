"""Changing an installation from the command line, always through its own HTTP API.

A server elsewhere is named by its address and a token file. A server on this machine is found through the file that it
keeps in its data folder. When none runs, the same application is started on a free local port for the one command, so
that there is one way to change things, with one set of checks and one audit trail.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from doorwatch.domain.errors import DoorwatchError
from doorwatch.server.settings import LOCAL_FILE, Settings

_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)


class AdministrationError(DoorwatchError):
    """A command that was not carried out; the text is the server's own sentence, or says why it can't be reached."""


class Installation:
    """An installation that can be spoken to."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request; its JSON answer, None when there is none. Raises AdministrationError."""
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT, headers=self._headers) as session,
                session.request(method, self._address + path, json=body) as answer,
            ):
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise AdministrationError(
                f"the server at {self._address} can't be reached ({error or type(error).__name__}): is it running?"
            ) from error
        if answer.status >= 400:
            raise AdministrationError(_sentence(text) or f"{method} {path} answered {answer.status}")
        return json.loads(text) if text else None

    async def reachable(self) -> bool:
        """Whether somebody answers there."""
        try:
            await self.call("GET", "/healthz")
        except AdministrationError:
            return False
        return True


@asynccontextmanager
async def installation(
    settings: Settings, server: str | None = None, token_file: Path | None = None
) -> AsyncIterator[Installation]:
    """The installation to speak to: the named server, the one that runs on this machine, or the data folder itself.

    Raises DoorwatchError with one sentence.
    """
    if server is not None:
        yield Installation(server, _token(token_file))
        return
    running = _running(settings.data_dir)
    if running is not None and await running.reachable():
        yield running
        return
    async with _started(settings) as started:
        yield started


async def runs(settings: Settings) -> bool:
    """Whether a server runs on this data folder."""
    running = _running(settings.data_dir)
    return running is not None and await running.reachable()


def _running(data_dir: Path) -> Installation | None:
    try:
        kept = json.loads((data_dir / LOCAL_FILE).read_text())
        return Installation(kept["address"], kept["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _token(token_file: Path | None) -> str:
    if token_file is None:
        raise AdministrationError("--server needs --token-file: a file with a token of the kind api")
    try:
        return token_file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AdministrationError(f"the token can't be read from {token_file}: {error}") from error


@asynccontextmanager
async def _started(settings: Settings) -> AsyncIterator[Installation]:
    """The application on a free local port, without its workers."""
    if settings.database_url is None and not settings.data_dir.is_dir():
        raise AdministrationError(
            f"there is no installation in {settings.data_dir}: name its --data-dir, or start it with doorwatch serve"
        )
    from doorwatch.server.serving import serving_alone  # noqa: PLC0415 - a running server is spoken to without it

    async with serving_alone(settings) as (address, token):
        yield Installation(address, token)


def _sentence(text: str) -> str | None:
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return None
