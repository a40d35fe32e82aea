"""Questions to analyzers that somebody waits for: cameras in the network, a camera's streams, what a stream is.

The question goes out as a command, the answer comes back as a post of its own. Nothing is stored: who is gone when the
answer comes gets none.
"""

import asyncio
import secrets
from typing import Any

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Clock
from doorwatch.server.live.analyzers import AnalyzerHub, AnalyzerLink
from doorwatch.server.waiting import within


class InquiryError(DoorwatchError):
    """The analyzer could not find it out; the text says why."""


class NoAnalyzerError(InquiryError):
    """Nobody is there to find it out, or does not answer."""


class Inquiries:
    """Who waits for which answer."""

    def __init__(self, analyzers: AnalyzerHub, clock: Clock) -> None:
        self._analyzers = analyzers
        self._clock = clock
        self._waiting: dict[tuple[str, str], asyncio.Future[dict[str, Any]]] = {}

    async def ask_one(
        self, account: str, near: str, question: dict[str, Any], seconds: float, *, command: str = "inspect"
    ) -> dict[str, Any]:
        """What the analyzer that would read the camera `near` says. Raises InquiryError."""
        link = self._analyzers.link_of(account, near)
        if link is None:
            raise NoAnalyzerError(_NOBODY)
        return await self.ask(link, question, seconds, command=command)

    async def ask_all(self, account: str, question: dict[str, Any], seconds: float) -> list[dict[str, Any]]:
        """What all analyzers say, those aside that cannot. Raises InquiryError when none can."""
        links = self._analyzers.links(account)
        if not links:
            raise NoAnalyzerError(_NOBODY)
        told = await asyncio.gather(*(self.ask(link, question, seconds) for link in links), return_exceptions=True)
        answers = [one for one in told if isinstance(one, dict)]
        for failed in told if not answers else ():
            if isinstance(failed, BaseException):
                raise failed
        return answers

    def answered(self, account: str, request_id: str, answer: dict[str, Any]) -> bool:
        """An analyzer answers; false when nobody waits for it any more."""
        waiting = self._waiting.get((account, request_id))
        if waiting is None or waiting.done():
            return False
        waiting.set_result(answer)
        return True

    async def ask(
        self, link: AnalyzerLink, question: dict[str, Any], seconds: float, *, command: str = "inspect"
    ) -> dict[str, Any]:
        """What this analyzer says. Raises InquiryError."""
        key = link.account, secrets.token_hex(12)
        answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        try:
            link.tell({"command": command, "request_id": key[1], **question})
            if not await within(self._clock, answer, seconds):
                raise NoAnalyzerError("the analyzer did not answer in time: look at the analyzer's log")
        finally:
            del self._waiting[key]
        told = answer.result()
        if not isinstance(told.get("answer"), dict):
            raise InquiryError(str(told.get("error") or "the analyzer could not answer: look at its log"))
        found: dict[str, Any] = told["answer"]
        return found


_NOBODY = "no analyzer is connected: start `doorwatch analyze`, or run the server with `doorwatch serve`"
