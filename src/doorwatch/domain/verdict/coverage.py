"""Time that was watched: by the cameras of a door, by the gateway at its PACS; its gaps and its growing edge."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

from doorwatch.domain.time import SECOND, Micros
from doorwatch.domain.verdict.inputs import CameraVersion, DoorInputs, Span

STALL = 30 * SECOND
"""How long a verdict waits for a camera or a gateway that lags behind before it is given without."""

CAMERA_GAP = SECOND
"""A camera may miss this much before it is said that it did not see."""

BEGINNING: Micros = -(1 << 62)
END: Micros = 1 << 62


class Coverage:
    """Spans of watched time, merged where they touch.

    What lies after the last span is not a gap yet: the news may be on its way. It becomes one `STALL` after it.
    """

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = merged(spans)
        self._starts = [span.start for span in self.spans]

    @property
    def watermark(self) -> Micros:
        """Until when news have come; the beginning of time when none ever came."""
        return self.spans[-1].end if self.spans else BEGINNING

    def holds_at(self, at: Micros) -> bool:
        """Whether that moment was watched."""
        index = bisect_right(self._starts, at) - 1
        return index >= 0 and at <= self.spans[index].end

    def lags_at(self, at: Micros, now: Micros) -> bool:
        """Whether news of that moment may be on their way: they came until shortly before it, and it is not long ago."""
        return self.watermark < at <= self.watermark + STALL and now < at + STALL

    def may_hold_at(self, at: Micros, now: Micros) -> bool:
        """Whether that moment was watched, or may yet turn out to have been since the news of it lag behind."""
        return self.lags_at(at, now) or self.holds_at(at)

    def has_gap(self, span: Span, now: Micros, *, longer_than: Micros = 0) -> bool:
        """Whether a gap longer than that is known to touch the span; the lagging edge counts once it stalled."""
        index = bisect_right(self._starts, span.start)
        end = self.spans[index - 1].end if index else BEGINNING
        while end < span.end:
            if index == len(self.spans):
                return now >= span.end + STALL
            following = self.spans[index]
            if following.start - end > longer_than and following.start > span.start:
                return True
            end = following.end
            index += 1
        return False

    def reached(self, at: Micros, now: Micros) -> bool:
        """Whether nothing about that time is to be waited for any more."""
        return now >= at and (self.watermark >= at or now >= at + STALL)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in order, those that overlap or touch as one; empty and reversed ones left out."""
    result: list[Span] = []
    for span in sorted(Span(*span) for span in spans):
        if span.end <= span.start:
            continue
        if result and span.start <= result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return tuple(result)


def mapping_spans(mappings: Sequence[CameraVersion]) -> list[tuple[Span, tuple[str, ...]]]:
    """Each version of a door's cameras with the time in which it held; the oldest also before its own beginning."""
    ordered = sorted(mappings, key=lambda version: version.valid_from)
    starts = [BEGINNING, *(version.valid_from for version in ordered[1:]), END]
    return [(Span(starts[index], starts[index + 1] - 1), version.cameras) for index, version in enumerate(ordered)]


def seen_by_cameras(inputs: DoorInputs) -> Coverage:
    """Time in which at least one camera that was mapped then saw the door; all of its leaves, if it has several."""
    if inputs.camera_coverage is None:
        return _everything()
    if not inputs.leaf_mappings:
        return _seen(inputs.mappings, inputs.camera_coverage)
    leaves = set(inputs.leaves.values())
    seen = [_seen(inputs.leaf_mappings.get(leaf, inputs.mappings), inputs.camera_coverage) for leaf in sorted(leaves)]
    common = seen[0].spans
    for other in seen[1:]:
        common = _common(common, other.spans)
    return Coverage(common)


def waited_for(inputs: DoorInputs) -> tuple[Coverage, ...]:
    """What those cameras saw whose word comes before another's: a quicker one does not speak for them."""
    seen = inputs.camera_coverage or {}
    doors = [versions for versions in (inputs.mappings, *inputs.leaf_mappings.values()) if versions]
    newest = [max(versions, key=lambda version: version.valid_from) for versions in doors]
    names = sorted({camera for version in newest for camera in version.cameras[:-1]})
    return tuple(Coverage(seen[name]) for name in names if name in seen)


def _seen(mappings: Sequence[CameraVersion], coverage: Mapping[str, Sequence[Span]]) -> Coverage:
    if not mappings:
        return Coverage(span for spans in coverage.values() for span in spans)
    return Coverage(
        Span(max(span[0], held.start), min(span[1], held.end))
        for held, cameras in mapping_spans(mappings)
        for camera in cameras
        for span in coverage.get(camera, ())
    )


def _common(one: Sequence[Span], other: Sequence[Span]) -> tuple[Span, ...]:
    """What lies in both; each is in order and does not overlap itself."""
    found: list[Span] = []
    first, second = 0, 0
    while first < len(one) and second < len(other):
        start, end = max(one[first].start, other[second].start), min(one[first].end, other[second].end)
        if start < end:
            found.append(Span(start, end))
        if one[first].end < other[second].end:
            first += 1
        else:
            second += 1
    return tuple(found)


def heard_from_pacs(inputs: DoorInputs) -> Coverage:
    """Time for which the PACS's events are known to be here."""
    return _everything() if inputs.pacs_coverage is None else Coverage(inputs.pacs_coverage)


def _everything() -> Coverage:
    return Coverage([Span(BEGINNING, END)])
