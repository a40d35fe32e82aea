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
    "mail": "/settings/mail",
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

# What people, doors, cameras and programs are called.
_NAMES = "doorwatch@localhost|Lobby|Dock|Main site|olga|Rivera|Casey|Avery|gateway|analyzer|default|example[.]com|Doorwatch|Python-urllib|UTC|Europe/|Etc/"
# What the server and the access control system say in their own words: titles and reasons, kinds of events, accounts'
# defaults, rights of a token, what the analyzer noted.
_SERVER = (
    "Access (granted|refused|control)|Access[A-Z]|Door ?(open|close|forced)|rtsp://|truth|values[.]yaml|acs_door_events"
    "|Person (in|out)$|Tailgating$|admitted by a grant$|without a grant$|(owner|api)$|commands on this machine$"
)
# The language of the search box, in which examples and chips are written.
_SEARCH = "Label$|Text$|zebra$|access granted$|unauthorized access$|in the last 3 hours$|person in red leaving$|tailgating( today)?$"
# Numbers with units, and dates as the browser writes them.
_FIGURES = (
    "[0-9 :.,/%·+-]*(ms|s|fps|h|min|px|GB|MiB)?[0-9 :.,/%·+-]*$|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [0-9]+ [A-Z][a-z]{2}$"
)
_OTHERS = re.compile(f"{_NAMES}|^({_SERVER}|{_SEARCH}|{_FIGURES})")


def plain(texts, said):
    """Texts without a letter of that language that are neither names nor the server's own words."""
    accented, letters = re.compile("[âÂçÇêÊîÎñÑôÔšŠûÛýÝžŽ]"), re.compile("[aceinosuyzACEINOSUYZ]")
    left = {text for text in texts if letters.search(text) and not accented.search(text)}
    return sorted(text for text in left if text not in said and not _OTHERS.search(text))


@pytest.mark.parametrize("name", PAGES)
def test_a_main_page_has_no_text_outside_of_the_catalogue(visit, door, incident, name):
    page = visit("/")
    page.evaluate("localStorage.setItem('doorwatch.language', 'pseudo')")
    page.goto(PAGES[name])
    page.locator("main h1").wait_for()
    expect(page.get_by_text("Šêârçh").first).to_be_attached()
    # Lists come a moment after the page; what is not there yet would pass unseen.
    page.wait_for_function("() => !document.querySelector('[aria-busy=true], .loading')")
    said = {incident["reason"]}
    assert plain(page.evaluate(_TEXTS), said) == []
