import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorwatch.alerts.channels.mqtt.broker import TOPIC_VARIABLES
from doorwatch.alerts.examples import EXAMPLES
from doorwatch.alerts.templates import (
    VARIABLES,
    Template,
    TemplateError,
    problems,
    render_html,
    render_text,
    validate,
)


def test_the_templates_to_begin_with_are_valid_and_the_first_one_speaks_to_the_badge_holder():
    for example in EXAMPLES:
        validate(example.template)
    assert [example.template.names_user for example in EXAMPLES] == [True, False]


def test_all_problems_are_told_at_once_with_where_they_are():
    found = problems(Template("{{dor}}", "a 🚪\n{{user.email}} and {{kind"))
    assert [(one.part, one.line, one.column, one.offset, one.length) for one in found] == [
        ("subject", 1, 1, 0, 7),
        ("body", 2, 1, 4, 2),
        ("body", 2, 20, 23, 2),
    ]
    assert "did you mean {{door}}?" in found[0].text


def test_every_variable_can_be_used_in_subject_and_body():
    everything = " ".join("{{" + name + "}}" for name in VARIABLES)
    validate(Template(everything, everything))


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (
            Template("{{nobody}}", "x"),
            r"the subject \(line 1, column 1\) has \{\{nobody\}\}, which is no variable; .*known variables are user, event",
        ),
        (Template("x", "see {{event"), r"the body \(line 1, column 5\) opens a variable"),
        (Template("x", "{{door}}\n\nat {{ dor }}"), r"the body \(line 3, column 4\) has \{\{ dor \}\}, which is no"),
        (Template("x", "{{door}} and\n{{door}} {{ki nd}}"), r"the body \(line 2, column 10\) opens a variable"),
        (Template("x {{user.email}}", "x"), r"the subject \(line 1, column 3\) opens"),
        (Template("  ", "x"), r"the subject \(line 1, column 1\) is empty"),
        (Template("a\nBcc: everyone@example.com", "x"), "line break"),
        (Template("x", "y" * 30_000), "longer than 20000 characters"),
    ],
)
def test_a_bad_template_is_refused_with_what_is_wrong_and_what_is_allowed(template, said):
    with pytest.raises(TemplateError, match=said):
        validate(template)


def test_user_anywhere_means_a_mail_for_each_card_holder():
    assert Template("Hello {{ user }}", "").names_user
    assert Template("x", "Dear {{user}},").names_user


def test_values_are_plain_in_text_and_escaped_in_html():
    values = {"door": "<b>Lobby & co</b>"}
    assert render_text("At {{door}}", values) == "At <b>Lobby & co</b>"
    assert render_html("At {{door}}", values) == "<p>At &lt;b&gt;Lobby &amp; co&lt;/b&gt;</p>"


def test_html_of_the_template_itself_is_shown_and_not_run():
    assert "<script>" not in render_html("<script>alert(1)</script>", {})


def test_empty_lines_make_paragraphs_and_line_breaks_stay():
    assert render_html("a\nb\n\nc", {}) == "<p>a<br>\nb</p>\n<p>c</p>"


def test_links_become_links_and_nothing_else_does():
    page = render_html("{{event_link}} {{door}}", {"event_link": "https://x.example/s/1?a=1&b", "door": "https://y"})
    assert '<a href="https://x.example/s/1?a=1&amp;b">' in page
    assert page.count("<a ") == 1
    assert "<a " not in render_html("{{event}}", {"event": "javascript:alert(1)"})


def test_a_value_that_looks_like_a_variable_is_not_filled_in_again():
    assert render_text("{{door}}", {"door": "{{user}}", "user": "secret"}) == "{{user}}"


@given(st.text(max_size=200), st.text(max_size=50))
def test_no_text_and_no_value_breaks_rendering_or_lets_a_tag_through(text, value):
    assert "<script" not in render_html(text + "{{door}}", {"door": "<script>" + value})


def test_some_variables_have_a_second_name():
    values = {"people_count": "3", "granted_count": "1", "event": "https://d/i"}
    assert render_text("{{people}} in, {{grants}} granted: {{reviewer_link}}", values) == "3 in, 1 granted: https://d/i"
    assert '<a href="https://d/i">' in render_html("{{reviewer_link}}", values)


@pytest.mark.parametrize("name", ["a\nb", "<img src=x onerror=alert(1)>", "🚪👨‍👩‍👧", "\u202egnita", "x" * 10_000])
def test_a_hostile_name_stays_text_in_a_paragraph(name):
    page = render_html("At {{door}}\n\n{{reason}}", {"door": name, "reason": name})
    assert page.count("<p>") == page.count("</p>") == 2
    assert "<img" not in page


def test_the_guide_lists_every_variable():
    guide = (Path(__file__).parents[3] / "docs" / "guide" / "alerts.md").read_text()
    assert [name for name in VARIABLES if "`{{" + name + "}}`" not in guide] == []
    mails, _, topics = guide.partition("### MQTT")
    assert set(re.findall(r"`\{\{([a-z_]+)\}\}`", mails)) == set(VARIABLES)
    assert set(re.findall(r"`\{\{([a-z_]+)\}\}`", topics)) == set(TOPIC_VARIABLES)
