"""A report on paper: it is a PDF whatever doors are called, and however many there are."""

import re
from datetime import date, timedelta

from reportlab.graphics.shapes import PolyLine

from doorwatch.server.api.overview_shapes import DayRate, DoorOverview, HourRate, Overview, Rate, Reviews
from doorwatch.server.api.place_shapes import NamedDoor
from doorwatch.server.reporting.charts import days_chart
from doorwatch.server.reporting.paper import Heading, paper, waited

HEADING = Heading(
    "<b>Head & quarters", "Mon 23 Nov 2026 to Sun 29 Nov 2026", "Mon 16 Nov 2026", "30 Nov 2026, 07:00 (Europe/Berlin)"
)
NOTHING = Reviews(confirmed=0, dismissed=0, waiting=0, false_alarms=None, median_wait_s=None, p90_wait_s=None)


def rate(grants, incidents):
    return {
        "grants": grants,
        "incidents": incidents,
        "per_100_grants": 100 * incidents / grants if grants else None,
    }


def report(names, days=7, most=3):
    doors = [
        DoorOverview(
            door=NamedDoor(door_id=str(number), name=name),
            now=Rate(**rate(10 * number, number % 4)),
            before=Rate(**rate(0, 0)),
            entries_in=1,
            entries_out=1,
            kinds={},
            reviews=NOTHING,
            unlocked_minutes=3.25,
            held_open_minutes=0,
            coverage=None,
            watched_since=None,
        )
        for number, name in enumerate(names)
    ]
    return Overview(
        begins="2026-11-23T00:00:00Z",
        ends="2026-11-30T00:00:00Z",
        days=days,
        now=Rate(**rate(100, most)),
        before=Rate(**rate(0, 0)),
        reviews=NOTHING,
        doors=doors,
        by_day=[
            DayRate(day=(date(2026, 9, 1) + timedelta(number)).isoformat(), **rate(number, number % (most + 1)))
            for number in range(days)
        ],
        by_hour=[HourRate(hour=hour, by_weekday=[hour % (most + 1)] * 7, **rate(5, 1)) for hour in range(24)],
    )


def pages(pdf):
    assert pdf.startswith(b"%PDF-")
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_one_page_holds_a_small_report_and_many_doors_go_on_on_the_next():
    assert pages(paper(report(["Lobby"]), HEADING)) == 1
    many = paper(report([f"Door {number}" for number in range(120)], days=92), HEADING)
    assert pages(many) > 2


def test_a_report_of_one_day_of_no_doors_and_no_incidents_is_drawn():
    assert pages(paper(report([], days=1, most=0), HEADING)) == 1


def test_names_that_look_like_markup_or_are_endless_or_foreign_change_nothing():
    names = [
        "<img src='file:///etc/passwd'/>",
        "</para><b>",
        "&amp;&",
        "x" * 5000,
        "Дверь Ω 東口 🚪",
        "\x00\x07 bell",
        "",
    ]
    assert pages(paper(report(names), HEADING)) == 1


def test_waits_are_told_in_the_unit_that_fits():
    assert [waited(one) for one in (None, 45, 300, 9000)] == ["-", "45 s", "5 min", "2.5 h"]


def test_a_day_without_grants_has_no_figure_and_parts_the_line():
    told = report(["Lobby"], days=5)
    told.by_day = [DayRate(day=f"2026-09-0{n + 1}", **rate(grants, 1)) for n, grants in enumerate([100, 50, 0, 100, 0])]
    lines = [list(one.points) for one in days_chart(told, 100).contents if isinstance(one, PolyLine)]
    assert [[line[0], line[-2]] for line in lines] == [[10, 30], [66, 74]]
