"""A mail server's inbox, which the tests of the channel and of the service share."""

import email
import email.policy

import pytest


class Inbox:
    """Keeps the envelopes that it takes; answers what it is told to."""

    def __init__(self):
        self.envelopes = []
        self.refusal = None

    @property
    def mails(self):
        """What came, as messages."""
        return [
            email.message_from_bytes(envelope.original_content, policy=email.policy.default)
            for envelope in self.envelopes
        ]

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - the library's name
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the library's name
        self.envelopes.append(envelope)
        return "250 OK"


@pytest.fixture
def inbox():
    return Inbox()
