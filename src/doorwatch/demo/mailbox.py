"""A local SMTP server that keeps what it receives: each mail a file, each arrival a JSON line on standard output."""

import argparse
import asyncio
import email
import email.policy
import json
import signal
import sys
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from doorwatch.domain.time import SystemClock


class Mailbox:
    """Takes every mail for every address and writes it down before it says so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = len(list(folder.glob("*.eml")))
        self._clock = SystemClock()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one mail."""
        self._count += 1
        file = self._folder / f"{self._count:04d}.eml"
        file.write_bytes(envelope.original_content)
        mail = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        arrival = {
            "at_us": self._clock.now(),
            "to": ", ".join(envelope.rcpt_tos),
            "subject": str(mail["Subject"]),
            "file": str(file),
        }
        sys.stdout.write(json.dumps(arrival) + "\n")
        sys.stdout.flush()
        return "250 OK"


async def serve(folder: Path, port: int) -> None:
    """Listen on this machine until told to stop; the folder is there."""
    mailbox = Mailbox(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, enable_SMTPUTF8=True), "127.0.0.1", port)
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    await stopped.wait()
    server.close()


def main() -> None:
    """Command line of the mailbox process."""
    parser = argparse.ArgumentParser(prog="doorwatch.demo.mailbox", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(arguments.folder, arguments.port))


if __name__ == "__main__":
    main()
