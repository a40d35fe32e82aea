"""Questions about cameras that are not watched yet: which are in the network, which streams one has, what a stream is.

Each is answered in a process of its own (`python -m doorwatch.analyzer.inspection`: the question as JSON on standard
input, so that no password is in an argument list; the answer as JSON on standard output). What a stranger in the
network sends is thus read apart from everything that counts.
"""

import asyncio
import base64
import contextlib
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from doorwatch.analyzer.child import die_with_parent
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Clock

log = structlog.get_logger(__name__)

AT_ONCE = 2
_LONGEST = 60.0
_MOST_WAITING = 20
_LONGEST_SEARCH = 15.0
_LONGEST_WATCH = 30.0

Deliver = Callable[[str, bytes], Awaitable[None]]


class Inspections:
    """Answers questions of the server, a few at a time; `deliver` gets a question's id and the answer as JSON."""

    def __init__(self, deliver: Deliver, clock: Clock) -> None:
        self._deliver = deliver
        self._clock = clock
        self._places = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[str] = set()

    async def answer(self, command: Mapping[str, Any]) -> None:
        """Answer one `inspect` command; asked twice, it is answered once. Raises KeyError for one without an id."""
        request_id = str(command["request_id"])
        if request_id in self._under_way:
            return
        self._under_way.add(request_id)
        try:
            if len(self._under_way) > _MOST_WAITING:
                told = _refusal("the analyzer is asked too much at once: try again in a minute")
            else:
                async with self._places:
                    told = await self._inspect(dict(command))
            await self._deliver(request_id, told)
        finally:
            self._under_way.discard(request_id)

    async def _inspect(self, question: dict[str, Any]) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "doorwatch.analyzer.inspection"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(_LONGEST):
                told, _ = await process.communicate(json.dumps(question).encode())
        except TimeoutError:
            return _refusal("the camera kept the analyzer busy for a minute without an answer: restart the camera")
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode or not told:
            log.error("a question about a camera ended its process", what=question.get("what"), code=process.returncode)
            return _refusal("what the camera sends cannot be read: check its stream settings")
        return told


async def inspected(question: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a question: `{"answer": …}`, or `{"error": sentence}`."""
    kind = question.get("what")
    try:
        if kind == "discover":
            return {"answer": await _discovered(question)}
        if kind == "streams":
            return {"answer": await _streams(question)}
        if kind == "probe":
            return {"answer": await asyncio.to_thread(_probed, question)}
    except DoorwatchError as error:
        return {"error": str(error)}
    return {"error": f"the analyzer does not know the question {kind!r}: update the analyzer"}


async def _discovered(question: Mapping[str, Any]) -> dict[str, Any]:
    from doorwatch.analyzer.onvif import discover  # noqa: PLC0415 - each question loads only what it needs

    found = await discover(min(float(question.get("seconds") or 3.0), _LONGEST_SEARCH))
    return {"cameras": [one.as_mapping() for one in found]}


async def _streams(question: Mapping[str, Any]) -> dict[str, Any]:
    from doorwatch.analyzer.onvif import ask_streams  # noqa: PLC0415 - as above

    user = question.get("user")
    found = await ask_streams(str(question["url"]), str(user) if user else None, str(question.get("password") or ""))
    return found.as_mapping()


def _probed(question: Mapping[str, Any]) -> dict[str, Any]:
    from doorwatch.analyzer.probe import probe  # noqa: PLC0415 - as above

    seconds = min(float(question.get("seconds") or 6.0), _LONGEST_WATCH)
    found = probe(str(question["url"]), seconds=seconds, transport=str(question.get("transport") or "tcp"))
    picture = None if found.picture is None else base64.b64encode(found.picture).decode()
    return {**found.as_mapping(), "picture": picture}


def _refusal(sentence: str) -> bytes:
    return json.dumps({"error": sentence}).encode()


def main() -> None:
    """The process's own side."""
    die_with_parent()
    question = json.load(sys.stdin)
    sys.stdout.write(json.dumps(asyncio.run(inspected(question))))


if __name__ == "__main__":
    main()
