"""Search in plain words: `parse` reads a text, `find` asks the database, `matches` asks one moment, `suggest` completes.

The same query gives the same answer from `find` and from `matches`: what is found later is what was alerted on.
"""

from doorwatch.search.language import parse
from doorwatch.search.planner import Found, decode_cursor, find
from doorwatch.search.predicate import matches
from doorwatch.search.query import Chip, Query, Term, TermKind
from doorwatch.search.suggest import Suggestion, suggest
from doorwatch.search.vocabulary import Vocabulary, load_vocabulary, narrowed

__all__ = [
    "Chip",
    "Found",
    "Query",
    "Suggestion",
    "Term",
    "TermKind",
    "Vocabulary",
    "decode_cursor",
    "find",
    "load_vocabulary",
    "matches",
    "narrowed",
    "parse",
    "suggest",
]
