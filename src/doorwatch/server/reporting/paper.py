"""A report as a PDF: the figures, the charts of the page, and every door. Drawn here, without a browser."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
from sqlalchemy import Connection

from doorwatch.domain.time import Micros
from doorwatch.server.api.overview_shapes import DoorOverview, Overview, Rate
from doorwatch.server.reporting.charts import INK, QUIET, RULE, days_chart, hours_chart, names_of_days
from doorwatch.server.reporting.counting import ReportTime
from doorwatch.store.sites import Places, default_site

_FONTS = (Path("/usr/share/fonts/truetype/dejavu"), ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
"""Knows Greek, Cyrillic and more; where it is not installed, a font that comes with the library knows Latin letters."""
_INNER = (Path(reportlab.__file__).parent / "fonts", ("Vera.ttf", "VeraBd.ttf"))
_WIDTH = A4[0] - 36 * mm
_PADDING = 6
"""Points that the library keeps free inside of its margins."""
_LONGEST_NAME = 60
_MOST_DOORS = 500
"""More nobody reads on paper; the table to save has all of them."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands over a report: whose it is, of which days, what they are compared with, and when it was made."""

    place: str
    time: str
    before: str
    made: str


def heading_of(
    conn: Connection, account: str, places: Places, site_id: str | None, time: ReportTime, now: Micros
) -> Heading:
    """The heading of a report. Raises UnknownError for a site that is not there."""
    site = places.chosen(site_id) if site_id else default_site(conn, account)
    return Heading(
        site.name if site_id or not places.several else "All sites",
        names_of_period(time),
        _names_of_comparison(time),
        f"{time.local(now):%d %b %Y, %H:%M} ({time.zone.key})",
    )


def names_of_period(time: ReportTime) -> str:
    """The days of a report, for people."""
    return _names_of(time.day(time.now.start), time.day(time.at - 1))


def _names_of_comparison(time: ReportTime) -> str:
    """What it is compared with: whole days, or the last of them until a time of day."""
    before = time.before
    days = _names_of(time.day(before.start), time.day(max(before.start, before.end - 1)))
    return days if before.end == time.now.start else f"{days}, {time.local(before.end):%H:%M}"


def _names_of(first: date, last: date) -> str:
    return " to ".join(names_of_days([first, last] if first != last else [first]))


def paper(report: Overview, heading: Heading) -> bytes:
    """The PDF."""
    _fonts()
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=18 * mm - _PADDING,
        rightMargin=18 * mm - _PADDING,
        topMargin=16 * mm,
        bottomMargin=18 * mm,
        title=f"Doorwatch report, {heading.place}, {heading.time}",
        author="Doorwatch",
    )
    story: list[Flowable] = [
        Paragraph("Who came in behind others", _style(18, bold=True, after=2)),
        Paragraph(escape(f"{heading.place} · {heading.time}"), _style(10, after=1)),
        Paragraph(escape(f"Before: {heading.before}"), _style(8, quiet=True, after=9)),
        _figures(report),
        Spacer(0, 6 * mm),
        *_chart("Day by day", days_chart(report, _WIDTH)),
        *_chart("Hour by hour", hours_chart(report, _WIDTH)),
        Paragraph("Doors, the worst for its grants first", _style(11, bold=True, after=4)),
        _doors(report) if report.doors else Paragraph("There are no doors to report on.", _style(8, quiet=True)),
    ]
    if any(_watched_later(one, report) for one in report.doors[:_MOST_DOORS]):
        story.append(Paragraph("* counted from when a camera first saw the door", _style(7.5, quiet=True)))
    if len(report.doors) > _MOST_DOORS:
        story.append(Paragraph(f"{len(report.doors) - _MOST_DOORS} more doors are in the table to save.", _style(8)))
    footer = f"Doorwatch · made {heading.made}"
    document.build(story, onFirstPage=_footer(footer), onLaterPages=_footer(footer))
    return file.getvalue()


def per_hundred(rate: Rate) -> str:
    """Incidents for each hundred grants, for people."""
    return "-" if rate.per_100_grants is None else f"{rate.per_100_grants:.1f}"


def percent(share: float | None) -> str:
    """A share of 0 to 1, for people."""
    return "-" if share is None else f"{100 * share:.0f} %"


