"""What a program can tell about the use by keyboard and screen reader: axe finds nothing serious on any page."""

from pathlib import Path

import pytest

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = (1440, 900), (390, 844)
LOOKS = [("dark", WIDE), ("light", WIDE), ("dark", NARROW), ("light", NARROW)]
SETTINGS = [
    "account",
    "integrations",
    "mail",
    "gateways",
    "recordings",
    "people",
    "sites",
    "tokens",
    "alerts",
    "privacy",
]
PAGES = ["/", "/search", "/search?q=lobby", "/incidents", "/doors", "/reports", *(f"/settings/{s}" for s in SETTINGS)]

RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ['violations'] });
  return found.violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(' ')} ${node.html.slice(0, 160)} ${
      (node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ''}`));
}"""


@pytest.fixture(scope="module")
def axe():
    return AXE.read_text()


@pytest.fixture
def found(axe):
    """What axe finds serious on a page, in each theme and size that is asked for."""

    def look(page, looks=LOOKS):
        page.evaluate(axe)
        seen = []
        for theme, (width, height) in looks:
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
            # Colours fade for a moment, and what is half faded has another contrast.
            page.evaluate("() => Promise.allSettled(document.getAnimations().map((one) => one.finished))")
            seen += [f"{theme} {width}: {one}" for one in page.evaluate(RUN)]
        return seen

    return look


def settled(page):
    page.locator("main").wait_for()
    page.wait_for_function("() => !document.querySelector('[aria-busy=true], .loading')")


def through(page, found, looks):
    """What is found serious on any page, one after the other."""
    seen = []
    for path in PAGES:
        page.goto(path)
        settled(page)
        seen += [f"{path}: {one}" for one in found(page, looks)]
    return seen


def test_nothing_is_serious_on_any_page_with_data(visit, incident, found):
    seen = through(visit("/"), found, LOOKS)
    assert not seen, "\n".join(seen)


def test_nothing_is_serious_on_an_incident_and_on_the_editor_of_its_scene(visit, incident, door, found):
    page = visit(f"/incidents/{incident['incident_id']}")
    settled(page)
    page.locator("video").first.wait_for()
    assert not (seen := found(page)), seen
    page.goto(f"/doors/cameras/{door.camera_id}/scene/{door.door_id}")
    settled(page)
    assert not (seen := found(page)), seen
    page.goto(f"/doors/{door.door_id}/commission")
    settled(page)
    assert not (seen := found(page)), seen
    page.goto(f"/doors/{door.door_id}/timeline?at={incident['start']}")
    page.locator(".beside .verdict").wait_for()
    assert not (seen := found(page)), seen


def test_nothing_is_serious_on_a_shared_incident(visit, incident, server, found):
    shared = server[1]("POST", f"/api/incidents/{incident['incident_id']}/share", {"hours": 1})["url"]
    page = visit("/share/" + shared.rpartition("/")[2], signed_in=False)
    seen = found(page, [("dark", WIDE), ("dark", NARROW)])
    assert not seen, seen


def test_nothing_is_serious_where_somebody_signs_in(visit, server, found):
    page = visit("/", signed_in=False)
    page.get_by_role("button", name="Sign in").wait_for()
    assert not (seen := found(page)), seen
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_role("link", name="To the sign-in").wait_for()
    assert not (seen := found(page)), seen


def test_nothing_is_serious_on_any_empty_page(visit_empty, found):
    seen = through(visit_empty("/"), found, [("dark", WIDE), ("light", NARROW)])
    assert not seen, "\n".join(seen)


@pytest.fixture(scope="module")
def empty(serve, tmp_path_factory):
    """A server to which nobody has said anything yet."""
    folder = tmp_path_factory.mktemp("empty")
    secret = folder / "password"
    secret.write_text("a long enough password")
    with serve(folder, "--owner", "olga@example.com", "--owner-password-file", secret) as (base, _):
        yield base


@pytest.fixture
def visit_empty(browser, empty, visit_at):
    with visit_at(browser, empty) as open_page:
        yield open_page


FOCUS = """() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  return { text: (one.getAttribute('aria-label') ?? one.innerText ?? '').trim(), tag: one.tagName, inside: !!one.closest('[role=dialog]'),
    shown: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none' };
}"""

DIALOGS = {
    "the list of keys": ("/", lambda page: page.get_by_role("button", name="Keys and colours")),
    "a door's policy": ("/doors", lambda page: page.get_by_role("button", name="Policy").first),
    "finding cameras": ("/doors", lambda page: page.get_by_role("button", name="Find cameras").first),
}


@pytest.mark.parametrize("dialog", DIALOGS)
def test_a_dialog_holds_the_focus_gives_it_back_and_has_nothing_serious(visit, incident, found, dialog):
    path, opener = DIALOGS[dialog]
    page = visit(path)
    settled(page)
    button = opener(page)
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    assert not (seen := found(page, [("dark", WIDE), ("light", NARROW), ("dark", WIDE)])), seen
    for _ in range(25):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS)["inside"]
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    assert button.evaluate("(one) => one === document.activeElement")


def test_tab_goes_first_to_the_way_past_the_navigation_and_its_place_is_always_shown(visit, incident):
    page = visit("/doors")
    settled(page)
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)["text"] == "Skip to the page"
    seen = []
    for _ in range(24):
        seen.append(page.evaluate(FOCUS))
        page.keyboard.press("Tab")
    assert [one for one in seen if not one["shown"]] == []
    names = [one["text"] for one in seen]
    pages = ["Live", "Search", "Incidents", "Doors", "Reports", "Settings"]
    assert [name for name in names if name in pages][:6] == pages
    page.reload()
    settled(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
