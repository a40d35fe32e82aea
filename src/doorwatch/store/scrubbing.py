"""Taking a person's name, address and id out of the texts in which they stand: found by the database, cut out here."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, Text, cast, delete, func, or_, select, update

from doorwatch.domain.time import Micros
from doorwatch.store import words as moment_words
from doorwatch.store.engine import numbers
from doorwatch.store.engine.folding import fold, folded_for_search
from doorwatch.store.schema.alerting import attempts, mail_links, outbox
from doorwatch.store.schema.happenings import (
    incident_comments,
    incident_revisions,
    incidents,
    member_sets,
    moments,
    set_members,
    stories,
)
from doorwatch.store.schema.people import audit, audit_openings
from doorwatch.store.schema.places import gateway_reports
from doorwatch.store.schema.searching import past_searches, saved_searches
from doorwatch.store.words import Told

GONE = "(erased)"
_SHORTEST = 3
"""Shorter words would be found in the middle of everything."""


@dataclass(frozen=True)
class Words:
    """What a person is called: names, addresses and ids."""

    said: tuple[str, ...]

    @classmethod
    def of(cls, words: Iterable[str | None]) -> "Words":
        """Those that can be looked for, the longest first."""
        kept = {word.strip() for word in words if word and len(word.strip()) >= _SHORTEST}
        return cls(tuple(sorted(kept, key=lambda word: (-len(word), word))))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in self.said) or r"(?!)", re.IGNORECASE)

    @cached_property
    def folded(self) -> frozenset[str]:
        """The words as labels keep them."""
        return frozenset(fold(word) for word in self.said)

    def clean(self, value: Any) -> Any:
        """A text, or whatever JSON holds, without them."""
        if isinstance(value, str):
            return self._pattern.sub(GONE, value)
        if isinstance(value, list):
            return [self.clean(one) for one in value]
        if isinstance(value, dict):
            return {self.clean(name): self.clean(one) for name, one in value.items()}
        return value

    def in_any(self, *columns: Column[Any]) -> ColumnElement[bool]:
        """Whether a column may have one of them; that it really does is seen when the text is cleaned."""
        spelled = {form for word in self.said for form in _spellings(word)}
        return or_(
            *(
                func.lower(cast(column, Text)).contains(form, autoescape=True)
                for column in columns
                for form in sorted(spelled)
            )
        )


def _spellings(word: str) -> set[str]:
    # SQLite lowers ASCII alone, and keeps JSON with other letters escaped.
    ascii_lowered = "".join(c.lower() if c.isascii() else c for c in word)
    plain = {ascii_lowered, word.lower()}
    return plain | {json.dumps(form)[1:-1].lower() for form in plain}


def clean_texts(conn: Connection, account: str, words: Words, kept: Collection[str]) -> dict[str, int]:
    """Clean all texts of an account but those of the incidents in `kept`; how many rows of what changed."""
    if not words.said:
        return {}
    beside = incidents.c.incident_id.not_in(sorted(kept))
    changed = {
        "incidents": _clean(conn, account, words, incidents, ("incident_id",), ("reason", "note"), beside),
        "revisions": _clean(
            conn,
            account,
            words,
            incident_revisions,
            ("incident_id", "revision"),
            ("reason",),
            incident_revisions.c.incident_id.not_in(sorted(kept)),
        ),
        "comments": _clean(
            conn,
            account,
            words,
            incident_comments,
            ("comment_id",),
            ("text",),
            incident_comments.c.incident_id.not_in(sorted(kept)),
        ),
        "moments": _clean_moments(conn, account, words, kept),
        "messages": _clean(
            conn,
            account,
            words,
            outbox,
            ("message_id",),
            ("recipient", "subject", "payload", "error", "dedupe"),
            func.coalesce(outbox.c.incident_id, "").not_in(sorted(kept)),
        ),
        "attempts": _clean(conn, account, words, attempts, ("message_id", "number"), ("error",)),
        "links": _clean(
            conn,
            account,
            words,
            mail_links,
            ("link_id",),
            ("recipient",),
            mail_links.c.incident_id.not_in(sorted(kept)),
        ),
        "reports": _clean(conn, account, words, gateway_reports, ("pacs_id", "kind", "number"), ("body",)),
        "labels": _clean_labels(conn, account, words),
        "saved searches": _clean(conn, account, words, saved_searches, ("saved_search_id",), ("name", "text")),
        "past searches": _forget_searches(conn, account, words),
    }
    with audit_opened(conn, account, "person.erase"):
        changed["audit"] = _clean(conn, account, words, audit, ("number",), ("actor", "subject", "detail"))
    return {name: count for name, count in changed.items() if count}


@contextmanager
def audit_opened(conn: Connection, account: str, act: str, before: Micros | None = None) -> Iterator[None]:
    """Let the database allow what this act does to the trail, in this transaction and until the end of the block."""
    conn.execute(audit_openings.insert().values(account_id=account, act=act, before=before))
    yield
    conn.execute(audit_openings.delete().where(audit_openings.c.account_id == account))


def _clean(
    conn: Connection,
    account: str,
    words: Words,
    table: Table,
    key: Sequence[str],
    columns: Sequence[str],
    condition: ColumnElement[bool] | None = None,
) -> int:
    told = [table.c[name] for name in columns]
    query = select(*(table.c[name] for name in (*key, *columns))).where(
        table.c.account_id == account, words.in_any(*told)
    )
    if condition is not None:
        query = query.where(condition)
    changed = 0
    for row in conn.execute(query).all():
        values = {name: words.clean(getattr(row, name)) for name in columns}
        new = {name: value for name, value in values.items() if value != getattr(row, name)}
        if "dedupe" in new:
            # Messages to two people who were erased would be one else.
            new["dedupe"] += f"#{row.message_id}"
        if new:
            mine = [table.c[name] == getattr(row, name) for name in key]
            changed += conn.execute(update(table).where(table.c.account_id == account, *mine).values(**new)).rowcount
    return changed


def _clean_moments(conn: Connection, account: str, words: Words, kept: Collection[str]) -> int:
    """Titles and details, and what is searched of them; of access events there are none."""
    table, tenant = moments.c, numbers.of_account(conn, account)
    query = select(table.number, table.at, table.title, table.detail, table.folded).where(
        table.account == tenant,
        table.folded.is_not(None),
        func.coalesce(table.incident_id, "").not_in(sorted(kept)),
        words.in_any(table.title, table.detail),
    )
    changed = 0
    for row in conn.execute(query).all():
        title, detail = words.clean(row.title), words.clean(row.detail)
        if (title, detail) != (row.title, row.detail):
            values = {"title": title, "detail": detail, "folded": folded_for_search(title, detail)}
            changed += conn.execute(update(moments).where(table.number == row.number).values(**values)).rowcount
            told = [Told(row.number, row.at, folded) for folded in (values["folded"], row.folded)]
            moment_words.write(conn, tenant, told[:1], told[1:])
    return changed


def _forget_searches(conn: Connection, account: str, words: Words) -> int:
    """Forget that anybody searched the person."""
    mine = past_searches.c.account_id == account
    query = select(past_searches.c.text).where(mine, words.in_any(past_searches.c.text)).distinct()
    named = [text for text in conn.execute(query).scalars() if words.clean(text) != text]
    return conn.execute(delete(past_searches).where(mine, past_searches.c.text.in_(named))).rowcount if named else 0


def _clean_labels(conn: Connection, account: str, words: Words) -> int:
    """Labels that are the person's name or id: some systems send them so. Sets keep their numbers."""
    changed = 0
    mine = (set_members.c.account_id == account, set_members.c.kind == "labels")
    named = select(set_members.c.set_id).where(*mine, set_members.c.member.in_(sorted(words.folded))).distinct()
    for set_id in conn.execute(named).scalars().all():
        here = (member_sets.c.account_id == account, member_sets.c.set_id == set_id)
        members = conn.execute(select(member_sets.c.members).where(*here)).scalar_one()
        left = [member for member in members if fold(member) not in words.folded]
        changed += conn.execute(update(member_sets).where(*here).values(members=left)).rowcount
        conn.execute(
            set_members.delete().where(*mine, set_members.c.set_id == set_id, set_members.c.member.in_(words.folded))
        )
    for row in conn.execute(select(stories.c.story, stories.c.labels).where(stories.c.account_id == account)).all():
        left = [label for label in row.labels if fold(label) not in words.folded]
        if left != list(row.labels):
            told = update(stories).where(stories.c.account_id == account, stories.c.story == row.story)
            conn.execute(told.values(labels=left))
    return changed
