"""The words of people's names, and of what incidents and messages about the system say: by them search finds the few."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete

from doorwatch.domain.time import Micros
from doorwatch.store.engine.asking import Sql, joined
from doorwatch.store.engine.sql import Bulk, insert
from doorwatch.store.schema.happenings import actor_words, moment_words

_LAST = "\U0010ffff"


class Told(NamedTuple):
    """What a moment says: its number, when it happened, and its folded text."""

    number: int
    at: Micros
    folded: str | None


def write(conn: Connection, tenant: int, told: Iterable[Told], former: Iterable[Told] = ()) -> None:
    """Let moments of an account, given by its number, be found by the words of their texts, no longer by former ones."""
    rows, gone = set(_rows(tenant, told)), set(_rows(tenant, former))
    if left := sorted(gone - rows):
        conn.execute(_FORGET, [dict(zip(_BY, row, strict=True)) for row in left])
    _MORE.run(conn, sorted(rows - gone))


def _rows(tenant: int, told: Iterable[Told]) -> Iterable[tuple[int, str, Micros, int]]:
    for one in told:
        for word in (one.folded or "").split():
            yield tenant, word, one.at, one.number


_BY = ("_account", "_word", "_at", "_number")
_FORGET = delete(moment_words).where(
    *(column == bindparam(name) for column, name in zip(moment_words.columns, _BY, strict=True))
)
_MORE = Bulk(
    moment_words,
    [column.name for column in moment_words.columns],
    lambda statement: statement.on_conflict_do_nothing(),
)


def beginning_so(tenant: int, word: str, most: int) -> Sql:
    """Asks for the words of moments that begin so, one after the other, at most so many: each is one look at the index."""
    least = "SELECT MIN(word) FROM moment_words WHERE account = ? AND word"
    return Sql(
        f"WITH RECURSIVE found(word) AS ({least} >= ? AND word < ? UNION ALL "
        f"SELECT ({least} > found.word AND word < ?) FROM found WHERE found.word IS NOT NULL) "
        "SELECT word FROM found WHERE word IS NOT NULL LIMIT ?",
        (tenant, word, word + _LAST, tenant, word + _LAST, most),
    )


def having(tenant: int, word: str) -> Sql:
    """Whether a row of `moment_words` tells of this word; such rows are in the order of time."""
    return Sql("moment_words.account = ? AND moment_words.word = ?", (tenant, word))


def having_begun(tenant: int, word: str) -> Sql:
    """Whether a row of `moment_words` tells of a word that begins so; such rows are in no order of time."""
    where = "moment_words.account = ? AND moment_words.word >= ? AND moment_words.word < ?"
    return Sql(where, (tenant, word, word + _LAST))


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


def people_called(account: str, phrase: str) -> Sql:
    """Asks for the keys of people in whose name or id folded words stand so, the last of them as it begins."""
    *whole, last = phrase.split(" ")
    # Longer words are rarer: hundreds may be called Ada.
    longest = max(phrase.split(" "), key=len)
    begins = Sql("word >= ? AND word < ?", (last, last + _LAST)) if longest == last else Sql("word = ?", (longest,))
    keys = joined([Sql("SELECT DISTINCT actor_key FROM actor_words WHERE account_id = ? AND", (account,)), begins])
    if not whole:
        return keys
    return Sql(
        f"SELECT actor_key FROM actors WHERE account_id = ? AND actor_key IN ({keys.text}) AND folded LIKE ?",
        (account, *keys.values, f"% {phrase}%"),
    )
