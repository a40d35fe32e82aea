"""The charts of a report on paper: incidents day by day beside the grants, and at which hours of the week."""

from collections.abc import Sequence
from datetime import date

from reportlab.graphics.shapes import Drawing, PolyLine, Rect, String
from reportlab.lib import colors

from doorwatch.server.api.overview_shapes import DayRate, Overview

INK = colors.HexColor("#1b2430")
QUIET = colors.HexColor("#5d6b7c")
RULE = colors.HexColor("#c9d1da")
_INCIDENTS = colors.HexColor("#c8443c")
_RATE = colors.HexColor("#2a62c4")
_EMPTY = colors.HexColor("#eef1f5")

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TALL = 110
_AXIS = 26
_MOST_NAMES = 8
_HALF_A_NAME = 18
"""Of a day's name, in points: no name begins left of the chart."""


def names_of_days(days: Sequence[date]) -> list[str]:
    """Days for people, whatever the server's language is."""
    return [f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}" for day in days]


def days_chart(report: Overview, width: float) -> Drawing:
    """A bar for the incidents of each day, and a line for how many that is for each hundred grants."""
    days = report.by_day
    most = max(day.incidents for day in days)
    highest = max(day.per_100_grants or 0.0 for day in days)
    drawing = Drawing(width, _TALL + _AXIS + 12)
    step = width / len(days)
    drawing.add(Rect(0, _AXIS, width, 0.4, fillColor=RULE, strokeColor=None))
    for index, day in enumerate(days):
        if not day.incidents:
            continue
        height = day.incidents / most * _TALL
        bar = Rect(index * step + step * 0.15, _AXIS, step * 0.7, height, fillColor=_INCIDENTS, strokeColor=None)
        drawing.add(bar)
        if len(days) <= 31:
            drawing.add(_text(index * step + step / 2, _AXIS + height + 2, str(day.incidents), 6, "middle"))
    if not most:
        drawing.add(_text(width / 2, _AXIS + _TALL / 2, "No incidents in this time", 8, "middle", QUIET))
    elif len(days) > 1:
        for line in _rate_lines(days, step, max(1.0, highest)):
            drawing.add(PolyLine(line, strokeColor=_RATE, strokeWidth=1.3))
    every = max(1, -(-len(days) // _MOST_NAMES))
    for index in range(0, len(days), every):
        name = names_of_days([date.fromisoformat(days[index].day)])[0].rsplit(" ", 1)[0]
        drawing.add(_text(max(_HALF_A_NAME, (index + 0.5) * step), _AXIS - 10, name, 7, "middle"))
    drawing.add(Rect(0, 1, 7, 7, fillColor=_INCIDENTS, strokeColor=None))
    drawing.add(_text(11, 2, f"incidents, most on one day {most}", 7))
    drawing.add(Rect(160, 4, 12, 1.3, fillColor=_RATE, strokeColor=None))
    drawing.add(_text(176, 2, f"incidents per 100 grants, highest {highest:.1f}", 7))
    return drawing


def hours_chart(report: Overview, width: float) -> Drawing:
    """A field for each hour of the week, the fuller the more incidents; the number stands in it."""
    most = max(1, *(count for hour in report.by_hour for count in hour.by_weekday))
    tall, left = 13, 28
    step = (width - left) / 24
    drawing = Drawing(width, 7 * tall + 14)
    for row, weekday in enumerate(_WEEKDAYS):
        bottom = 14 + (6 - row) * tall
        drawing.add(_text(0, bottom + 3.5, weekday, 7))
        for hour in report.by_hour:
            count, x = hour.by_weekday[row], left + hour.hour * step
            shade = colors.linearlyInterpolatedColor(_EMPTY, _INCIDENTS, 0, 1, 0.25 + 0.75 * count / most)
            drawing.add(Rect(x, bottom, step - 1, tall - 1, fillColor=shade if count else _EMPTY, strokeColor=None))
            if count:
                paper = colors.white if count > most / 2 else INK
                drawing.add(_text(x + step / 2 - 0.5, bottom + 3.5, str(count), 6, "middle", paper))
    for at in (0, 6, 12, 18):
        drawing.add(_text(left + at * step, 3, f"{at}:00", 7))
    return drawing


def _rate_lines(days: Sequence[DayRate], step: float, highest: float) -> list[list[float]]:
    """Lines through the days with grants, x and y in turn; a day without any has no figure and parts them."""
    lines: list[list[float]] = []
    joins = False
    for index, day in enumerate(days):
        if day.per_100_grants is not None:
            if not joins:
                lines.append([])
            lines[-1] += [(index + 0.5) * step, _AXIS + day.per_100_grants / highest * _TALL]
        joins = day.per_100_grants is not None
    # A day alone between two gaps is a short stroke: a line of one point is not drawn.
    reach = step * 0.2
    return [line if len(line) > 2 else [line[0] - reach, line[1], line[0] + reach, line[1]] for line in lines]


def _text(x: float, y: float, text: str, size: float, anchor: str = "start", ink: colors.Color = INK) -> String:
    return String(x, y, text, fontName="Report", fontSize=size, fillColor=ink, textAnchor=anchor)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
