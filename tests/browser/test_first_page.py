"""What somebody who opens the page for the first time has to wait for."""

import gzip
import urllib.request

from playwright.sync_api import expect

LINE = 10_000_000 / 8
"""Bytes a second at 10 Mbit/s."""


def test_the_program_of_the_first_page_is_small_and_what_comes_later_comes_later(browser, server):
    base, _ = server
    page = browser.new_page()
    loaded = []
    page.on("response", lambda answer: loaded.append(answer.url))
    page.goto(base)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.close()
    scripts = [url for url in loaded if url.endswith(".js")]
    sizes = {}
    for url in scripts:
        request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            sizes[url.rsplit("/", 1)[1]] = len(packed := answer.read())
            assert len(gzip.decompress(packed)) > len(packed)
    assert scripts
    assert sum(sizes.values()) < 400_000, sizes
    assert not [name for name in sizes if name.startswith(("TimelinePage", "Reports"))]
    # Of 1.5 s at 10 Mbit/s a third at most is left to the line.
    assert sum(sizes.values()) / LINE < 0.5
