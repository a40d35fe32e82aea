"""Words that ask nothing by themselves, and words of which there is more to say than that they were not understood."""

from doorwatch.search.carrying import ARTICLES, HOLDING
from doorwatch.search.fixed import is_garment, is_shade

FILLING = frozenset(
    {
        *("a", "an", "and", "at", "between", "by", "during", "for", "from", "near", "of", "on", "the", "to", "with"),
        *(
            "wearing",
            "wears",
            "wore",
            "dressed",
            "in",
            "through",
            "via",
            "into",
            "around",
            "about",
            "using",
            "inside",
            "outside",
        ),
        *("show", "shows", "find", "search", "list", "give", "get", "see", "display", "look", "please", "me", "us"),
        *("all", "any", "every", "each", "everything", "everyone", "everybody", "anyone", "anybody", "anything"),
        *(
            "someone",
            "somebody",
            "who",
            "whom",
            "whose",
            "which",
            "what",
            "when",
            "where",
            "how",
            "many",
            "much",
            "often",
        ),
        *(
            "is",
            "was",
            "were",
            "are",
            "be",
            "been",
            "being",
            "did",
            "do",
            "does",
            "has",
            "have",
            "had",
            "there",
            "that",
        ),
        *("happened", "happens", "happening", "occurred", "seen"),
        *("latest", "newest", "recent", "recently", "most", "last", "just", "only", "also"),
        *("his", "her", "their", "my", "our"),
    }
)
"""Passed over where they belong to nothing else."""

PLACE_WORDS = frozenset({"door", "doors", "camera", "cameras", "cam", "cams"})
"""Passed over beside a name: `lobby door`, `camera roof`."""

_SEXES = frozenset({"man", "men", "woman", "women", "male", "female", "guy", "guys", "lady", "ladies", "boy", "girl"})
_SHIFTS = frozenset({"shift", "shifts", "nightshift"})
_LONGER = frozenset({"loitering", "loiterers", "lingering", "waiting"})


def explained(words: list[str]) -> tuple[int, str] | None:  # noqa: PLR0911  (one for each sort of word)
    """Of how many of the first words something is said instead of looking for them, and what; None for most words."""
    first, second = words[0], words[1] if len(words) > 1 else ""
    if first in _SEXES:
        return 1, f"Nobody is told by sex: {first} was left out"
    if first in HOLDING or first in {"briefcase", "briefcases"}:
        what = words[: 1 if first not in HOLDING else 3 if second in ARTICLES else 2]
        problem = (
            f"Of what somebody carries only backpacks, handbags and suitcases are told: {' '.join(what)} was left out, "
            "like: ranks by it where there is a model"
        )
        return (len(what), problem) if what[-1] not in PLACE_WORDS else None
    if first in _SHIFTS or (first == "night" and second in _SHIFTS):
        said = words[: 1 if first in _SHIFTS else 2]
        return len(said), f"No shifts are known: {' '.join(said)} was left out, write the hours, as in 22:00 to 6:00"
    if first in _LONGER:
        return 1, f"{first} needs a time, as in stayed over 2 minutes: it was left out"
    if is_garment(first) and first not in {"top", "upper", "lower"}:
        return 1, f"Clothes are found by their colour, as in red jacket: {first} was left out"
    if is_shade(first) and is_garment(second):
        return 2, f"Clothes are found by their colour, as in red jacket: {first} {second} was left out"
    return None
