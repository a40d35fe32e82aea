"""The words of people's names, and of what incidents and messages about the system say: by them search finds the few."""

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, select

from doorwatch.store.engine.sql import chunks, insert
from doorwatch.store.schema.happenings import actor_words, actors, moment_words, moments

_LAST = "\U0010ffff"


def write(conn: Connection, account: str, numbers: Iterable[int]) -> None:
    """Let moments be found by the words of their texts as these are now, and by no others."""
    for piece in chunks(sorted(set(numbers))):
        conn.execute(delete(moment_words).where(moment_words.c.number.in_(piece)))
        told = select(moments.c.number, moments.c.folded).where(
            moments.c.number.in_(piece), moments.c.folded.is_not(None)
        )
        rows = [
            {"account_id": account, "word": word, "number": row.number}
            for row in conn.execute(told).all()
            for word in sorted(set(row.folded.split()))
        ]
        if rows:
            conn.execute(insert(conn, moment_words).on_conflict_do_nothing(), rows)


def having(account: str, phrase: str) -> Select[tuple[int]]:
    """The numbers of moments in which the first of folded words occurs, or begins a word when it is the only one."""
    return select(moment_words.c.number).where(
        moment_words.c.account_id == account, _begins(moment_words.c.word, phrase)
    )


def name(conn: Connection, account: str, folded: Mapping[int, str]) -> None:
    """Let people be found by these words, too."""
    rows = [
        {"account_id": account, "word": word, "actor_key": key}
        for key, words in folded.items()
        for word in sorted(set(words.split()))
    ]
    if rows:
        conn.execute(insert(conn, actor_words).on_conflict_do_nothing(), rows)


def forget(conn: Connection, account: str, actor_keys: Iterable[int]) -> None:
    """Find these people by no word any more."""
    mine = (actor_words.c.account_id == account, actor_words.c.actor_key.in_(sorted(actor_keys)))
    conn.execute(delete(actor_words).where(*mine))


def people_called(account: str, phrase: str) -> Select[tuple[int]]:
    """The keys of people in whose name or id folded words stand so, the last of them as it begins."""
    query = select(actor_words.c.actor_key).where(
        actor_words.c.account_id == account, _begins(actor_words.c.word, phrase)
    )
    if " " not in phrase:
        return query.distinct()
    return select(actors.c.actor_key).where(
        actors.c.account_id == account, actors.c.actor_key.in_(query), actors.c.folded.like(f"% {phrase}%")
    )


def _begins(column: ColumnElement[str], phrase: str) -> ColumnElement[bool]:
    first, *more = phrase.split(" ")
    return column == first if more else and_(column >= first, column < first + _LAST)
