"""The rule a second time, written from its thirteen points alone: slow, by trying every distribution of the admissions.

One camera that saw everything, a PACS that told everything, one leaf. It shares no line with the product.
"""

from dataclasses import dataclass

SECOND = 1_000_000
REACH = 30 * SECOND
GRANTS = {"AccessGranted"}
REFUSALS = {"AccessRefused", "AccessDenied"}
OPENED, CLOSED = {"DoorOpen"}, {"DoorClose"}
UNLOCKED = {"DoorScheduledUnlock", "DoorManuallyUnlocked"}
LOCKED = {"DoorScheduledLock", "DoorLock", "DoorSecured"}


@dataclass(frozen=True)
class Told:
    """An incident, in what can be compared. `sure` says that nobody had to give up what was preferred."""

    kind: str
    start: int
    end: int
    people: int
    excess: int
    crossings: tuple
    grants: tuple
    sure: bool


class Oracle:
    """What ought to be said of a door. Events and crossings need no order."""

    def __init__(self, events, crossings, policy):
        self.policy = policy
        self.events = sorted(
            ((event.at - policy.clock_offset, _rank(event.event_type), event.event_id, event) for event in events),
            key=lambda one: one[:3],
        )
        self.crossings = sorted(crossings, key=_order)
        self.admissions = [one for at, _, _, event in self.events for one in self._admissions(at, event)]
        self.back_at, self.ways_back = self._turned_back()
        self.taken, self.sure = {}, True
        self._assign()

    def incidents(self):
        """All of them, in order."""
        excess = [
            one
            for one in self._controlled()
            if one.crossing_id not in self.taken and one.crossing_id not in self.back_at and not self._unlocked(one.at)
        ]
        groups = []
        for one in excess:
            last = groups[-1] if groups else None
            if last and one.at - last[-1].at < self.policy.group_gap and one.at - last[0].at <= 60 * SECOND:
                last.append(one)
            else:
                groups.append([one])
        return [self._told(group) for group in groups]

    def _admissions(self, at, event):
        if event.event_type not in GRANTS:
            return []
        end = max([at + self.policy.grant_after, *(min(close, at + REACH) for close in self._closings(at))])
        first = at - self.policy.grant_before
        return [
            (event.side is None, end, at, event.event_id, guest, first, event.side)
            for guest in range(1 + self.policy.guests_per_grant)
        ]

    def _closings(self, at):
        """When the door closed again that was open at the grant, and the one that opened soon after it."""
        contacts = [
            (when, event.event_type) for when, _, _, event in self.events if event.event_type in OPENED | CLOSED
        ]
        before = [index for index, (when, _) in enumerate(contacts) if when <= at]
        openings = before[-1:] if before and contacts[before[-1]][1] in OPENED else []
        soon = [
            index
            for index, (when, kind) in enumerate(contacts)
            if at < when <= at + self.policy.grant_after and kind in OPENED
        ]
        for opening in [*openings, *soon[:1]]:
            closings = [when for when, kind in contacts[opening + 1 :] if kind in CLOSED]
            yield closings[0] if closings else at + REACH

    def _turned_back(self):
        back_at, ways_back, last = {}, set(), {}
        for one in self.crossings:
            before = last.pop(one.track, None)
            if (
                before is not None
                and one.continuous
                and one.direction is not before.direction
                and one.at - before.at <= 5 * SECOND
            ):
                back_at[before.crossing_id] = one.at
                ways_back.add(one.crossing_id)
            else:
                last[one.track] = one
        return back_at, ways_back

    def _controlled(self):
        wanted = self.policy.controlled_direction
        return [
            one for one in self.crossings if wanted.includes(one.direction) and one.crossing_id not in self.ways_back
        ]

    def _assign(self):
        admitted = []
        for one in self._controlled():
            if self.back_at.get(one.crossing_id) == one.at:
                continue
            found = self._distribute([*admitted, one], {})
            if found is not None:
                self.sure &= all(found[key] == admission for key, admission in self.taken.items())
                self.taken = found
                admitted.append(one)

    def _distribute(self, people, taken):
        """An admission for each of these people, or None, by trying them all."""
        if len(taken) == len(people):
            return dict(taken)
        one = people[len(taken)]
        for admission in sorted(self.admissions, key=lambda known: known[:5]):
            _, end, _, _, _, first, way = admission
            fits = first <= one.at <= end and way in {None, one.direction}
            if fits and not any(used == admission and not self._is_back(who, one.at) for who, used in taken.items()):
                found = self._distribute(people, {**taken, one.crossing_id: admission})
                if found is not None:
                    return found
        return None

    def _is_back(self, crossing_id, at):
        return crossing_id in self.back_at and self.back_at[crossing_id] <= at

    def _unlocked(self, at):
        states = [
            event.event_type
            for when, _, _, event in self.events
            if when <= at and event.event_type in UNLOCKED | LOCKED
        ]
        return bool(states) and states[-1] in UNLOCKED

    def _told(self, group):
        first, last = group[0], group[-1]
        ways = {one.direction for one in group}
        admitted = [one for one in self._controlled() if one.crossing_id in self.taken and one.direction in ways]
        before = [
            one
            for one in admitted
            if _order(one) < _order(first)
            and first.at - one.at < self.policy.group_gap
            and not self._is_back(one.crossing_id, first.at)
        ]
        near = [one for one in before if one is before[-1] or self.taken[one.crossing_id][1] >= first.at]
        near += [
            one
            for one in admitted
            if _order(first) < _order(one) < _order(last)
            and any(one.at <= other.at and not self._is_back(one.crossing_id, other.at) for other in group)
        ]
        return Told(
            self._kind(first, near),
            first.at,
            last.at,
            len(group) + len(near),
            len(group),
            tuple(sorted(one.crossing_id for one in (*group, *near))),
            tuple(sorted({self.taken[one.crossing_id][3] for one in near})),
            self.sure,
        )

    def _kind(self, first, near):
        refused = [
            when
            for when, _, _, event in self.events
            if event.event_type in REFUSALS
            and first.at - self.policy.grant_after <= when <= first.at
            and event.side in {None, first.direction}
        ]
        if refused and not any(
            one.direction is first.direction
            and one.at >= refused[-1]
            and _order(one) < _order(first)
            and not self._is_back(one.crossing_id, first.at)
            for one in self.crossings
            if one.crossing_id in self.taken
        ):
            return "entry_after_refusal"
        return "tailgating" if near else "unauthorized_entry"


def _rank(event_type):
    if event_type in UNLOCKED | LOCKED:
        return 0
    return 1 if event_type in OPENED | CLOSED else 2


def _order(crossing):
    return (crossing.at, crossing.crossing_id)
