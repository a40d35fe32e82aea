"""Cutting a search into words: quotes, qualifiers such as `door:`, and what is to be left out."""

import re
from dataclasses import dataclass

from doorwatch.store.engine.folding import fold

_TOKEN = re.compile(
    r"""
    (?P<minus>-(?=[^\W\d_]|["“„]))?          # -word leaves out; -5 is a number, and 18:00-19:00 has no space before
    (?:(?P<qualifier>[a-z]+):(?=\S))?         # door:
    (?: ["“„](?P<quoted>[^"“”„]*)["“”]?       # "quoted", the closing quote may still be missing
      | (?P<word>[^\s"“”„]+) )
    """,
    re.VERBOSE | re.IGNORECASE,
)

MOST_WORDS = 64
"""Of a longer search only so many words are read."""

QUALIFIERS = {
    "door": "door",
    "camera": "camera",
    "cam": "camera",
    "zone": "zone",
    "site": "zone",
    "group": "zone",
    "colour": "colour",
    "color": "colour",
    "carrying": "carrying",
    "label": "label",
    "tag": "label",
    "person": "person",
    "who": "person",
    "actor": "person",
    "kind": "kind",
    "type": "kind",
    "review": "review",
    "state": "state",
    "direction": "direction",
    "text": "text",
    "like": "like",
}

_EDGES = ".,;!?()[]"


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a quoted phrase, as written; `folded` may be empty when it is only signs."""

    text: str
    folded: str
    quoted: bool = False
    negated: bool = False
    qualifier: str | None = None
    start: int = 0
    end: int = 0
    """Which characters of the search it was, with its sign."""
    typed: str = ""
    """How it was typed, where it was taken for another word."""

    @property
    def written(self) -> str:
        """The token as it would be typed again."""
        text = f'"{self.text}"' if self.quoted else self.typed or self.text
        text = f"{self.qualifier}:{text}" if self.qualifier else text
        return f"-{text}" if self.negated else text


def cut(text: str) -> tuple[list[Token], bool]:
    """The words of a search in order, MOST_WORDS at most, and whether there were more."""
    found: list[Token] = []
    pending: int | None = None
    for match in _TOKEN.finditer(text):
        token = _token(match, pending)
        if token.text == "NOT" and not token.quoted and token.qualifier is None:
            pending = token.start
            continue
        if token.text:
            if len(found) == MOST_WORDS:
                return found, True
            found.append(token)
            pending = None
    return found, False


def _token(match: re.Match[str], begun: int | None) -> Token:
    """`begun` is where a NOT before it stands."""
    quoted = match["quoted"]
    qualifier = (match["qualifier"] or "").lower()
    word = quoted if quoted is not None else match["word"].strip(_EDGES)
    if qualifier and qualifier not in QUALIFIERS:
        word, qualifier = f"{match['qualifier']}:{word}", ""
    return Token(
        word.strip(),
        fold(word),
        quoted is not None,
        begun is not None or match["minus"] is not None,
        QUALIFIERS.get(qualifier),
        match.start() if begun is None else begun,
        match.end(),
    )
