"""The reference page and the keys are one thing."""

from pathlib import Path

from doorwatch.gateway.keys import KEYS, reference
from doorwatch.pacs.genetec.settings import DEFAULT_TYPES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "values.md"


def test_the_reference_page_has_the_table_of_all_keys_as_the_code_has_it():
    assert reference() in PAGE.read_text()


def test_the_reference_page_names_the_default_event_types():
    text = PAGE.read_text()
    assert all(f"`{name}`" in text for name in DEFAULT_TYPES)


def test_every_key_is_described_in_a_sentence():
    assert all(key.about.endswith(".") for key in KEYS)
