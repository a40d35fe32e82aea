from dataclasses import replace

import pytest

from doorwatch.alerts.examples import DESK
from doorwatch.alerts.rules import CardHolder, Notice, NoticeKind, Said, kind_of, notices, values, words
from doorwatch.alerts.templates import SAME, VARIABLES, Template, validate
from doorwatch.domain.incident import CoverageState, Incident, IncidentKind, IncidentState
from doorwatch.domain.verdict import Change

INCIDENT = Incident(
    "i1", "d1", IncidentKind.TAILGATING, IncidentState.FINAL, 0, 1, 2, 1, 1, 0, CoverageState.FULL,
    "2 people, 1 grant", ("c1", "c2"), ("c2",), ("g1",),
)  # fmt: skip
ALERT = Change(INCIDENT, 2, alert=True)
TO = ("desk@example.com", "guard@example.com")
TO_HOLDER = Template("{{user}}, somebody followed you", "Please badge one by one.")
ANA = CardHolder("Ana Rivera", "ana@example.com")
EARLY = replace(INCIDENT, state=IncidentState.PROVISIONAL)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (Change(INCIDENT, 1), None),
        (Change(EARLY, 1), None),
        (Change(INCIDENT, 2, alert=True), NoticeKind.ALERT),
        (Change(INCIDENT, 3, update=True), NoticeKind.UPDATE),
        (Change(INCIDENT, 4, correction=True), NoticeKind.CORRECTION),
    ],
)
def test_only_final_incidents_and_what_follows_them_are_told(change, kind):
    assert kind_of(change) is kind


@pytest.mark.parametrize(
    ("change", "said", "kind"),
    [
        (Change(EARLY, 1), None, NoticeKind.EARLY),
        (Change(replace(EARLY, excess=0), 1), None, None),
        (Change(EARLY, 2), Said(2, 1), None),
        (Change(replace(EARLY, people=3, excess=2), 2), Said(2, 1), NoticeKind.UPDATE),
        (ALERT, Said(2, 1), None),
        (Change(replace(INCIDENT, people=3, excess=2), 2, alert=True), Said(2, 1), NoticeKind.UPDATE),
        (Change(replace(EARLY, state=IncidentState.WITHDRAWN), 2), Said(2, 1), NoticeKind.CORRECTION),
        (Change(replace(EARLY, state=IncidentState.WITHDRAWN), 2), None, None),
        (Change(replace(EARLY, state=IncidentState.WITHDRAWN), 2, superseded_by="i2"), Said(2, 1), None),
    ],
)
def test_where_it_is_wished_the_first_report_is_told_at_once_and_later_only_what_is_news(change, said, kind):
    assert kind_of(change, at_once=True, said=said) is kind


def test_each_recipient_gets_one_mail_with_the_card_holders_named_in_it():
    assert notices(DESK, NoticeKind.ALERT, TO, [ANA]) == [
        Notice("desk@example.com", NoticeKind.ALERT, "Ana Rivera"),
        Notice("guard@example.com", NoticeKind.ALERT, "Ana Rivera"),
    ]


def test_a_recipient_named_twice_is_told_once():
    assert len(notices(DESK, NoticeKind.ALERT, (*TO, *TO), [])) == 2


def test_a_template_with_user_writes_to_each_card_holder_alone():
    ben = CardHolder("Ben", "ben@example.com")
    assert notices(TO_HOLDER, NoticeKind.ALERT, TO, [ANA, ben, ANA]) == [
        Notice("ana@example.com", NoticeKind.ALERT, "Ana Rivera", listed=False),
        Notice("ben@example.com", NoticeKind.ALERT, "Ben", listed=False),
    ]


def test_when_no_card_holder_has_an_address_the_desk_is_told_instead():
    told = notices(TO_HOLDER, NoticeKind.ALERT, TO, [CardHolder("Ana Rivera", None)])
    assert [notice.to for notice in told] == ["desk@example.com", "guard@example.com"]


def test_without_any_card_holder_the_mail_says_so():
    assert notices(DESK, NoticeKind.ALERT, TO, [])[0].user == "nobody known"


@pytest.mark.parametrize("kind", NoticeKind)
def test_the_words_of_every_kind_of_notice_are_a_valid_template(kind):
    template = words(Template("{{kind}} at {{door}}", "{{reason}}"), kind)
    validate(template)
    assert "{{kind}} at {{door}}" in template.subject


def test_every_variable_has_a_value():
    places = dict.fromkeys(
        ["event", "event_link", "clip", "snapshot", "door", "camera", "site", "time", "product_url"], "x"
    )
    assert set(values(INCIDENT, user="Ana", places=places)) == set(VARIABLES) - set(SAME)
