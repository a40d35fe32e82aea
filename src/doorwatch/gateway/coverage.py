"""For which time the PACS's events are held by the server: what may be claimed, and what must be taken back.

The server alarms only about time that the gateway says was covered. So a moment is claimed only when the stream was
alive then, and everything that was heard up to it has been delivered; a gap is claimed when what the PACS itself
recorded of it has been delivered too. What was claimed on the strength of a living connection, and proves wrong, is
taken back.
"""

from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from doorwatch.domain.time import Micros

NOTE = "coverage"


class Kept(msgspec.Struct):
    """What survives a restart. `since`: begin of the span that ends in `proved`; `verified`: the last verification.

    `read`: up to where the gap after `proved` was read already; `owed`: from where on the record is to be read once more for
    rows that come late; `ahead`: how far the PACS's clock was ahead of ours.
    """

    since: Micros
    proved: Micros
    verified: Micros
    subscribed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    read: Micros | None = None
    owed: Micros | None = None
    ahead: Micros | None = None


@dataclass(slots=True)
class Gap:
    """Time to be filled from the PACS's record.

    `verified`: the last verification before it; `ahead`: how far the PACS's clock was ahead then; `read`: up to where its
    rows are in the spool; `written`: when the last of them was.
    """

    since: Micros
    until: Micros
    verified: Micros
    ahead: Micros | None = None
    read: Micros | None = None
    written: Micros | None = None


@dataclass(slots=True)
class Look:
    """A second reading of the record; what lies before `since` was read again."""

    since: Micros


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
        self._ahead: Micros | None = kept.ahead if kept else None
        self._gaps: list[Gap] = []
        self._owed: Micros | None = kept.owed if kept else None
        self._looks: list[Look] = []
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
            return replace(self._old, owed=self._owed_since()) if self._old else None
        since = self._old.since if self._old else self._since
        proved = self._gaps[0].since if self._gaps else self._proved
        return self._keep(since, proved, self._verified_before_gap())

    def begin(self, at: Micros, types: tuple[str, ...], refused: tuple[str, ...], ahead: Micros = 0) -> Gap | None:
        """The subscription was verified at that moment; the gap before it, when the stream has just begun.

        `ahead`: how far the PACS's clock is ahead of ours now.
        """
        self.subscribed, self.refused = types, refused
        self._verified = self._proved = self._alive = max(at, self._alive)
        self._ahead = ahead
        if self._since is not None:
            return None
        self._since = at
        if self._old is None:
            return None
        gap = Gap(self._old.proved, at, self._old.verified, self._old.ahead, self._old.read)
        self._gaps.append(gap)
        return gap

    def heard(self, at: Micros, *, proves: bool) -> None:
        """A sign of life at that moment."""
        self._alive = max(self._alive, at)
        if proves:
            self._proved = max(self._proved, at)

    def fill_from(self, gap: Gap, overlap: Micros) -> Micros:
        """Where the filling of a gap begins: an overlap before it, and no later than the last verification before it.

        Where a part of it was read before, an overlap before the end of that part.
        """
        begin = min(gap.since - overlap, gap.verified)
        return begin if gap.read is None else max(begin, gap.read - overlap)

    def missed(self, since: Micros, now: Micros) -> Gap:
        """The stream goes on, but something may be missing since that moment."""
        self._take_back(since)
        start = self._old.since if self._old else self._since
        gap = Gap(since, now, since, self._ahead)
        self._gaps.append(gap)
        last = min(one.since for one in self._gaps)
        self._old = self._keep(min(start or last, last), last, last)
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
        self._old = self._keep(min(since, last), last, verified)
        self._gaps.clear()
        self._since = None
        self._alive = self._proved

    def filled(self, gap: Gap, now: Micros) -> None:
        """All rows of a gap are in the spool."""
        gap.written = now

    def owe(self, since: Micros) -> None:
        """The record is to be read from there once more, for rows that come late: by this process or by the next one."""
        self._owed = min(since, self._owed) if self._owed is not None else since

    def look(self) -> Look | None:
        """All that is owed, which is being paid from now on."""
        if self._owed is None:
            return None
        look, self._owed = Look(self._owed), None
        self._looks.append(look)
        return look

    def looked(self, look: Look) -> None:
        """It was read once more."""
        self._looks.remove(look)

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

    def set_clock(self, jump: Micros) -> None:
        """Our clock was set by so much: what is in the books is told by the new one. What the server believes is not."""
        if self._since is not None:
            self._since += jump
        if self._old is not None:
            for name in ("since", "proved", "verified", "read"):
                setattr(self._old, name, _moved(getattr(self._old, name), jump))
            self._old.ahead = _moved(self._old.ahead, -jump)
        for gap in self._gaps:
            for name in ("since", "until", "verified", "read"):
                setattr(gap, name, _moved(getattr(gap, name), jump))
            gap.ahead = _moved(gap.ahead, -jump)
        for look in self._looks:
            look.since += jump
        self._alive += jump
        self._proved += jump
        self._verified += jump
        self._owed, self._ahead = _moved(self._owed, jump), _moved(self._ahead, -jump)
        self._take_back(self._proved)

    def _keep(self, since: Micros, proved: Micros, verified: Micros) -> Kept:
        return Kept(
            since,
            proved,
            verified,
            self.subscribed,
            self.refused,
            self._read_up_to(proved),
            self._owed_since(),
            self._gaps[0].ahead if self._gaps else self._ahead,
        )

    def _read_up_to(self, proved: Micros) -> Micros | None:
        """Up to where nothing is missing of what was not delivered yet; None when that is not beyond what is proved."""
        if not self._gaps:
            return None
        open_ = [gap.since if gap.read is None else gap.read for gap in self._gaps if gap.written is None]
        # where all is read, what came by the stream goes on from there
        read = min(open_, default=min(self._proved, self._verified))
        return read if read > proved else None

    def _owed_since(self) -> Micros | None:
        return min(
            (since for since in (self._owed, *(look.since for look in self._looks)) if since is not None), default=None
        )

    def _verified_before_gap(self) -> Micros:
        return self._old.verified if self._old else self._verified

    def _close_gaps(self, oldest: Micros | None) -> None:
        if self._gaps and all(g.written is not None and (oldest is None or oldest > g.written) for g in self._gaps):
            if self._old is not None and self._since is not None:
                self._since = min(self._since, self._old.since)
            self._gaps.clear()
            self._old = None

    def _take_back(self, since: Micros) -> None:
        if self._said > since:
            self._retract = min(since, self._retract or since)


def _moved(at: Micros | None, by: Micros) -> Micros | None:
    return None if at is None else at + by
