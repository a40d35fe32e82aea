import email
import email.policy

from doorwatch.alerts.letters import Figures, Way, Words, letter
from doorwatch.alerts.message import Sender
from doorwatch.domain.time import from_iso

AT = from_iso("2026-01-05T18:02:11Z")
SECRET = "https://door.example/join#a&b"


def sent(*blocks, subject="Weekly report"):
    """The mail as it arrives."""
    made = letter("ana@example.com", subject, blocks, Sender("doorwatch@example.com", reply_to="desk@example.com"), AT)
    return email.message_from_bytes(made.as_bytes(policy=email.policy.SMTP), policy=email.policy.default)


def parts(*blocks):
    mail = sent(*blocks)
    return mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()


def test_a_letter_says_the_same_as_text_and_as_a_page():
    text, page = parts(
        Words("Headquarters", loud=True),
        Figures([("Incidents", "7", "3 before"), ("Waiting", "2", "")], "This week"),
        Way("See it", SECRET),
    )
    assert text.splitlines() == [
        "Headquarters", "", "This week:", "  Incidents: 7 (3 before)", "  Waiting: 2", "", "See it:", SECRET,
    ]  # fmt: skip
    assert "<strong>Headquarters</strong>" in page
    assert "<tr><td>Incidents<td>7<td>3 before</tr>" in page
    assert f'<a href="{SECRET.replace("&", "&amp;")}"><strong>See it</strong></a>' in page
    assert "@media(prefers-color-scheme:dark)" in page


def test_no_name_in_a_letter_is_more_than_words_and_none_is_endless():
    name = "<img src=x onerror=alert(1)>\u202e\r\nBcc: x@example.com" + "x" * 5000
    text, page = parts(Words(f"{name} invites you"), Figures([(name, "1", "2")], name[:30]))
    assert "<img" not in page
    assert "\u202e" not in page.partition("<table>")[2]
    assert len(text.splitlines()[-1]) < 130
    mail = sent(Words("x"), subject=f"Invitation to {name[:60]}")
    assert "Bcc" not in mail
    assert mail["Subject"].startswith("Invitation to <img src=x onerror=alert(1)>")


def test_a_letter_is_whole():
    mail = sent(Words("x"))
    assert mail.get_content_type() == "multipart/alternative"
    assert (mail["From"], mail["Reply-To"]) == ("Doorwatch <doorwatch@example.com>", "desk@example.com")
    assert mail["Message-ID"].endswith("@example.com>")
