"""The analyzers that are connected: what each is told, bounded, so that a stuck one holds nobody up.

Commands are idempotent and the newest `configure` wins, so a command that is lost with a connection is not lost: what
still matters is told again after the next connect. Cameras are spread over the connected analyzers by rendezvous
hashing: one more analyzer takes some cameras, one less gives its cameras to the others, and the rest stay.
"""

import asyncio
import hashlib
import itertools
from collections.abc import Iterable
from typing import Any

Command = dict[str, Any]

MOST_WAITING = 2000


class AnalyzerLink:
    """One connected analyzer."""

    def __init__(self, account: str, name: str) -> None:
        self.account = account
        self.name = name
        self.replaced = asyncio.Event()
        self._commands: asyncio.Queue[Command] = asyncio.Queue(MOST_WAITING)

    def tell(self, command: Command) -> None:
        """Queue a command; an analyzer that takes none any more is disconnected, to come back and be told afresh."""
        try:
            self._commands.put_nowait(command)
        except asyncio.QueueFull:
            self.replaced.set()

    async def next(self) -> Command:
        """The next command for it."""
        return await self._commands.get()


class AnalyzerHub:
    """All connected analyzers by account and token."""

    def __init__(self, first_revision: int) -> None:
        self._links: dict[str, dict[str, AnalyzerLink]] = {}
        # Revisions grow over restarts too, since they begin at the time of the start.
        self._revisions = itertools.count(first_revision)

    def join(self, account: str, name: str) -> AnalyzerLink:
        """A new connection; a former one with the same token is replaced."""
        links = self._links.setdefault(account, {})
        former = links.get(name)
        if former is not None:
            former.replaced.set()
        links[name] = link = AnalyzerLink(account, name)
        return link

    def leave(self, link: AnalyzerLink) -> bool:
        """A connection ended; whether it was the current one of its token."""
        links = self._links.get(link.account, {})
        if links.get(link.name) is not link:
            return False
        del links[link.name]
        return True

    def links(self, account: str) -> list[AnalyzerLink]:
        """The account's connected analyzers."""
        return list(self._links.get(account, {}).values())

    def link_of(self, account: str, camera_id: str) -> AnalyzerLink | None:
        """The analyzer that reads this camera; None when none is connected."""
        links = self._links.get(account, {})
        if not links:
            return None
        return links[max(links, key=lambda name: _weight(name, camera_id))]

    def configure(self, account: str, cameras: Iterable[Command]) -> None:
        """Tell each analyzer its cameras."""
        share: dict[AnalyzerLink, list[Command]] = {link: [] for link in self.links(account)}
        for camera in cameras:
            link = self.link_of(account, camera["camera_id"])
            if link is not None:
                share[link].append(camera)
        revision = next(self._revisions)
        for link, theirs in share.items():
            link.tell({"command": "configure", "revision": revision, "cameras": theirs})

    def tell_camera(self, account: str, camera_id: str, command: Command) -> bool:
        """Tell the analyzer of one camera; false when none is connected."""
        link = self.link_of(account, camera_id)
        if link is None:
            return False
        link.tell(command)
        return True

    def tell_all(self, account: str, command: Command) -> None:
        """Tell all analyzers of an account."""
        for link in self.links(account):
            link.tell(command)


def _weight(name: str, camera_id: str) -> bytes:
    return hashlib.sha256(f"{name}\0{camera_id}".encode()).digest()
