"""Each way of telling other systems on its page, with real receivers: added, tried, changed, its errors read, removed."""

import json
import shutil
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest
from playwright.sync_api import expect

OWNER, PASSWORD = "olga@example.com", "a long enough password"
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


class Receiver:
    """Whatever posts and lines of logs come to this machine; `/no` is refused in words."""

    def __init__(self):
        self.posts, self.lines = [], []
        found = self

        class Posts(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                found.posts.append((self.path, dict(self.headers), json.loads(body)))
                refused = self.path == "/no"
                self.send_response(404 if refused else 204)
                self.send_header("Content-Length", "12" if refused else "0")
                self.end_headers()
                self.wfile.write(b"no such hook" if refused else b"")

            do_PUT = do_POST  # noqa: N815 - the library's name

            def log_message(self, *_):
                pass

        class Lines(StreamRequestHandler):
            def handle(self):
                found.lines.append(self.rfile.read())

        self._servers = [ThreadingHTTPServer(("127.0.0.1", 0), Posts), ThreadingTCPServer(("127.0.0.1", 0), Lines)]
        self.port, self.log_port = (server.server_address[1] for server in self._servers)
        for server in self._servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def close(self):
        for server in self._servers:
            server.shutdown()
            server.server_close()


@pytest.fixture(scope="module")
def receiver():
    found = Receiver()
    yield found
    found.close()


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """The port of a real broker that takes everything."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path_factory.mktemp("broker") / "broker.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    process = subprocess.Popen([MOSQUITTO, "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield port
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def server(server_folder, serve, api_at):
    secret = server_folder / "password"
    secret.write_text(PASSWORD)
    arguments = ("--owner", OWNER, "--owner-password-file", secret)
    with serve(server_folder, *arguments, webhook_networks="127.0.0.1/32") as (base, _):
        owner = api_at(base)
        owner("POST", "/api/session", {"email": OWNER, "password": PASSWORD})
        devices = {"devices": [{"device_id": "lobby", "device_name": "Lobby east"}]}
        token = owner("POST", "/api/tokens", {"name": "gateway", "kind": "gateway"})["token"]
        api_at(base, token)("POST", "/api/pacs/devices", devices)
        yield base, owner


def line_of(page, name):
    """What the page tells of one receiver."""
    return page.locator(".lines > li").filter(has=page.get_by_text(name, exact=True))


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed: apt-get install mosquitto")
def test_posts_chats_logs_and_brokers_are_added_tried_changed_and_tell_what_went_wrong(
    visit, server, receiver, broker, eventually
):
    page = visit("/settings/alerts")
    web, log = f"http://127.0.0.1:{receiver.port}", f"tcp://127.0.0.1:{receiver.log_port}"
    right = {
        "json": f"{web}/in",
        "slack": f"{web}/slack",
        "teams": f"{web}/teams",
        "syslog": log,
        "cef": log,
        "mqtt": f"mqtt://127.0.0.1:{broker}",
    }
    for form, url in right.items():
        page.get_by_label("Goes to").select_option(form)
        page.get_by_label("Name", exact=True).fill(f"To {form}")
        page.get_by_label("Address", exact=True).fill(url)
        page.get_by_role("button", name="Add webhook").click()
        if form == "json":
            page.get_by_role("button", name="I have kept it").click()
        page.get_by_role("button", name=f"Try To {form}").click()
        expect(line_of(page, f"To {form}")).to_contain_text("Last post: sent")
    assert [path for path, *_ in receiver.posts] == ["/in", "/slack", "/teams"]
    eventually(lambda: len(receiver.lines) == 2)
    assert b"CEF:0|" in receiver.lines[1]

    wrong = {"json": f"{web}/no", "slack": f"{web}/no", "syslog": "tcp://127.0.0.1:9", "mqtt": "mqtt://127.0.0.1:9"}
    said = {
        "json": "404 no such hook",
        "slack": "404 no such hook",
        "syslog": "can't be reached",
        "mqtt": "can't be reached",
    }
    for form, url in wrong.items():
        page.get_by_role("button", name=f"Change To {form}").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Address", exact=True).fill(url)
        dialog.get_by_role("button", name="Save").click()
        expect(dialog).to_be_hidden()
        page.get_by_role("button", name=f"Try To {form}").click()
        expect(line_of(page, f"To {form}")).to_contain_text(said[form])
    assert {hook["name"]: hook["url"] for hook in server[1]("GET", "/api/webhooks")} == {
        f"To {form}": url for form, url in (right | wrong).items()
    }


def test_what_an_address_hears_is_narrowed_to_kinds_and_doors(visit, server):
    draft = {"name": "Narrow", "url": "https://siem.example/in", "form": "json"}
    made = server[1]("POST", "/api/webhooks", draft)
    page = visit("/settings/alerts", size=(390, 844))
    page.get_by_role("button", name="Change Narrow").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Unauthorized entry").check()
    dialog.get_by_role("button", name="Doors that it is told of").click()
    page.locator(".options").get_by_role("option", name="Lobby east").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing sticks out of the page"
    dialog.get_by_role("button", name="Save").click()
    expect(line_of(page, "Narrow")).to_contain_text("Only: Unauthorized entry, Lobby east")
    [kept] = [one for one in server[1]("GET", "/api/webhooks") if one["hook_id"] == made["hook_id"]]
    assert (kept["kinds"], len(kept["doors"]), kept["url"]) == (["unauthorized_entry"], 1, draft["url"])


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_a_callback_is_added_tried_delivered_again_changed_switched_off_and_removed_on_the_page(
    visit, server, receiver, size
):
    receiver.posts.clear()
    page = visit("/settings/alerts", size=size)
    page.get_by_role("button", name="Add a callback").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Guard tour")
    dialog.get_by_label("Address", exact=True).fill(f"http://127.0.0.1:{receiver.port}/tour")
    dialog.get_by_label("Headers of your own").fill("Authorization: Bearer their-key")
    dialog.get_by_text("Troubles: when they begin").click()
    dialog.get_by_label("a door was forced open").check()
    dialog.get_by_label("Only what this search finds").fill('like:"a red jacket"')
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0], "nothing sticks out of the page"
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("a filter by looks ranks")
    dialog.get_by_label("Only what this search finds").fill("lobby")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(page.locator("code.secret")).to_contain_text("dwhook_")
    page.get_by_role("button", name="I have kept it").click()

    page.get_by_role("button", name="Try Guard tour").click()
    tour = line_of(page, "Guard tour")
    expect(tour).to_contain_text("Last post: sent")
    page.get_by_role("button", name="Posts to Guard tour").click()
    tour.get_by_role("button", name="Deliver again").click()
    expect(tour.get_by_text("sent", exact=True)).to_be_visible()
    page.get_by_role("button", name="Change Guard tour").click()
    expect(dialog.get_by_label("Keep the headers Authorization")).to_be_checked()
    dialog.get_by_label("Sent with").select_option("PUT")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    switch = page.get_by_role("switch", name="Post to Guard tour")
    page.locator("label.switch", has=switch).click()
    page.locator("label.switch[data-selected]", has=switch).wait_for(state="detached")
    [kept] = server[1]("GET", "/api/callbacks")
    assert (kept["method"], kept["enabled"], kept["header_names"]) == ("PUT", False, ["Authorization"])
    assert set(kept["events"]) == {"incident.created", "incident.explained", "system.door_forced"}
    assert {headers["Authorization"] for _, headers, _ in receiver.posts} == {"Bearer their-key"}
    assert len({body["id"] for *_, body in receiver.posts}) == 1, "again is the same post"
    page.get_by_role("button", name="New secret for Guard tour").click()
    page.get_by_role("button", name="New secret", exact=True).click()
    page.get_by_role("button", name="I have kept it").click()
    page.get_by_role("button", name="Remove Guard tour").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_text("No callback yet").wait_for()
