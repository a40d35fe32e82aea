"""Expressions of hooks, as another kind of system registers them, and the searches that say the same."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorwatch.search import Vocabulary, matches, parse
from doorwatch.search.expression import ExpressionError, translate
from doorwatch.store.moments import Moment, MomentKind

CAMERAS = ("Lobby cam", "Roof", "Dock")
NAMES = Vocabulary(cameras={"c1": "Lobby cam", "c2": "Roof", "c3": "Dock"}, labels=frozenset("abc"))
CONDITIONS = (
    *(f"camera {sign} '{name}'" for sign in ("==", "!=") for name in CAMERAS),
    *(f"'{label}' {sign} labels" for sign in ("in", "not in") for label in "abc"),
    "camera in ['Roof', 'Dock']",
    "camera not in ['Roof', 'Dock']",
)
EXPRESSIONS = st.recursive(
    st.sampled_from(CONDITIONS),
    lambda inner: st.one_of(
        inner.map(lambda one: f"not ({one})"),
        st.tuples(inner, st.sampled_from(("and", "or")), inner).map(lambda parts: f"({' '.join(parts)})"),
    ),
    max_leaves=5,
)


def said(expression):
    return translate(expression, lambda name: name in CAMERAS)


@pytest.mark.parametrize(
    ("expression", "search"),
    [
        ("camera == 'Lobby cam'", 'camera:"Lobby cam"'),
        ("'Roof' == camera", 'camera:"Roof"'),
        ("camera != 'Roof'", '-camera:"Roof"'),
        ("camera in ['Roof', 'Dock']", 'camera:"Roof" or camera:"Dock"'),
        ("camera not in ('Roof', 'Dock')", '-camera:"Roof" -camera:"Dock"'),
        ("'tailgating' in labels", 'label:"tailgating"'),
        ("'vip' not in labels", '-label:"vip"'),
        ("'human' in labels", 'kind:"crossing"'),
        ("'_color_white' in labels", 'colour:"white"'),
        ("camera == 'Roof' and 'vip' in labels", 'camera:"Roof" label:"vip"'),
        ("camera == 'Roof' or 'vip' in labels", 'label:"vip" or camera:"Roof"'),
        ("not (camera == 'Roof' or 'vip' in labels)", '-camera:"Roof" -label:"vip"'),
        ("'a' in labels and ('b' in labels or 'c' in labels)", 'label:"a" label:"b" or label:"c"'),
        ("'a' in labels or ('b' in labels and 'c' in labels)", 'label:"a" or label:"b" label:"a" or label:"c"'),
        ("not not 'a' in labels and 'a' in labels", 'label:"a"'),
    ],
)
def test_an_expression_is_the_search_that_finds_the_same(expression, search):
    assert said(expression) == search


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("date.hour > 18", "date can't be asked for"),
        ("camera == 'Roof' and date.year == 2026", "date can't be asked for"),
        ("zone == 'x'", "zone can't be asked for"),
        ("camera == 'Cellar'", "'Cellar'"),
        ("camera < 'Roof'", "camera < 'Roof' can't be asked for"),
        ("'oo' in camera", "'oo' in camera can't be asked for"),
        ("labels == 'vip'", "labels == 'vip' can't be asked for"),
        ("'a' == 'a' == 'a'", "can't be asked for"),
        ("__import__('os').system('id')", "__import__ can't be asked for"),
        ("'_pos_cleaning_start' in labels", "'_pos_cleaning_start'"),
        ("'a' not in labels or 'b' in labels", "no search says not 'a' or 'b'"),
        ("not ('a' in labels and 'b' in labels)", "no search says not 'a' or not 'b'"),
        ("camera == 'Roof' and camera == 'Dock'", "asks twice for the camera"),
        ("camera in []", "an empty list"),
        ("'a\"b' in labels", "without double quotes"),
        ("'!' in labels", "with letters"),
        ("'a\\x00' in labels", "a backslash"),
        ("camera ==", "can't be read"),
        ("(" * 400 + "camera" + ")" * 400, "can't be read"),
        ("camera == 'Roof' " * 80, "at most 1000 characters"),
        (" or ".join(f"'{n:x}' in labels" for n in range(40)), "too much at once"),
        (" or ".join(f"('{n}' in labels and 'a{n}' in labels)" for n in range(8)), "too much at once"),
    ],
)
def test_what_no_search_says_is_refused_with_its_name(expression, part):
    with pytest.raises(ExpressionError) as told:
        said(expression)
    assert part in str(told.value)


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS, st.sampled_from(CAMERAS), st.sets(st.sampled_from("abc")))
def test_what_is_translated_finds_exactly_what_the_expression_says(expression, camera, labels):
    try:
        search = said(expression)
    except ExpressionError:
        return
    camera_id = next(key for key, name in NAMES.cameras.items() if name == camera)
    moment = Moment("m", 1, MomentKind.CROSSING, 0, 0, "d1", "Gate", (camera_id,), tuple(sorted(labels)), "In")
    query = parse(search, NAMES, 0, ZoneInfo("UTC"))
    assert not query.problems
    meant = eval(expression, {"__builtins__": {}}, {"camera": camera, "labels": labels})
    assert matches(query, moment) is meant, search
