"""For which time the PACS's events are held by the server: what may be claimed, and what must be taken back.

The server alarms only about time that the gateway says was covered. So a moment is claimed only when the stream was
alive then, and everything that was heard up to it has been delivered; a gap is claimed when what the PACS itself
recorded of it has been delivered too. What was claimed on the strength of a living connection, and proves wrong, is
taken back.
"""

from dataclasses import dataclass

import msgspec

from doorwatch.domain.time import Micros

NOTE = "coverage"


class Kept(msgspec.Struct):
    """What survives a restart. `since`: begin of the span that ends in `proved`; `verified`: the last verification."""

    since: Micros
    proved: Micros
    verified: Micros
    subscribed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(slots=True)
class Gap:
    """Time to be filled from the PACS's record; `written` is when the last row of it was in the spool."""

    since: Micros
    until: Micros
    written: Micros | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What is posted: covered from, until, and where what was said before must be taken back."""

    since: Micros
    until: Micros
    uncovered_from: Micros | None


class Coverage:
    """Keeps the books; no clock, no I/O. Times are microseconds of the gateway's clock."""

    def __init__(self, kept: Kept | None = None) -> None:
        self._since: Micros | None = None  # begin of the span that is being heard
        self._old = kept  # the span before the gap that is being filled
        self._alive: Micros = kept.proved if kept else 0
        self._proved: Micros = kept.proved if kept else 0
        self._verified: Micros = kept.verified if kept else 0
        self._gaps: list[Gap] = []
        self._said: Micros = 0
        # nobody knows how much more than was proved the process before this one had claimed
        self._retract: Micros | None = kept.proved if kept else None
        self.subscribed: tuple[str, ...] = kept.subscribed if kept else ()
        self.refused: tuple[str, ...] = kept.refused if kept else ()

    @property
    def listening(self) -> bool:
        """Whether the stream is open and subscribed."""
        return self._since is not None

    @property
    def kept(self) -> Kept | None:
        """What to keep for the next start."""
        if self._since is None:
            return self._old
        since = self._old.since if self._old else self._since
        proved = self._gaps[0].since if self._gaps else self._proved
        return Kept(since, proved, self._verified_before_gap(), self.subscribed, self.refused)

    def begin(self, at: Micros, types: tuple[str, ...], refused: tuple[str, ...]) -> Gap | None:
        """The subscription was verified at that moment; the gap before it, when the stream has just begun."""
        self.subscribed, self.refused = types, refused
        self._verified = self._proved = self._alive = max(at, self._alive)
        if self._since is not None:
            return None
        self._since = at
        if self._old is None:
            return None
        gap = Gap(self._old.proved, at)
        self._gaps.append(gap)
        return gap

    def heard(self, at: Micros, *, proves: bool) -> None:
        """A sign of life at that moment."""
        self._alive = max(self._alive, at)
        if proves:
            self._proved = max(self._proved, at)

    def fill_from(self, gap: Gap, overlap: Micros) -> Micros:
        """Where the filling of a gap begins: an overlap before it, and no later than the last verification before it."""
        verified = self._old.verified if self._old else gap.since
        return min(gap.since - overlap, verified)

    def missed(self, since: Micros, now: Micros) -> Gap:
        """The stream goes on, but something may be missing since that moment."""
        self._take_back(since)
        start = self._old.since if self._old else self._since
        gap = Gap(since, now)
        self._gaps.append(gap)
        last = min(one.since for one in self._gaps)
        self._old = Kept(min(start or last, last), last, last, self.subscribed, self.refused)
        self._since = now
        return gap

    def end(self, proved: Micros | None = None) -> None:
        """The stream is over; `proved`: nothing later counts as heard."""
        if self._since is None:
            return
        if proved is not None:
            self._proved = min(self._proved, proved)
        self._take_back(self._proved)
        since = self._old.since if self._old else self._since
        # a gap that was not filled yet goes on: it began where the last whole span ended
        last = self._gaps[0].since if self._gaps else self._proved
        verified = min(self._verified_before_gap(), last)
        self._old = Kept(min(since, last), last, verified, self.subscribed, self.refused)
        self._gaps.clear()
        self._since = None
        self._alive = self._proved

    def filled(self, gap: Gap, now: Micros) -> None:
        """All rows of a gap are in the spool."""
        gap.written = now

    def claim(self, now: Micros, idle: Micros, oldest: Micros | None) -> Claim | None:
        """What may be said now; `oldest` is when the oldest event that is not delivered came in (None: all are).

        `idle` is for how long silence is believed.
        """
        self._close_gaps(oldest)
        if self._since is None:
            return self._claim_of_old(oldest)
        until = now if now - self._alive <= idle else self._alive
        if oldest is not None:
            until = min(until, oldest - 1)
        until = max(until, self._since)
        return Claim(self._since, until, self._retract)

    def _claim_of_old(self, oldest: Micros | None) -> Claim | None:
        old = self._old
        if old is None:
            return None
        until = old.proved if oldest is None else min(old.proved, oldest - 1)
        return Claim(old.since, until, self._retract) if until >= old.since else None

    def said(self, claim: Claim) -> None:
        """The server took a claim."""
        self._said = max(self._said if claim.uncovered_from is None else 0, claim.until)
        if claim.uncovered_from == self._retract:
            self._retract = None

    def _verified_before_gap(self) -> Micros:
        return self._old.verified if self._gaps and self._old else self._verified

    def _close_gaps(self, oldest: Micros | None) -> None:
        if self._gaps and all(g.written is not None and (oldest is None or oldest > g.written) for g in self._gaps):
            if self._old is not None and self._since is not None:
                self._since = min(self._since, self._old.since)
            self._gaps.clear()
            self._old = None

    def _take_back(self, since: Micros) -> None:
        if self._said > since:
            self._retract = min(since, self._retract or since)
