"""`doorwatch check` itself: the database as a file, what it prints, how it ends, what it refuses, what it asks elsewhere."""

import json
import sqlite3

import pytest
from installed import NAMES, run

from doorwatch.domain.time import HOUR
from doorwatch.server.proof import Wish, prove
from doorwatch.server.settings import LOCAL_FILE, Settings


def test_a_provider_of_single_sign_on_that_is_away_is_found(tmp_path, own_sqlite, free_port):
    settings = Settings(data_dir=tmp_path, oidc_issuer=f"http://127.0.0.1:{free_port}", oidc_client_id="doorwatch")
    answers = {answer.name: answer.wrong for answer in prove(settings, Wish(HOUR, 0, 0))}
    assert "DOORWATCH_OIDC_ISSUER" in answers.pop("sign-on")[0]
    assert not any(answers.values())


def test_a_reference_that_leads_nowhere_is_found(own):
    with sqlite3.connect(own / "doorwatch.db") as raw:
        raw.execute("DELETE FROM cameras")
    raw.close()
    answers = {answer.name: answer for answer in prove(Settings(data_dir=own), Wish(0, 0, 0))}
    assert "cameras does not have" in answers["references"].wrong[0]


def test_a_damaged_file_is_found(own):
    file = own / "doorwatch.db"
    data = bytearray(file.read_bytes())
    page = 4096
    for start in range(3 * page, len(data), page):
        data[start : start + 64] = b"\xff" * 64
    file.write_bytes(data)
    result = run("--data-dir", own)
    assert result.exit_code == 1, result.output
    assert result.output.startswith("broken  database")
    assert "restore it from a backup" in result.output


def test_tables_of_another_version_are_told_and_nothing_else_is_asked(own):
    with sqlite3.connect(own / "doorwatch.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    answers = list(prove(Settings(data_dir=own), Wish(0, 0, 0)))
    assert [answer.name for answer in answers] == ["database", "schema"]
    assert "of revision 9999" in answers[1].wrong[0]


def test_the_command_prints_a_line_a_promise_and_ends_with_0(own):
    (own / LOCAL_FILE).unlink()
    result = run("--data-dir", own, "--json")
    lines = {line["invariant"]: line for line in map(json.loads, result.output.splitlines())}
    # The pictures and recordings were left behind.
    assert list(lines) == [name for name in NAMES if name != "verdicts"]
    assert {name for name, line in lines.items() if not line["ok"]} == {"evidence"}
    assert result.exit_code == 1
    assert lines["evidence"]["broken"] == 3
    assert set(lines["rule"]) == {"invariant", "ok", "promise", "looked_at", "broken", "examples"}


def test_the_command_ends_with_0_when_all_is_well(tmp_path, own_sqlite):
    result = run("--data-dir", tmp_path)
    assert result.exit_code == 0, result.output
    assert result.output.count("ok  ") == 11


def test_the_command_reads_the_database_only(own):
    before = (own / "doorwatch.db").read_bytes()
    run("--data-dir", own)
    assert (own / "doorwatch.db").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--data-dir", "/nowhere/at/all"], "there is no database"),
        (["--since", "yesterday"], "--since yesterday"),
        (["--stale", "0"], "greater than or equal to 1"),
        (["--database-url", "mysql://x"], "mysql://"),
    ],
)
def test_what_cannot_be_looked_at_is_told_in_a_sentence_and_ends_with_2(arguments, told):
    result = run(*arguments)
    assert result.exit_code == 2
    assert told in result.output


@pytest.mark.parametrize("since", ["90m", "24h", "7d", "2020-01-01T00:00:00Z"])
def test_since_is_a_span_or_a_time(own, since):
    assert run("--data-dir", own, "--since", since).exit_code in {0, 1}
