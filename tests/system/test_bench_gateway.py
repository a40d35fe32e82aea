"""The gateway's bench in its short form: every case runs, loses nothing, and says what it is worth."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIGURES = {"cpu_us_per_item", "cpu_cores", "rss_mib", "achieved_per_s", "lost"}


def bench(*arguments, timeout=200):
    done = subprocess.run(
        [sys.executable, ROOT / "bench" / "gateway.py", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("case", ["bulk", "individual", "rate100"])
@pytest.mark.parametrize("sink", ["light", "server"])
def test_events_at_a_rate_all_arrive_and_their_cost_is_told(case, sink):
    (told,) = bench("--case", case, "--sink", sink, "--seconds", "1", "--rate", "300")
    assert told["case"] == case
    assert told["sink"] == sink
    assert told["lost"] == 0
    assert told["offered"] > 0
    assert set(told) >= FIGURES
    assert told["rss_mib"] < 80
    assert "cores" in told["machine"]


@pytest.mark.slow
@pytest.mark.parametrize("case", ["flat", "ceiling"])
def test_flat_out_the_stream_is_slowed_down_and_nothing_is_lost(case):
    (told,) = bench("--case", case, "--seconds", "0.2")
    assert told["lost"] == 0
    assert told["rss_mib"] < 120


@pytest.mark.slow
def test_at_rest_the_gateway_is_small_and_a_start_is_quick():
    idle, startup = bench("--case", "idle", "--case", "startup", "--seconds", "1", "--rounds", "1")
    assert idle["rss_mib"] <= 55
    assert idle["cpu_cores"] < 0.5
    assert startup["most_ms"] > 0


@pytest.mark.slow
def test_a_backlog_drains_in_order_while_live_events_pass():
    (told,) = bench("--case", "backlog", "--rows", "20000")
    assert (told["lost"], told["out_of_order"]) == (0, 0)
    assert told["live_events"] > 0
    assert told["rss_mib"] < 120


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="NOT TESTED: strace is not installed")
def test_every_commit_is_fsynced():
    (told,) = bench("--case", "fsyncs", "--seconds", "0.5", "--rate", "200")
    assert told["fsyncs_per_commit"] >= 0.9


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("syslog-ng") is None, reason="NOT TESTED: syslog-ng, the peer, is not installed")
@pytest.mark.parametrize("mode", ["bulk", "individual"])
def test_the_peer_forwards_the_same_payload_to_the_same_sink(mode):
    (told,) = bench("--case", "peer", "--mode", mode, "--seconds", "1", "--rate", "200")
    assert told["lost"] == 0
    assert told["peer"].startswith("syslog-ng")


def test_a_case_that_fails_is_told_and_the_others_go_on(monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    import gateway as program

    async def good(options):
        return {"case": "idle", "seconds": options.seconds}

    async def bad(_options):
        raise TimeoutError("the gateway did not start")

    monkeypatch.setattr(program, "CASES", {**program.CASES, "startup": bad, "idle": good})
    monkeypatch.setattr(sys, "argv", ["bench", "--case", "startup", "--case", "idle"])
    with pytest.raises(SystemExit, match="1"):
        program.main()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["case"] for one in told] == ["startup", "idle"]
    assert told[0]["failed"] == "TimeoutError: the gateway did not start"


def test_the_table_names_every_case_and_can_be_shortened():
    sys.path.insert(0, str(ROOT / "bench"))
    try:
        import gateway as program
    finally:
        sys.path.remove(str(ROOT / "bench"))
    assert {name for name, _ in program.TABLE} == set(program.CASES) - {"chaos"}
    options = program.arguments(["--all", "--seconds", "1", "--rows", "2000"])
    planned = program.plan(options)
    assert {mine.seconds for _, mine in planned} == {1.0}
    assert {mine.rows for _, mine in planned} == {
        2000,
    }
    assert {(name, mine.sink) for name, mine in planned} >= {("bulk", "light"), ("bulk", "server")}


@pytest.fixture
def program(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    import gateway

    return gateway


def test_some_lines_of_the_table_are_run_as_they_are_there(program, capsys):
    planned = program.plan(program.arguments(["--cases", "bulk,flat"]))
    assert [(name, mine.sink, mine.seconds) for name, mine in planned] == [
        ("bulk", "light", 60.0), ("bulk", "server", 60.0), ("flat", "light", 15.0),
    ]  # fmt: skip
    with pytest.raises(SystemExit, match="2"):
        program.arguments(["--cases", "bulk,swift"])
    assert "no case swift in the table; there are backlog, bulk" in capsys.readouterr().err


RATE = {
    "case": "bulk", "mode": "bulk", "sink": "server", "offered_per_s": 9_988.0, "achieved_per_s": 9_970.4, "lost": 0,
    "cpu_us_per_item": 24.4, "cpu_cores": 0.24, "simulator_us_per_item": 5.2, "server_us_per_item": 27.0,
    "rss_mib": 51.7, "p50_ms": 15.6, "p99_ms": 1_240.0,
}  # fmt: skip


def test_the_tables_go_where_the_page_has_a_place_for_them(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    from forwarding import page as pages

    results = [
        {**RATE, "machine": "2 cores EPYC, load 0.5, Python 3.11.7, Linux"},
        {"case": "flat", "failed": "TimeoutError: too slow", "machine": "2 cores EPYC, load 2.5, Python 3.11.7, Linux"},
    ]
    page = tmp_path / "sizing.md"
    page.write_text(f"# Sizing\n\n{pages.BEGIN}\nold\n{pages.END}\n\n## More\n")
    for _ in range(2):
        pages.write(page, results)
        text = page.read_text()
        assert text.startswith("# Sizing\n")
        assert text.endswith(f"{pages.END}\n\n## More\n")
        assert "old" not in text
    assert "2 cores EPYC; load average 0.5 to 2.5" in text
    assert "| 10,000 events/s in batches, into the product's server | 52 MiB | 400 MiB |" in text
    assert "| 9,988/s | 9,970/s | 0 | 24 µs | 0.24 | 5 and 27 µs | 16 ms | 1.2 s |" in text
    assert "- flat: TimeoutError: too slow" in text
    pages.write(tmp_path / "new.md", results[:1])
    assert "### In batches" in (tmp_path / "new.md").read_text()
    assert "One by one" not in (tmp_path / "new.md").read_text()


def test_help_behind_a_name_is_that_of_the_benchmark_and_says_how_long_it_takes():
    told = {}
    for arguments in (("gateway", "--help"), ("--help",), ("-h",)):
        done = subprocess.run(
            [sys.executable, "-m", "doorwatch", "bench", *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        told[arguments] = done.stdout
    assert "--markdown" in told["gateway", "--help"]
    assert "a quarter of an hour" in told["gateway", "--help"]
    assert "Usage: doorwatch bench" in told[("--help",)]
    assert told[("--help",)] == told[("-h",)]


def test_the_sizing_page_has_the_place():
    page = (ROOT / "docs/guide/sizing.md").read_text()
    assert "<!-- measured by doorwatch bench gateway: begin -->" in page
    assert "<!-- measured by doorwatch bench gateway: end -->" in page