def waited(seconds: float | None) -> str:
    """How long a review took, for people."""
    if seconds is None:
        return "-"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _figures(report: Overview) -> Table:
    now, before, reviews = report.now, report.before, report.reviews
    judged = reviews.confirmed + reviews.dismissed
    nine = f"nine of ten within {waited(reviews.p90_wait_s)}" if judged else "nothing reviewed yet"
    told = (
        ("Incidents", str(now.incidents), f"{before.incidents} before"),
        ("Incidents per 100 grants", per_hundred(now), f"{per_hundred(before)} before, {now.grants} grants"),
        ("False alarms", percent(reviews.false_alarms), f"{reviews.dismissed} of {judged} reviewed"),
        ("Time to review", waited(reviews.median_wait_s), nine),
        ("To review", str(reviews.waiting), "not looked at yet"),
    )
    cells = [
        [
            Paragraph(name, _style(8, quiet=True)),
            Paragraph(value, _style(17, bold=True, after=2)),
            Paragraph(more, _style(7.5, quiet=True)),
        ]
        for name, value, more in told
    ]
    table = Table([cells], colWidths=[_WIDTH / len(told)] * len(told))
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0),
                               ("LINEABOVE", (0, 0), (-1, 0), 0.8, INK), ("LINEBELOW", (0, 0), (-1, 0), 0.4, RULE)]))  # fmt: skip
    return table


def _chart(title: str, drawing: Flowable) -> list[Flowable]:
    heading = Paragraph(title, _style(11, bold=True, after=4))
    return [KeepTogether([heading, drawing]), Spacer(0, 6 * mm)]


def _doors(report: Overview) -> Table:
    heads = (
        *("Door", "Incidents", "Grants", "Incidents\nper 100\ngrants", "Before", "False\nalarms", "Until the\nreview"),
        *("Unlocked\nminutes", "Held open\nminutes", "Coverage"),
    )
    rows: list[Sequence[object]] = [heads, *(_door(one, report) for one in report.doors[:_MOST_DOORS])]
    share = (_WIDTH - 46 * mm) / (len(heads) - 1)
    table = Table(rows, colWidths=[46 * mm, *[share] * (len(heads) - 1)], repeatRows=1)
    table.setStyle(TableStyle([
        ("FONT", (0, 0), (-1, -1), "Report", 7.5),
        ("FONT", (0, 0), (-1, 0), "Report-Bold", 6.3),
        ("TEXTCOLOR", (0, 0), (-1, -1), INK),
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
        ("LINEBELOW", (0, 1), (-1, -1), 0.3, RULE),
        ("TOPPADDING", (0, 1), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 1), (-1, -1), 2.5),
    ]))  # fmt: skip
    return table


def _door(one: DoorOverview, report: Overview) -> Sequence[object]:
    return (
        Paragraph(escape(_shortened(one.door.name)), _style(7.5)),
        *(one.now.incidents, one.now.grants, per_hundred(one.now), per_hundred(one.before)),
        *(percent(one.reviews.false_alarms), waited(one.reviews.median_wait_s)),
        *(f"{one.unlocked_minutes:.0f}", f"{one.held_open_minutes:.0f}", _coverage(one, report)),
    )


def _shortened(name: str) -> str:
    """A name without its middle where it is too long: doors of one building often differ at the end alone."""
    if len(name) <= _LONGEST_NAME:
        return name
    half = _LONGEST_NAME // 2
    return f"{name[:half].rstrip()} … {name[-half:].lstrip()}"


def _coverage(one: DoorOverview, report: Overview) -> str:
    if one.coverage is None:
        return "none yet"
    return f"{percent(one.coverage)}{' *' if _watched_later(one, report) else ''}"


def _watched_later(one: DoorOverview, report: Overview) -> bool:
    """Whether no camera saw the door when the days began."""
    return one.watched_since is not None and one.watched_since > report.begins


def _footer(text: str) -> Callable[[Canvas, SimpleDocTemplate], None]:
    def draw(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont("Report", 7.5)
        canvas.setFillColor(QUIET)
        canvas.drawString(18 * mm, 10 * mm, text)
        canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, f"page {document.page}")

    return draw


def _style(size: float, *, bold: bool = False, quiet: bool = False, after: float = 0) -> ParagraphStyle:
    return ParagraphStyle(
        f"{size}",
        fontName="Report-Bold" if bold else "Report",
        fontSize=size,
        leading=size * 1.25,
        textColor=QUIET if quiet else INK,
        spaceAfter=after,
    )


@cache
def _fonts() -> None:
    folder, names = _FONTS if all((_FONTS[0] / name).is_file() for name in _FONTS[1]) else _INNER
    for name, file in zip(("Report", "Report-Bold"), names, strict=True):
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
