"""From a message of the outbox to a mail with the report in it: counted and drawn when it is handed over."""

import asyncio
from datetime import date
from email.message import EmailMessage
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.channels.wording import one_line
from doorwatch.alerts.letters import Block, Figures, Way, Words, letter
from doorwatch.alerts.message import Sender
from doorwatch.alerts.settings import read_settings
from doorwatch.domain.time import Clock
from doorwatch.server.api.overview_shapes import Overview
from doorwatch.server.reporting.counting import doors_of_site, report_of
from doorwatch.server.reporting.paper import Heading, heading_of, paper, per_hundred, percent
from doorwatch.server.reporting.periods import Period
from doorwatch.store import sites
from doorwatch.store.alerting.outbox import Message
from doorwatch.store.engine.database import Database
from doorwatch.store.engine.errors import UnknownError

CHANNEL = "report"
_WORST = 5


class LetterChannel(Protocol):
    """What can take a mail that is whole."""

    async def send(self, mail: EmailMessage) -> None:
        """Hand it over. Raises DeliveryError."""
        ...


def payload_of(period: Period, name: str, site_id: str | None) -> dict[str, Any]:
    """What the outbox keeps of a report until it is mailed: which it is, and no figure of it."""
    kept = {"due": period.due, "every": period.every, "first": period.first.isoformat(), "zone": period.zone.key}
    return {**kept, "name": name, "site_id": site_id}


class ReportCourier:
    """Mails of reports."""

    channel = CHANNEL

    def __init__(self, db: Database, server: LetterChannel, sender: Sender, base_url: str, clock: Clock) -> None:
        self._db = db
        self._server = server
        self._sender = sender
        self._base_url = base_url
        self._clock = clock

    async def deliver(self, message: Message) -> None:
        """Hand over. Raises DeliveryError."""
        try:
            report, heading, sender = await self._db.read(lambda conn: self._told(conn, message))
        except UnknownError as error:
            raise DeliveryError(f"the report can't be made: {error}", again=False) from None
        mail = letter(
            message.recipient, message.subject, _blocks(report, heading, self._base_url), sender, message.created_at
        )
        # A mail that is sent again after a crash is the same one to every program that looks for doubles.
        mail.replace_header("Message-ID", f"<{message.message_id}.1@{sender.address.rpartition('@')[2]}>")
        _attach(mail, await asyncio.to_thread(paper, report, heading), message.payload["first"])
        await self._server.send(mail)

    def _told(self, conn: Connection, message: Message) -> tuple[Overview, Heading, Sender]:
        kept, account, now = message.payload, message.account_id, self._clock.now()
        period = Period(kept["due"], kept["every"], date.fromisoformat(kept["first"]), ZoneInfo(kept["zone"]))
        places = sites.read(conn, account, now)
        known = doors_of_site(conn, account, places, kept["site_id"])
        wished = read_settings(conn, account).sender
        sender = Sender(
            wished.address or self._sender.address,
            wished.name or self._sender.name,
            wished.reply_to or self._sender.reply_to,
        )
        heading = heading_of(conn, account, places, kept["site_id"], period.time, now)
        return report_of(conn, account, known, period.time), heading, sender


def _attach(mail: EmailMessage, pdf: bytes, first: str) -> None:
    mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"doorwatch-report-{first}.pdf")


def _blocks(report: Overview, heading: Heading, base_url: str) -> list[Block]:
    """The figures in a few lines, for who reads mails on a phone."""
    now, before, reviews = report.now, report.before, report.reviews
    figures = (
        ("Incidents", str(now.incidents), f"{before.incidents} before"),
        ("Incidents per 100 grants", per_hundred(now), f"{per_hundred(before)} before"),
        ("False alarms among the reviewed", percent(reviews.false_alarms), ""),
        ("Not reviewed yet", str(reviews.waiting), ""),
    )
    blocks: list[Block] = [Words(f"{one_line(heading.place)}, {heading.time}", loud=True), Figures(figures)]
    worst = [one for one in report.doors if one.now.incidents][:_WORST]
    if worst:
        rows = [
            (one.door.name, str(one.now.incidents), f"{per_hundred(one.now)} incidents per 100 grants") for one in worst
        ]
        blocks.append(Figures(rows, "The worst doors for their grants"))
    return [*blocks, Words("The whole report is attached."), Way("See it in Doorwatch", f"{base_url}/reports")]
