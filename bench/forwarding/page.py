"""What the gateway's bench measured, as the tables of docs/guide/sizing.md."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- measured by doorwatch bench gateway: begin -->", "<!-- measured by doorwatch bench gateway: end -->"
Result = dict[str, Any]
_CATEGORY = {"rate100": "300 MiB", "bulk": "400 MiB"}


def page(results: Sequence[Result]) -> str:
    """All tables of which something was measured, with the machine."""
    machines = list(dict.fromkeys(str(one["machine"]).split(", load")[0] for one in results))
    loads = [float(str(one["machine"]).split("load ")[1].split(",")[0]) for one in results]
    told = [
        f"{', '.join(machines)}; load average {min(loads):.1f} to {max(loads):.1f}, the bench's own share included."
    ]
    for title, columns, rows in (
        ("Memory", ("what", "peak of the gateway", "the category's gateway, as published"), _memory(results)),
        ("In batches", _RATE_COLUMNS, _rates(results, "bulk")),
        ("One by one", _RATE_COLUMNS, _rates(results, "individual")),
        ("After an outage", ("what", "measured"), _outage(results)),
        ("Start and disk", ("what", "measured"), _start(results)),
    ):
        if rows:
            told.append(f"### {title}\n\n" + _table(columns, rows))
    failed = [f"- {one['case']}: {one['failed']}" for one in results if "failed" in one]
    if failed:
        told.append("### What could not be measured\n\n" + "\n".join(failed))
    return "\n\n".join(told) + "\n"


def write(file: Path, results: Sequence[Result]) -> None:
    """Write the tables: between the two marks where the file has them, or as the whole file."""
    text = file.read_text() if file.exists() else ""
    if BEGIN in text and END in text:
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        file.write_text(f"{before}{BEGIN}\n\n{page(results)}\n{END}{after}")
    else:
        file.write_text(page(results))


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _good(results: Sequence[Result], *cases: str) -> list[Result]:
    return [one for one in results if one["case"] in cases and not {"failed", "skipped"} & one.keys()]


def _memory(results: Sequence[Result]) -> list[list[str]]:
    named = {
        "idle": "idle",
        "rate100": "100 events/s",
        "bulk": "{offered} events/s in batches",
        "flat": "in batches, as fast as it goes",
        "individual": "{offered} events/s one by one",
        "ceiling": "one by one, as fast as it goes",
        "backlog": "draining {rows} events of an outage",
    }
    return [
        [_filled(named[one["case"]], one), f"{one['rss_mib']:.0f} MiB", _CATEGORY.get(one["case"], "")]
        for one in _good(results, *named)
    ]


def _filled(text: str, one: Result) -> str:
    offered, rows = _number(round(one.get("offered_per_s", 0), -2)), _number(one.get("rows", 0))
    into = ", into the product's server" if one.get("sink") == "server" else ""
    return text.format(offered=offered, rows=rows) + into


_RATE_COLUMNS = (
    "what", "offered", "achieved", "lost", "CPU, an event", "cores", "source and receiver", "p50", "p99",
)  # fmt: skip


def _rates(results: Sequence[Result], mode: str) -> list[list[str]]:
    rows = []
    for one in _good(results, "bulk", "flat", "individual", "ceiling", "peer"):
        if one["mode"] != mode:
            continue
        others = [one.get(f"{name}_us_per_item") for name in ("simulator", "server")]
        rows.append(
            [
                _who(one),
                f"{_number(one['offered_per_s'])}/s",
                f"{_number(one['achieved_per_s'])}/s",
                _number(one["lost"]),
                f"{one['cpu_us_per_item']:.0f} µs",
                f"{one['cpu_cores']:.2f}",
                " and ".join(f"{us:.0f}" for us in others if us is not None) + (" µs" if others[0] else ""),
                _ms(one.get("p50_ms")),
                _ms(one.get("p99_ms")),
            ]
        )
    return rows


def _who(one: Result) -> str:
    flat = ", as fast as it goes" if one["case"] in {"flat", "ceiling"} or one.get("flat_out") else ""
    into = ", into the product's server" if one.get("sink") == "server" else ""
    return f"{one.get('peer', 'gateway')}{flat}{into}"


def _outage(results: Sequence[Result]) -> list[list[str]]:
    found: list[list[str]] = []
    for one in _good(results, "backlog"):
        found += [
            ["events on disk at the start", _number(one["rows"])],
            ["start until the PACS is heard", _ms(one["startup_ms"])],
            ["drained", f"{_number(one['achieved_per_s'])} events/s, in {one['seconds']:.0f} s"],
            ["lost, out of order for their door", f"{one['lost']}, {one['out_of_order']}"],
            ["CPU of the gateway, an event", f"{one['cpu_us_per_item']:.0f} µs"],
            ["live events of other doors meanwhile", _percentiles(one, "live_")],
        ]
    return found


def _start(results: Sequence[Result]) -> list[list[str]]:
    starts = [["start until the PACS is heard", _percentiles(one, "", ("p50",))] for one in _good(results, "startup")]
    syncs = [
        ["fsyncs for each commit", f"{one['fsyncs_per_commit']} ({_number(one['commits'])} commits)"]
        for one in _good(results, "fsyncs")
    ]
    return starts + syncs


def _percentiles(one: Result, prefix: str, which: Sequence[str] = ("p50", "p99")) -> str:
    told = [f"{name} {_ms(one[f'{prefix}{name}_ms'])}" for name in which]
    return ", ".join([*told, f"at most {_ms(one[f'{prefix}most_ms'])}"])


def _ms(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"


_number: Callable[[float], str] = "{:,.0f}".format
