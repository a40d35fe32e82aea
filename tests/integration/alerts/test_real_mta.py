"""The e-mail channel against exim, a mail server that people run: STARTTLS, implicit TLS, login, and its own refusals."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme

from doorwatch.alerts.channels.email import DeliveryError, EmailChannel, Encryption, SmtpServer

EXIM = shutil.which("exim4") or shutil.which("exim4", path="/usr/sbin")
CONFIG = """
primary_hostname = localhost
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/exim.pid
daemon_smtp_ports = {plain} : {tls}
tls_on_connect_ports = {tls}
local_interfaces = 127.0.0.1
tls_advertise_hosts = *
tls_certificate = {folder}/smtp.pem
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = recipients
begin acl
recipients:
  deny message = 5.7.0 TLS required
       !encrypted = *
  defer message = 4.2.0 mailbox busy
       local_parts = busy
  deny message = 5.1.1 no such user
       local_parts = nobody
  accept authenticated = *
  deny message = 5.7.1 authenticate first
begin routers
all:
  driver = accept
  transport = filed
begin transports
filed:
  driver = appendfile
  file = {folder}/mail/inbox
  user = Debian-exim
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{u}}}}{{eq{{$auth3}}{{p}}}}}}}}
  server_set_id = $auth2
"""

pytestmark = [
    pytest.mark.skipif(EXIM is None, reason="exim4 is not installed: apt-get install exim4-daemon-light"),
    pytest.mark.skipif(
        os.geteuid() != 0, reason="NOT PERMITTED HERE: exim gives up root's rights, so it begins with them"
    ),
]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(look, what):
    """What `look` finds within 20 s; `what` tells why it may not have."""
    deadline = time.monotonic() + 20
    while not (found := look()):
        assert time.monotonic() < deadline, what()
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def exim():
    """A running exim: its folder and its two ports."""
    folder = Path(tempfile.mkdtemp(prefix="doorwatch-exim-"))
    folder.chmod(0o755)
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "smtp.pem")
    for name in ("spool", "mail"):
        (folder / name).mkdir()
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        plain, tls = one.getsockname()[1], two.getsockname()[1]
    (folder / "exim.conf").write_text(CONFIG.format(folder=folder, plain=plain, tls=tls))
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, "Debian-exim", "Debian-exim")
    shutil.chown(folder / "exim.conf", "root", "root")
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [EXIM, "-C", folder / "exim.conf", "-bdf"], stdout=said, stderr=said, start_new_session=True
        )
    until(lambda: listens(plain) and listens(tls), (folder / "said").read_text)
    yield folder, plain, tls
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


def channel(exim, encryption=Encryption.STARTTLS, password="p"):
    folder, plain, tls = exim
    port = tls if encryption is Encryption.TLS else plain
    return EmailChannel(SmtpServer("127.0.0.1", port, encryption, "u", password, folder / "ca.pem"))


def mail(to, subject):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "doorwatch@example.com", to, subject
    message.set_content("2 people, 1 grant")
    return message


@pytest.mark.parametrize("encryption", [Encryption.STARTTLS, Encryption.TLS])
async def test_a_mail_lies_in_the_mailbox(exim, encryption):
    await channel(exim, encryption).send(mail("desk@example.com", f"by {encryption}"))
    inbox = exim[0] / "mail" / "inbox"
    until(
        lambda: inbox.exists() and f"Subject: by {encryption}" in inbox.read_text(), lambda: "the mail does not arrive"
    )


@pytest.mark.parametrize(
    ("to", "words", "again"),
    [("busy@example.com", "451 4.2.0 mailbox busy", True), ("nobody@example.com", "550 5.1.1 no such user", False)],
)
async def test_its_refusals_are_told_in_its_own_words_and_tried_again_only_if_it_says_so(exim, to, words, again):
    with pytest.raises(DeliveryError) as refused:
        await channel(exim).send(mail(to, "x"))
    assert words in str(refused.value)
    assert refused.value.again is again


async def test_a_wrong_password_is_named_and_may_be_mended(exim):
    with pytest.raises(DeliveryError, match="refused the login of 'u'") as refused:
        await channel(exim, password="wrong").send(mail("desk@example.com", "x"))
    assert refused.value.again


async def test_without_encryption_it_takes_nothing(exim):
    _, plain, _ = exim
    with pytest.raises(DeliveryError, match="TLS required"):
        await EmailChannel(SmtpServer("127.0.0.1", plain, Encryption.NONE)).send(mail("desk@example.com", "x"))
