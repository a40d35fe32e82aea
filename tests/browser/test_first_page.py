"""What somebody who opens the page for the first time has to wait for."""

from playwright.sync_api import expect

LINE = 10_000_000 / 8
"""Bytes a second at 10 Mbit/s."""
SIZES = "performance.getEntriesByType('resource').map(one => [one.name, one.encodedBodySize, one.decodedBodySize])"


def test_what_a_first_search_loads_is_small_and_packed_and_what_comes_later_comes_later(visit):
    page = visit("/search?q=access%20granted")
    expect(page.get_by_role("list", name="How the search was understood")).to_be_visible()
    loaded = {url: sizes for url, *sizes in page.evaluate(SIZES)}
    scripts = {url.rsplit("/", 1)[1]: sizes for url, sizes in loaded.items() if url.endswith(".js")}
    assert scripts
    assert all(packed < whole for packed, whole in scripts.values()), scripts
    assert sum(packed for packed, _ in scripts.values()) < 400_000, scripts
    assert not [name for name in scripts if name.startswith(("TimelinePage", "Reports"))]
    # Of 1.5 s at 10 Mbit/s a third at most is left to the line.
    assert sum(packed for packed, _ in loaded.values()) / LINE < 0.5, loaded
