"""Does one moment match a search? The same answer as the database's, for moments that have just happened.

Of `every 5 minutes` it knows nothing: that chooses among many.
"""

from doorwatch.domain.appearance import carried_code
from doorwatch.domain.time import SECOND
from doorwatch.search.carrying import codes_of
from doorwatch.search.query import REVIEWED, Query, Term, TermKind
from doorwatch.store.engine.folding import fold, folded_for_search
from doorwatch.store.moments import Moment, MomentKind, folded_text


def matches(query: Query, moment: Moment) -> bool:
    """Whether the moment has what the query asks for; an empty query matches all.

    Of what is ranked by looks nothing matches by itself: no score says by which it would be alike.
    """
    if query.like is not None:
        return False
    return all(any(_has(moment, term) for term in group) for group in query.alternatives()) and not any(
        _has(moment, term) for term in query.excluded()
    )


def _has(moment: Moment, term: Term) -> bool:  # noqa: C901, PLR0911  (one for each kind)
    match term.kind:
        case TermKind.DOOR | TermKind.CAMERA | TermKind.PLACE | TermKind.ZONE:
            return moment.door_id in term.doors or not term.cameras.isdisjoint(moment.camera_ids)
        case TermKind.LABEL:
            return term.value in {fold(label) for label in moment.labels}
        case TermKind.COLOUR:
            return term.value in {*moment.appearance.labels(), *(fold(label) for label in moment.labels)}
        case TermKind.CARRYING:
            labelled = term.value in {fold(label) for label in moment.labels}
            return labelled or carried_code(moment.appearance.carried) in codes_of(term.value)
        case TermKind.PERSON:
            return _begins(folded_for_search(moment.actor_name, moment.actor_id), term.value) or _tells(moment, term)
        case TermKind.REVIEW if term.value == "reviewed":
            return moment.review in REVIEWED
        case TermKind.KIND | TermKind.DIRECTION | TermKind.REVIEW | TermKind.STATE:
            return bool(getattr(moment, term.kind.value) == term.value)
        case TermKind.TIME:
            return term.span is not None and term.span.holds(moment.at)
        case TermKind.SCHEDULE:
            return term.schedule is not None and term.schedule.holds(moment.at)
        case TermKind.COUNT:
            return _counts(moment, term)
        case TermKind.TEXT:
            return _mentions(moment, term)


def _tells(moment: Moment, term: Term) -> bool:
    return moment.kind is MomentKind.INCIDENT and term.is_name and _says(moment, term.value)


def _says(moment: Moment, value: str) -> bool:
    return _begins(folded_text(moment.kind, moment.title, moment.detail) or "", value)


def _counts(moment: Moment, term: Term) -> bool:
    if term.count is None:
        return False
    if term.count.what == "dwell":
        dwell = moment.appearance.dwell
        return dwell is not None and term.count.holds(dwell // SECOND)
    number = {"people": moment.people, "grants": moment.grants, "excess": moment.excess}[term.count.what]
    return number is not None and term.count.holds(number)


def _mentions(moment: Moment, term: Term) -> bool:
    return (
        moment.door_id in term.doors
        or not term.cameras.isdisjoint(moment.camera_ids)
        or any(_begins(f" {fold(label)}", term.value) for label in moment.labels)
        or _begins(folded_for_search(moment.actor_name, moment.actor_id), term.value)
        or _says(moment, term.value)
    )


def _begins(folded: str, value: str) -> bool:
    return f" {value}" in folded
