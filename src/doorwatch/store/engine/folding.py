"""Folding: how words are compared, so that `Zoë`, `zoe` and `ZOE,` are one."""

import unicodedata
from functools import lru_cache


@lru_cache(1 << 16)
def fold(text: str) -> str:
    """Lower case, no accents, letters and digits only, single spaces between words, none outside."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(kept.split())


def folded_for_search(*texts: str | None) -> str:
    """Texts folded into one column, a space before each word, so that a word's beginning can be looked for."""
    return "".join(" " + folded for text in texts if text and (folded := fold(text)))
