"""What can be made to go wrong with ordinary answers; what goes wrong with streams is in `stream`."""

from typing import Literal

import msgspec

from doorwatch.domain.time import Clock

_HTML = "<!DOCTYPE html><html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"


class AnswerFault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Answers that are wrong or slow: for `times` requests, or `seconds`, or until cleared, where neither is given."""

    status: int | None = None
    """Answer so instead of the truth; None delays only."""
    body: Literal["html", "empty", "fail", "garbage"] = "html"
    delay: float = 0.0
    path: str = ""
    """Only paths below the base that start so, in lower case."""
    times: int | None = None
    seconds: float | None = None


def fault_body(fault: AnswerFault) -> bytes:
    """What stands in the answer of a request that met this fault."""
    if fault.body == "html":
        return _HTML.format(status=fault.status).encode()
    if fault.body == "fail":
        return (
            b'{"Rsp":{"Status":"Fail","Result":{"SdkErrorCode":"UnexpectedError","Message":"An error was injected"}}}'
        )
    return b"" if fault.body == "empty" else b'{"Rsp":{"Status":"Ok","Resu'


class AnswerFaults:
    """The faults that are armed, oldest first; a request meets the first that fits it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._armed: list[tuple[AnswerFault, float | None]] = []

    def __len__(self) -> int:
        return len(self._armed)

    def arm(self, fault: AnswerFault) -> None:
        """Let requests meet this fault from now on."""
        until = None if fault.seconds is None else self._clock.monotonic() + fault.seconds
        self._armed.append((fault, until))

    def clear(self) -> None:
        """Answer truthfully again."""
        self._armed.clear()

    def meet(self, path: str) -> AnswerFault | None:
        """The fault that a request for this path meets, counted as met."""
        now = self._clock.monotonic()
        self._armed = [(fault, until) for fault, until in self._armed if until is None or now < until]
        for index, (fault, _) in enumerate(self._armed):
            if not path.lower().startswith(fault.path.lower()):
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    del self._armed[index]
            return fault
        return None
