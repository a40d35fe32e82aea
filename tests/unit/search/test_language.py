"""The search language: what words mean, and that none is ever refused."""

from dataclasses import replace

import pytest
from building import BUILDING, FEW, NOW, ZONE
from hypothesis import given
from hypothesis import strategies as st

from doorwatch.search import Vocabulary, parse
from doorwatch.search.query import Compare, Count, TermKind

NAMES = replace(
    BUILDING,
    cameras={**BUILDING.cameras, "c5": "Tailgating"},
    labels=frozenset({"vip", "side in"}),
    people=(*BUILDING.people, "Rose"),
)


def read(text, names=NAMES):
    return parse(text, names, NOW, ZONE)


def kinds(text, names=NAMES):
    return [(chip.kind, chip.value) for chip in read(text, names).chips]


def only(text, names=NAMES):
    [term] = read(text, names).terms
    return term


def test_the_sentence_that_started_it_all_is_understood():
    assert kinds("tailgating lobby yesterday evening", FEW) == [
        ("label", "tailgating"),
        ("door", "Lobby east"),
        ("time", "2026-11-24 17:00 to 24:00"),
    ]


def test_a_group_of_cameras_is_a_zone_that_stands_for_all_of_them_and_comes_before_labels():
    grouped = Vocabulary(
        cameras={"c1": "Roof", "c2": "Yard", "c3": "North pole"},
        labels=frozenset({"vip"}),
        groups={"North wing": frozenset({"c1", "c2"}), "north": frozenset({"c2"}), "VIP": frozenset({"c1"})},
    )
    assert only("north wing", grouped).cameras == {"c1", "c2"}
    assert only("camera:north", grouped).cameras == {"c2"}
    assert only('camera:"north pole"', grouped).cameras == {"c3"}
    assert only("camera:vip", grouped).cameras == {"c1"}
    assert only("vip", grouped).kind is TermKind.ZONE
    assert only("label:vip", grouped).kind is TermKind.LABEL


@pytest.mark.parametrize(
    "text",
    [
        "tailgating",
        "access granted",
        "unauthorized entry",
        "door held open",
        "entry.unlocked",
        "entry unlocked",
        "Entry_Unlocked",
        "FORCED OPEN",
        "possible tailgating",
        "vip",
    ],
)
def test_labels_are_known_before_and_after_they_occur(text):
    assert only(text, NAMES if text == "vip" else FEW).kind is TermKind.LABEL


def test_spellings_of_a_label_are_one():
    assert only("entry.unlocked").value == only("Entry_Unlocked").value == only("entry unlocked").value


def test_names_of_several_words_are_found_unquoted_in_the_middle_of_a_sentence():
    assert kinds("access granted at the server room today") == [
        ("label", "access granted"),
        ("door", "Server room"),
        ("time", "2026-11-25"),
    ]


def test_a_cameras_name_comes_before_a_doors_and_a_name_before_a_label():
    assert only("gate 2").kind is TermKind.CAMERA
    assert only("tailgating").kind is TermKind.CAMERA


def test_part_of_a_name_stands_for_all_doors_and_cameras_that_have_it():
    term = only("lobby")
    assert (term.kind, term.doors, term.cameras) == (TermKind.PLACE, {"d1", "d2"}, {"c1"})
    assert only("east").doors == {"d1"}


def test_a_whole_name_is_only_itself():
    assert only("lobby east").doors == {"d1"}


def test_a_name_is_found_whatever_its_accents_and_case():
    assert only("zurich").doors == only("ZÜRICH").doors == {"d6"}


def test_words_that_are_in_every_name_name_nothing():
    assert only("camera").kind is TermKind.TEXT
    assert only("door").kind is TermKind.TEXT


