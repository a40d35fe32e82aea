"""Every kind of mail as a mail program shows it: in two widths, light and dark, and as text alone.

The pictures are kept where DOORWATCH_PICTURES says, for people to look at; what can be measured is.
"""

import asyncio
import base64
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import cv2
import every_mail
import pytest

CLIP = Path(__file__).parents[1] / "clips" / "s02-tailgating.mp4"
WIDTHS = (600, 390)
PICTURED = {"default", "desk", "every variable", "long names"}
KINDS = (
    "default",
    "correction",
    "desk",
    "every variable",
    "long names",
    "digest",
    "trouble",
    "report",
    "invitation",
    "forgotten",
)

FAINT = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = channels(colour).slice(0, 3).map((one) => {
      const part = one / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let up = element; up; up = up.parentElement) {
      const colour = getComputedStyle(up).backgroundColor;
      if ((channels(colour)[3] ?? 1) > 0.5) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = [];
  while (words.nextNode()) {
    const element = words.currentNode.parentElement;
    if (!words.currentNode.textContent.trim()) continue;
    const pair = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(1)}: ${words.currentNode.textContent.slice(0, 40)}`);
  }
  return faint;
}"""
"""Words that stand too faintly on what is behind them (WCAG AA), with their contrast."""


@pytest.fixture(scope="module")
def mails(tmp_path_factory):
    """Made in a thread of its own: the browser's tools have the loop of this one."""
    with av.open(CLIP) as video:
        frame = next(one for one in video.decode(video=0) if one.time and one.time > 6.5)
        picture = cv2.imencode(".jpg", frame.to_ndarray(format="bgr24"))[1].tobytes()
    with ThreadPoolExecutor(1) as thread:
        made = thread.submit(lambda: asyncio.run(every_mail.every_mail(tmp_path_factory.mktemp("mails"), picture)))
        return made.result()


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    folder = Path(os.environ.get("DOORWATCH_PICTURES") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def shown(mail):
    """The HTML of a mail with its pictures in it, as a mail program shows it."""
    page = mail.get_body(("html",)).get_content()
    for part in mail.walk():
        if name := part["Content-ID"]:
            data = base64.b64encode(part.get_content()).decode()
            page = page.replace(f"cid:{name.strip('<>')}", f"data:{part.get_content_type()};base64,{data}")
    assert "cid:" not in page, "the mail carries every picture that it shows"
    return page


def looked_at(browser, page_source, width, scheme, file):
    """A page of this width with the mail in it, whose picture is kept; close its context."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.set_content(page_source, wait_until="load")
    page.screenshot(path=file, full_page=True)
    return context, page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_fits_its_window_is_readable_shows_its_picture_and_leads_somewhere(
    browser, mails, gallery, kind, scheme
):
    source = shown(mails[kind])
    assert "{{" not in source
    for width in WIDTHS:
        file = gallery / f"{kind.replace(' ', '-')}-{scheme}-{width}.png"
        context, page = looked_at(browser, source, width, scheme, file)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out"
        assert page.evaluate(FAINT) == []
        sizes = page.evaluate("[...document.images].map((one) => [one.complete, one.naturalWidth, one.width])")
        assert len(sizes) == (1 if kind in PICTURED else 0)
        assert all(complete and natural and drawn <= width for complete, natural, drawn in sizes)
        links = page.evaluate("[...document.links].map((one) => one.getAttribute('href'))")
        assert links, "there is a way from the mail to what it tells of"
        assert all(
            re.fullmatch(r"https://doorwatch\.example\.com/\S+|https://doorwatch\.example\.com", one) for one in links
        )
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 28)"}[scheme]
        context.close()


def test_what_is_measured_is_found_where_it_is_wrong(browser, tmp_path):
    """Of a page that is faint, too wide and lacks its picture."""
    source = (
        '<body style="color:#888;background:#999">faint<div style="width:900px">wide</div><img src="data:image/png,x">'
    )
    context, page = looked_at(browser, source, 390, "light", tmp_path / "wrong.png")
    assert len(page.evaluate(FAINT)) == 2
    assert page.evaluate("document.documentElement.scrollWidth") > 390
    assert page.evaluate("document.images[0].naturalWidth") == 0
    context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_the_text_of_a_mail_alone_says_as_much_and_fits_its_window(browser, mails, gallery, kind):
    text = mails[kind].get_body(("plain",)).get_content()
    assert "{{" not in text
    assert re.search(r"https://doorwatch\.example\.com/\S+", text), "its link is written out"
    assert not re.search(r"\n[ \t]*\n[ \t]*\n[ \t]*\n", text), "no holes where something was not known"
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    source = (
        f'<body style="margin:0"><pre style="margin:12px;font:14px monospace;white-space:pre-wrap;'
        f'overflow-wrap:anywhere">{escaped}</pre></body>'
    )
    for width in WIDTHS:
        file = gallery / f"{kind.replace(' ', '-')}-text-{width}.png"
        context, page = looked_at(browser, source, width, "light", file)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        context.close()


def test_every_kind_is_looked_at(mails):
    assert set(mails) == set(KINDS)
    assert mails["report"].get_content_type() == "multipart/mixed"
    assert [part.get_filename() for part in mails["report"].iter_attachments()]
