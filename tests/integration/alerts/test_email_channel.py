"""The e-mail channel against real SMTP servers on a real socket."""

import asyncio
import ssl
from dataclasses import replace
from email.message import EmailMessage

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult

from doorwatch.alerts.channels.email import DeliveryError, EmailChannel, Encryption, Outgoing, SmtpServer


@pytest.fixture
async def serve(inbox):
    started = []

    async def start(**options):
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(inbox, **options), "127.0.0.1", 0)
        started.append(server)
        return server.sockets[0].getsockname()[1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def authority(tmp_path):
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    return tmp_path / "ca.pem", context


def mail(to="desk@example.com"):
    message = EmailMessage()
    message["From"] = "doorwatch@example.com"
    message["To"] = to
    message["Subject"] = "tailgating"
    message.set_content("2 people, 1 grant")
    return message


async def test_a_mail_arrives_whole(serve, inbox):
    port = await serve()
    await EmailChannel(SmtpServer("127.0.0.1", port, Encryption.NONE)).send(mail())
    assert inbox.envelopes[0].rcpt_tos == ["desk@example.com"]
    assert b"2 people, 1 grant" in inbox.envelopes[0].content


async def test_a_refused_recipient_is_final_and_a_busy_mailbox_is_not(serve, inbox):
    channel = EmailChannel(SmtpServer("127.0.0.1", await serve(), Encryption.NONE))
    inbox.refusal = "550 5.1.1 no such user"
    with pytest.raises(DeliveryError, match=r"refused desk@example.com: 550 5.1.1 no such user") as refused:
        await channel.send(mail())
    assert not refused.value.again
    inbox.refusal = "451 4.2.0 mailbox busy"
    with pytest.raises(DeliveryError) as busy:
        await channel.send(mail())
    assert busy.value.again


async def test_an_unreachable_server_is_named_with_the_cure():
    channel = EmailChannel(SmtpServer("127.0.0.1", 1, Encryption.NONE, timeout=5))
    with pytest.raises(DeliveryError, match=r"127.0.0.1:1 can't be used .* check host, port") as error:
        await channel.send(mail())
    assert error.value.again


@pytest.mark.parametrize("says", [b"", b"220 ready\r\n"], ids=["says nothing", "greets and falls silent"])
async def test_a_server_that_falls_silent_holds_a_mail_up_as_long_as_is_said_and_not_for_ever(says):
    class Silent(asyncio.Protocol):
        def connection_made(self, transport):
            transport.write(says)

    server = await asyncio.get_running_loop().create_server(Silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    channel = EmailChannel(SmtpServer("127.0.0.1", port, Encryption.NONE, timeout=0.2))
    with pytest.raises(DeliveryError, match=rf"127.0.0.1:{port} can't be used .*[Tt]imed out") as error:
        async with asyncio.timeout(15):
            await channel.send(mail())
    assert error.value.again
    server.close()


async def test_a_server_that_looks_through_a_mail_before_it_takes_it_is_waited_for(serve, inbox):
    async def slowly(_server, _session, envelope):
        await asyncio.sleep(0.5)
        inbox.envelopes.append(envelope)
        return "250 OK"

    inbox.handle_DATA = slowly
    channel = EmailChannel(SmtpServer("127.0.0.1", await serve(), Encryption.NONE, timeout=0.2))
    await channel.send(mail())
    assert len(inbox.envelopes) == 1, "hanging up would have it sent again, and come twice"


async def test_that_a_mail_was_taken_is_told_as_the_word_arrives_whatever_comes_after_it(serve, inbox):
    """A server that says 250 and breaks off in the middle of its answer has the mail."""

    async def broken(server, _session, envelope):
        inbox.envelopes.append(envelope)
        server.transport.write(b"250-taken\r\n")
        server.transport.close()
        return "250 and gone"

    told = []
    channel = EmailChannel(SmtpServer("127.0.0.1", await serve(), Encryption.NONE))
    await channel.hand_over(replace(outgoing(1), taken=lambda: told.append("taken")))
    assert told == ["taken"]
    inbox.refusal = "550 nobody"
    with pytest.raises(DeliveryError):
        await channel.hand_over(replace(outgoing(1), taken=lambda: told.append("refused")))
    inbox.refusal = None
    inbox.handle_DATA = broken
    with pytest.raises(DeliveryError, match="can't be used"):
        await channel.hand_over(replace(outgoing(1), taken=lambda: told.append("broken off")))
    assert told == ["taken", "broken off"]
    await channel.close()


async def test_starttls_and_login_work_with_a_ca_of_ones_own(serve, inbox, authority):
    ca_file, context = authority

    def login(_server, _session, _envelope, _mechanism, data):
        good = (data.login, data.password) == (b"door", b"secret")
        return AuthResult(success=good, handled=good)

    port = await serve(tls_context=context, require_starttls=True, authenticator=login, auth_required=True)

    def server(password, ca):
        return SmtpServer("127.0.0.1", port, Encryption.STARTTLS, "door", password, ca)

    await EmailChannel(server("secret", ca_file)).send(mail())
    assert len(inbox.envelopes) == 1
    with pytest.raises(DeliveryError, match="refused the login of 'door'"):
        await EmailChannel(server("wrong", ca_file)).send(mail())
    with pytest.raises(DeliveryError, match="certificate"):
        await EmailChannel(server("secret", None)).send(mail())
    assert len(inbox.envelopes) == 1


async def test_a_ca_file_that_is_not_there_is_named(serve, tmp_path):
    missing = tmp_path / "missing.pem"
    channel = EmailChannel(SmtpServer("127.0.0.1", await serve(), Encryption.STARTTLS, ca_file=missing))
    with pytest.raises(DeliveryError, match=r"missing.pem can't be read"):
        await channel.send(mail())


async def test_a_password_never_stands_in_an_error(serve, inbox):
    inbox.refusal = "550 no"
    channel = EmailChannel(SmtpServer("127.0.0.1", await serve(), Encryption.NONE, password="hunter2"))
    with pytest.raises(DeliveryError) as error:
        await channel.send(mail())
    assert "hunter2" not in str(error.value)


class Visited(SMTP):
    """Counts connections; `rude` ends each after its first mail without a word."""

    count = 0
    rude = False

    def connection_made(self, transport):
        type(self).count += 1
        super().connection_made(transport)

    async def smtp_DATA(self, arg):  # noqa: N802 - the library's name
        await super().smtp_DATA(arg)
        if self.rude:
            self.transport.close()


@pytest.fixture
async def visited(inbox):
    class Server(Visited):
        pass

    server = await asyncio.get_running_loop().create_server(lambda: Server(inbox), "127.0.0.1", 0)
    Server.port = server.sockets[0].getsockname()[1]
    yield Server
    server.close()


def outgoing(number):
    return Outgoing("d@example.com", "desk@example.com", b"Subject: %d\r\n\r\n.first dot\r\n" % number)


async def test_mails_that_follow_each_other_go_over_one_connection(visited, inbox):
    channel = EmailChannel(SmtpServer("127.0.0.1", visited.port, Encryption.NONE))
    for number in range(5):
        await channel.hand_over(outgoing(number))
    await channel.close()
    assert (visited.count, len(inbox.envelopes)) == (1, 5)
    assert b"\r\n.first dot" in inbox.envelopes[4].original_content


async def test_a_connection_that_the_server_left_meanwhile_costs_no_mail_and_doubles_none(visited, inbox):
    visited.rude = True
    channel = EmailChannel(SmtpServer("127.0.0.1", visited.port, Encryption.NONE))
    for number in range(3):
        await channel.hand_over(outgoing(number))
    await channel.close()
    assert (visited.count, len(inbox.envelopes)) == (3, 3)


async def test_after_a_refusal_the_next_mail_begins_on_a_connection_of_its_own(visited, inbox):
    channel = EmailChannel(SmtpServer("127.0.0.1", visited.port, Encryption.NONE))
    inbox.refusal = "550 5.1.1 no such user"
    with pytest.raises(DeliveryError):
        await channel.hand_over(outgoing(1))
    inbox.refusal = None
    await channel.hand_over(outgoing(2))
    await channel.close()
    assert (visited.count, len(inbox.envelopes)) == (2, 1)


async def test_an_address_beyond_ascii_needs_a_server_that_takes_it_and_is_told_so(serve, inbox):
    channel = EmailChannel(SmtpServer("127.0.0.1", await serve(enable_SMTPUTF8=False), Encryption.NONE))
    mail = Outgoing("d@example.com", "büro@example.com", b"Subject: x\r\n\r\nx\r\n")
    with pytest.raises(DeliveryError, match="takes no addresses beyond ASCII") as refused:
        await channel.hand_over(mail)
    assert not refused.value.again
    knowing = EmailChannel(SmtpServer("127.0.0.1", await serve(enable_SMTPUTF8=True), Encryption.NONE))
    await knowing.hand_over(mail)
    await knowing.close()
    assert inbox.envelopes[0].rcpt_tos == ["büro@example.com"]
