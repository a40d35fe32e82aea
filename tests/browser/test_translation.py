"""Every text of the main pages stands in the catalogue: in the language that nobody speaks, none is left in English."""

import re

import pytest
from playwright.sync_api import expect

PAGES = {
    "live": "/",
    "search": "/search?q=tailgating",
    "nothing found": "/search?q=zebra",
    "incidents": "/incidents?review=all",
    "doors": "/doors",
    "reports": "/reports",
    "account": "/settings",
    "integrations": "/settings/integrations",
    "gateways": "/settings/gateways",
    "people": "/settings/people",
    "tokens": "/settings/tokens",
    "alerts": "/settings/alerts",
}

_TEXTS = """() => {
  const told = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent || parent.closest('script, style, code, kbd, textarea, [data-untranslated]')) continue;
    const text = walker.currentNode.textContent.trim();
    if (text) told.push(text);
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
    for (const element of document.querySelectorAll(`[${name}]`)) told.push(element.getAttribute(name));
  return told;
}"""

# What people, doors and cameras are called; what the access control system and the server say in their own words
# (kinds of events, reasons of incidents, notes of a proposal, labels of tokens); units, zones and codes.
_OTHERS = [
    r"Lobby|Dock|Main site|olga|Rivera|Casey|Avery|gateway|analyzer|default|example\.com|Doorwatch|UTC|Europe/|Etc/",
    r"Access granted|Access refused|Door (open|close|forced)|rtsp://|truth|values\.yaml|acs_door_events|Camera\b.*\d",
    r"people|person|went in|grant|camera|nobody|scene",  # of the server's sentences, see `said`
    r"^[\d\s:.,/%×·+-]*(ms|s|fps|h|min|px|GB|MiB)?[\d\s:.,/%×·+-]*$",
]


def plain(texts, said):
    """Texts without a letter of that language that are neither names nor the server's own words."""
    accented, letters = re.compile("[âÂçÇêÊîÎñÑôÔšŠûÛýÝžŽ]"), re.compile("[aceinosuyzACEINOSUYZ]")
    left = {text for text in texts if letters.search(text) and not accented.search(text)}
    return sorted(
        text
        for text in left
        if text not in said and not any(re.search(other, text) for other in _OTHERS[:2] + _OTHERS[3:])
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_main_page_has_no_text_outside_of_the_catalogue(visit, door, incident, name):
    page = visit("/")
    page.evaluate("localStorage.setItem('doorwatch.language', 'pseudo')")
    page.goto(PAGES[name])
    page.locator("main h1").wait_for()
    expect(page.get_by_text("Šêârçh").first).to_be_attached()
    page.wait_for_timeout(1200)  # lists come a moment after the page; what is not there yet would pass unseen
    said = {incident["reason"]}
    assert plain(page.evaluate(_TEXTS), said) == []
