"""A refusal is told with what somebody can do about it."""

import pytest

from doorwatch.alerts.channels.refusals import meaning


@pytest.mark.parametrize(
    ("reply", "words", "told"),
    [
        (550, "5.1.1 <x@example.com>: Recipient address rejected: User unknown", "nobody has this address"),
        (550, "5.1.2 host unknown", "no such mail domain"),
        (452, "4.2.2 The email account that you tried to reach is over quota", "mailbox is full"),
        (552, "5.3.4 Message size exceeds fixed limit", "too large"),
        (554, "5.7.1 <x@example.com>: Relay access denied", "does not let this sender"),
        (550, "5.7.26 Unauthenticated mail is not accepted", "publish SPF and DKIM"),
        (450, "4.7.1 Greylisted, please try again later", "nothing needs to be done"),
        (451, "4.9.99 something of its own", "nothing needs to be done"),
        (421, "too many connections", "nothing needs to be done"),
        (535, "Incorrect authentication data", "user or password is wrong"),
        (530, "Must issue a STARTTLS command first", "login or encryption"),
        (553, "sorry", "does not take this address"),
    ],
)
def test_a_refusal_says_what_to_do(reply, words, told):
    assert told in meaning(reply, words)


@pytest.mark.parametrize("words", ["", "5.6.7 strange", "version 15.2.1000 of 10.20.30.40", "\x00\n"])
def test_what_nobody_knows_is_left_to_the_servers_own_words(words):
    assert meaning(554, words) == ""
