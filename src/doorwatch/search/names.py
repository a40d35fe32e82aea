"""Which doors, cameras and people a word or phrase names."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from doorwatch.search.query import Term, TermKind
from doorwatch.search.vocabulary import Vocabulary
from doorwatch.store.engine.folding import fold

_EMPTY = frozenset({"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "out", "the", "to", "with"})
# Parts of names that do not say which door or camera is meant.
_COMMON = _EMPTY | {"cam", "camera", "cameras", "door", "doors", "entry", "exit"}

_DIGITS_BEGIN = re.compile(r"(?<=[^\W\d_])(?=\d)")


class Names:
    """The names of one account, folded."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._cameras = {key: fold(name) for key, name in vocabulary.cameras.items()}
        self._doors = {key: fold(name) for key, name in vocabulary.doors.items()}
        self._people = {fold(name): name for name in vocabulary.people}
        # Two that differ in accents or capitals only are one group.
        self._groups: dict[str, frozenset[str]] = {}
        self._group_names: dict[str, str] = {fold(name): name for name in vocabulary.groups}
        for name, camera_ids in vocabulary.groups.items():
            self._groups[fold(name)] = self._groups.get(fold(name), frozenset()) | camera_ids
        self._sites = {fold(name): (name, *members) for name, members in vocabulary.sites.items()}
        names = (*self._cameras.values(), *self._doors.values(), *self._people, *self._groups, *self._sites)
        self.longest = max((len(name.split()) for name in names), default=0)
        self._all = names
        # Most words are in no name, which one look at all of them together tells.
        self._places = "\n".join(f" {name} " for name in (*self._cameras.values(), *self._doors.values()))
        self._whole = {*self._cameras.values(), *self._doors.values()}

    @property
    def words(self) -> Iterator[str]:
        """Every word of every name."""
        for name in self._all:
            yield from name.split()

    def whole(self, phrase: str) -> Term | None:
        """The camera, else the door, else the zone (a site, a group of cameras), else the person that is called so."""
        if phrase in self._whole:
            if cameras := _keys(self._cameras, lambda name: name == phrase):
                return Term(TermKind.CAMERA, "", phrase, cameras=cameras)
            return Term(TermKind.DOOR, "", phrase, doors=_keys(self._doors, lambda name: name == phrase))
        if zone := self._zone(phrase):
            return zone
        return Term(TermKind.PERSON, "", phrase) if phrase in self._people else None

    def is_of_somebody(self, word: str) -> bool:
        """Whether a word is one of a person's name."""
        return any(word in name.split() for name in self._people)

    def written_together(self, word: str) -> str | None:
        """The name that somebody wrote as one word: `gate2`, `serverroom`."""
        apart = _DIGITS_BEGIN.sub(" ", word)
        if apart != word and (self.whole(apart) or self.part(apart)):
            return apart
        return self._together.get(word)

    @cached_property
    def _together(self) -> dict[str, str]:
        return {name.replace(" ", ""): name for name in self._all if " " in name}

    def part(self, phrase: str) -> Term | None:
        """The doors and cameras whose names have these words; None when they say too little."""
        if f" {phrase} " not in self._places or set(phrase.split()) <= _COMMON:
            return None
        doors = _keys(self._doors, lambda name: f" {phrase} " in f" {name} ")
        cameras = _keys(self._cameras, lambda name: f" {phrase} " in f" {name} ")
        kind = TermKind.PLACE if doors and cameras else TermKind.DOOR if doors else TermKind.CAMERA
        return Term(kind, "", phrase, doors=doors, cameras=cameras)

    def text(self, phrase: str) -> Term:
        """Any word: it also finds doors and cameras with a word that begins so."""
        if f" {phrase}" not in self._places:
            return Term(TermKind.TEXT, "", phrase)
        return Term(
            TermKind.TEXT,
            "",
            phrase,
            doors=_keys(self._doors, lambda name: f" {phrase}" in f" {name}"),
            cameras=_keys(self._cameras, lambda name: f" {phrase}" in f" {name}"),
        )

    def called(self, qualifier: str, written: str) -> Term:
        """What `door:`, `camera:` or `zone:` names, by id or by name; a term without doors and cameras for nothing.

        A camera may also be named by a group or label of cameras, and each by a part of its name.
        """
        phrase = fold(written)
        if qualifier == "door":
            return Term(TermKind.DOOR, "", phrase, doors=_called(self._doors, written))
        if qualifier == "zone":
            return self._zone(phrase) or Term(TermKind.ZONE, "", phrase)
        whole = _keys(self._cameras, lambda name: name == phrase)
        found = whole or self._groups.get(phrase, frozenset()) or _called(self._cameras, written)
        return Term(TermKind.CAMERA, "", phrase, cameras=found)

    def _zone(self, phrase: str) -> Term | None:
        if phrase in self._sites:
            _, there, seen_by = self._sites[phrase]
            return Term(TermKind.ZONE, "", phrase, doors=there, cameras=seen_by)
        if phrase in self._groups:
            return Term(TermKind.ZONE, "", phrase, cameras=self._groups[phrase])
        return None

    def shown(self, term: Term) -> str:
        """The names that a term stands for, as people wrote them."""
        if term.kind is TermKind.PERSON:
            return self._people.get(term.value, term.value)
        if term.kind is TermKind.ZONE and term.value in self._sites:
            return self._sites[term.value][0]
        if term.kind is TermKind.ZONE and term.value in self._group_names:
            return self._group_names[term.value]
        doors = {self._vocabulary.doors[key] for key in term.doors}
        cameras = {self._vocabulary.cameras[key] for key in term.cameras}
        return ", ".join(sorted(doors | cameras))


def _called(names: Mapping[str, str], written: str) -> frozenset[str]:
    if written in names:
        return frozenset({written})
    phrase = fold(written)
    if not phrase:
        return frozenset()
    return _keys(names, lambda name: name == phrase) or _keys(names, lambda name: f" {phrase}" in f" {name}")


def _keys(names: Mapping[str, str], good: Callable[[str], bool]) -> frozenset[str]:
    return frozenset(key for key, name in names.items() if good(name))
