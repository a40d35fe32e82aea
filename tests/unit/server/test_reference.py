"""The reference page says what the server has."""

from pathlib import Path

from doorwatch.server.openapi import reference

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "api.md"


def test_the_reference_page_is_what_the_server_would_print():
    cure = "python -m doorwatch.server.openapi --markdown > docs/reference/api.md"
    assert PAGE.read_text() == reference(), cure


def test_every_address_is_told_with_a_permission_and_a_sentence():
    rows = [line for line in reference().splitlines() if line.startswith(("| GET", "| P", "| DELETE", "| WS"))]
    assert len(rows) > 50
    for row in rows:
        _, _, _, permission, words, _ = row.split("|")
        assert permission.strip()
        if "/openapi.json" not in row:
            assert words.strip().endswith("."), row