def test_people_are_found_by_their_names():
    assert kinds("j. rivera") == [("person", "J. Rivera")]
    assert kinds("rose") == [("person", "Rose")]
    assert kinds('"ann lee"') == [("person", "Ann Lee")]
    assert only("rivera").kind is TermKind.TEXT


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("incidents", "kind", "incident"),
        ("crossings", "kind", "crossing"),
        ("access events", "kind", "access_event"),
        ("entered", "direction", "in"),
        ("exited", "direction", "out"),
        ("out", "direction", "out"),
        ("in", "direction", "in"),
        ("confirmed", "review", "confirmed"),
        ("unreviewed", "review", "new"),
        ("review:new", "review", "new"),
        ("state:final", "state", "final"),
        ("kind:crossing", "kind", "crossing"),
        ("direction:in", "direction", "in"),
        ("kind:access_event", "kind", "access_event"),
    ],
)
def test_fixed_words_have_fixed_meanings(text, kind, value):
    assert kinds(text) == [(kind, value)]


def test_left_is_a_direction_unless_a_door_is_called_so():
    assert kinds("left", FEW) == [("direction", "out")]
    assert kinds("left") == [("door", "Left wing")]


def test_in_before_a_place_is_only_a_preposition():
    assert kinds("people in lobby") == [("kind", "crossing"), ("place", "Lobby cam, Lobby east, Lobby west")]
    assert kinds("tailgating in the server room")[-1] == ("door", "Server room")
    assert kinds("person in vip") == [("kind", "crossing"), ("direction", "in"), ("label", "vip")]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("over 2 people", Count("people", Compare.MORE, 2)),
        ("more than two people", Count("people", Compare.MORE, 2)),
        ("exactly 5 people", Count("people", Compare.EXACTLY, 5)),
        ("under 10 people", Count("people", Compare.LESS, 10)),
        ("at least 3 grants", Count("grants", Compare.AT_LEAST, 3)),
        ("up to 3 grants", Count("grants", Compare.AT_MOST, 3)),
        ("excess 2", Count("excess", Compare.EXACTLY, 2)),
        ("excess over 2", Count("excess", Compare.MORE, 2)),
        ("2 excess", Count("excess", Compare.EXACTLY, 2)),
        ("3+ people", Count("people", Compare.AT_LEAST, 3)),
        (">=3 people", Count("people", Compare.AT_LEAST, 3)),
        ("3 or more people", Count("people", Compare.AT_LEAST, 3)),
        ("one person", Count("people", Compare.EXACTLY, 1)),
        ("5 to 2 people", Count("people", Compare.AT_LEAST, 2, 5)),
        ("stayed 30s to 2min", Count("dwell", Compare.AT_LEAST, 30, 120)),
    ],
)
def test_counts_are_understood(text, count):
    assert only(text).count == count


@pytest.mark.parametrize(
    "text", ["2-5x people", "over 10m people", "1 or 3 people", "people over 2 hours ago", "people 2"]
)
def test_what_only_begins_like_a_count_is_none(text):
    assert not any(term.count == Count("people", Compare.EXACTLY, 2) for term in parse(text, BUILDING, NOW, ZONE).terms)


def test_what_is_left_out_is_marked():
    for text in ("-tailgating", "NOT tailgating"):
        assert only(text, FEW).negated
    assert only('-"access granted"').negated
    assert only("-door:gate").doors == {"d3"}
    assert only('NOT "access granted"').negated
    assert [chip.value for chip in read("-lobby", FEW).chips] == ["not Lobby east"]


@pytest.mark.parametrize("text", ["NOT in the lobby", "NOT at lobby", "not at the lobby", "-in lobby"])
def test_a_not_before_words_that_ask_nothing_denies_what_comes_after_them(text):
    assert [(chip.kind, chip.value) for chip in read(text, FEW).chips] == [("door", "not Lobby east")]
    assert read(read(text, FEW).chips[0].text, FEW).terms == read(text, FEW).terms


@pytest.mark.parametrize("nothing", ["briefcase", "30 february", "colour:plaid"])
def test_an_or_or_a_not_before_what_is_left_out_is_left_out_with_it(nothing):
    assert len(read(f"red or {nothing} yesterday", FEW).alternatives()) == 2
    assert [term.negated for term in read(f"not {nothing} yesterday", FEW).terms] == [False]


