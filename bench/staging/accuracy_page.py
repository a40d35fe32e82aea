"""What the accuracy bench measured, as the tables of docs/reference/accuracy.md."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from staging.truth import summed, wilson

BEGIN, END = (
    "<!-- measured by doorwatch bench accuracy: begin -->",
    "<!-- measured by doorwatch bench accuracy: end -->",
)
Row = dict[str, Any]

_COLUMNS = ("clips", "fault", "every n-th frame", "crossings", "found", "missed", "false", "`possible`", "incidents")
_WRONG = ("crossings", "missed", "false")


def page(rows: Sequence[Row], version: str) -> str:
    """A table for each detector, the sums by kind of scene; then what was missed, line by line."""
    told = [f"Measured with version {version}, every row by the same code."]
    for detector in dict.fromkeys(row["detector"] for row in rows):
        mine = [row for row in rows if row["detector"] == detector]
        told.append(f"### {detector}\n\n" + _table(_COLUMNS, _sums(mine)))
        wrong = [row for row in mine if row["missed"] or row["false"] or row.get("incidents_false")]
        if wrong:
            lines = [
                [str(row["case"]), str(row["fault"]), str(row["every"]), *(str(row[key]) for key in _WRONG)]
                for row in wrong
            ]
            told.append(f"Where {detector} was wrong:\n\n" + _table(("case", "fault", "every", *_WRONG), lines))
    return "\n\n".join(told) + "\n"


def write(file: Path, rows: Sequence[Row], version: str) -> None:
    """Write the tables: between the two marks where the file has them, or as the whole file. Raises OSError."""
    text = file.read_text("utf-8") if file.exists() else ""
    if BEGIN in text and END in text:
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        text = f"{before}{BEGIN}\n\n{page(rows, version)}\n{END}{after}"
    else:
        text = page(rows, version)
    file.write_text(text, "utf-8")


def _sums(rows: Sequence[Row]) -> list[list[str]]:
    keys = dict.fromkeys((row["kind"], row["fault"], row["every"]) for row in rows)
    groups = [(key, [row for row in rows if (row["kind"], row["fault"], row["every"]) == key]) for key in keys]
    return [[*map(str, key), *_figures(group)] for key, group in groups]


def _figures(rows: Sequence[Row]) -> list[str]:
    total = summed(rows)
    between = wilson(total["found"], total["crossings"])
    found = f"{total['found']} ({100 * between[0]:.0f} to {100 * between[1]:.0f} %)" if between else "-"
    told = "-"
    if total["grants"] or total["incidents"]:
        told = (
            f"{total['incidents_right']} of {total['incidents']} right, {total['incidents_false']} invented, "
            f"{total['grants']} grants"
        )
    return [str(total["crossings"]), found, *(str(total[key]) for key in ("missed", "false", "possible")), told]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
