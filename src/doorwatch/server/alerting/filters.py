"""Filters of callbacks: a search in plain words that narrows what is posted, and why one narrows nothing."""

from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from doorwatch.domain.time import Micros
from doorwatch.search import Query, load_vocabulary, parse
from doorwatch.store.sites import Places


def read_filter(conn: Connection, account: str, search: str, places: Places, now: Micros) -> Query:
    """What a filter looks for, with the names that there are now."""
    return parse(search, load_vocabulary(conn, account, search), now, ZoneInfo(places.default.time_zone))


def problem_of(conn: Connection, account: str, search: str, places: Places, now: Micros) -> str | None:
    """Why a filter can't narrow posts, in a sentence with the cure; None for one that can, and for none.

    A search of a person leaves out what it does not understand and says so; nobody reads that when posts are made.
    """
    if not search.strip():
        return None
    query = read_filter(conn, account, search, places, now)
    if query.like is not None:
        return (
            "a filter by looks ranks what is found and can't tell what is alike enough for a post: no score says from when on "
            "something is; leave out like:"
        )
    if query.every is not None:
        return "a filter looks at each thing alone: leave out what chooses among many, such as every 5 minutes"
    if query.problems or not query.terms:
        why = query.problems[0] if query.problems else f"{search!r} says nothing to look for"
        return f"the filter is not understood ({why}): write it as in the search box"
    return None