@pytest.mark.parametrize("word", ["guy", "rex", "see"])
def test_somebody_who_is_called_like_a_word_is_found_by_it(word):
    term = only(word, replace(FEW, people=(f"Ann {word.title()}",)))
    assert (term.kind, term.value) == (TermKind.TEXT, word)


def test_a_number_or_a_hyphen_inside_a_word_leaves_nothing_out():
    assert not only("x-ray", FEW).negated
    assert [term.negated for term in read("18:00 - 19:00").terms] == [False]


def test_quotes_make_a_phrase():
    term = only('"blue coat"')
    assert (term.kind, term.value) == (TermKind.TEXT, "blue coat")
    assert only('"door held open"').kind is TermKind.LABEL
    assert only('"lobby east"').kind is TermKind.DOOR
    assert only('"blue coat').value == "blue coat"
    assert only("“blue coat”").value == "blue coat"


def test_qualifiers_pin_a_word_down():
    assert only("door:gate").kind is TermKind.DOOR
    assert only('door:"Gate 2"').doors == {"d3"}
    assert only("camera:lob").cameras == {"c1"}
    assert only("door:d4").doors == {"d4"}
    assert only("label:exit").kind is TermKind.LABEL
    assert only("person:rivera").kind is TermKind.PERSON
    assert only("text:lobby").kind is TermKind.TEXT


def test_an_unknown_door_finds_nothing_and_says_so():
    query = read("door:cellar tailgating")
    assert query.problems == ("No door is called cellar: nothing can be found there",)
    assert not query.terms[0].doors


def test_a_qualifier_with_a_wrong_value_is_left_out_and_explained():
    query = read("review:maybe", FEW)
    assert query.terms == ()
    assert query.problems == (
        "review:maybe is not understood and was left out: review is new, reviewed, confirmed, dismissed",
    )


def test_an_unknown_qualifier_is_text():
    assert only("foo:bar").value == "foo bar"


def test_unknown_words_are_text_with_the_names_that_begin_so():
    term = only("lob")
    assert (term.kind, term.doors, term.cameras) == (TermKind.TEXT, {"d1", "d2"}, {"c1"})
    assert kinds("wild elephant") == [("text", "wild"), ("text", "elephant")]


def test_words_of_one_kind_are_alternatives_and_kinds_narrow_down():
    groups = read("lobby server tailgating vip today yesterday purple elephant", FEW).alternatives()
    sizes = sorted((group[0].kind.value, len(group)) for group in groups)
    assert ("time", 2) in sizes
    assert [size for kind, size in sizes if kind == "text"] == [1] * len([1 for kind, _ in sizes if kind == "text"])


def test_after_and_before_narrow_each_other_down():
    assert len(read("after 8:00 before 9:00").alternatives()) == 2


def test_nothing_asked_is_nothing_understood():
    for text in ("", "   ", '""', "-", "the", '"', "...", "NOT"):
        assert read(text).terms == ()


def test_a_chip_shows_what_was_written():
    [chip] = read('door:"Lobby east"').chips
    assert chip.text == 'door:"Lobby east"'
    again = read(" ".join(chip.text for chip in read("tailgating -lobby yesterday evening over 2 people").chips))
    assert again.terms == read("tailgating -lobby yesterday evening over 2 people").terms


WORDS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "tailgating",
                "lobby",
                "east",
                "gate",
                "2",
                "in",
                "out",
                "the",
                "NOT",
                "-",
                '"',
                "door:",
                "monday",
                "7am",
                "to",
                "last",
                "3",
                "hours",
                "18:00-19:00",
                "over",
                "people",
                "ago",
                "since",
                "2026-11-01",
                "excess",
                "and",
            ]
        ),
        st.text(max_size=6),
    ),
    max_size=9,
)


@given(WORDS)
def test_no_text_is_ever_refused(words):
    query = read(" ".join(words))
    assert query.text == " ".join(words)
    assert len(query.chips) == len(query.terms)


@given(WORDS)
def test_chips_typed_again_mean_the_same_kinds(words):
    query = read(" ".join(words))
    for chip, term in zip(query.chips, query.terms, strict=True):
        assert chip.kind == term.kind
        assert chip.text == term.text
