"""Secrets in the database: sealed with a key that is not in it, and honest about a wrong or a lost one."""

import pytest
from sqlalchemy import text

from doorwatch.store import Database, cameras, rekeying, settings, tenants
from doorwatch.store.engine import sealing
from doorwatch.store.engine.database import Key
from doorwatch.store.engine.errors import StoreError
from doorwatch.store.engine.sealing import Seal

NOW = 1_800_000_000_000_000
KEY, OTHER = bytes(range(32)), bytes(32)
URL = "rtsp://viewer:s3cr3t-of-the-gate@10.0.0.8/stream2"
MAIN = "rtsp://viewer:s3cr3t-of-the-gate@10.0.0.8/stream1"
HOOK = {"url": "https://chat.example.com/hooks/known-by-few", "secret": "dwhook_signs", "kinds": ["tailgating"]}


def open_with(address, key=KEY):
    return Database.open(address, readers=1, key=Key(Seal(key), "in the test", NOW))


def furnish(conn):
    account = tenants.ensure_default(conn, NOW)[0].account_id
    cameras.add_camera(conn, account, name="Gate", url=URL, main_url=MAIN, now=NOW, camera_id="cam")
    settings.save_alert_rule(conn, account, name="Chat", enabled=True, values=HOOK, now=NOW, rule_id="hook")
    settings.get_or_make_secret(conn, "link-key", lambda: "signs-the-links", NOW)
    return account


def told(conn, account):
    """The secrets as the product reads them."""
    camera = cameras.get_camera(conn, account, "cam")
    rule = settings.list_alert_rules(conn, account)[0]
    assert camera.main_url == MAIN
    return camera.url, rule.settings, settings.get_or_make_secret(conn, "link-key", lambda: "another", NOW)


def stored(conn):
    """Everything as it lies in the tables."""
    rows = [
        *conn.execute(text("SELECT url, main_url FROM cameras")),
        *conn.execute(text("SELECT settings FROM alert_rules")),
    ]
    return repr([*rows, *conn.execute(text("SELECT value FROM secrets"))])


def test_secrets_are_sealed_in_the_tables_and_read_back_with_the_key(own_address):
    with open_with(own_address) as db:
        account = db.write_sync(furnish)
        assert db.write_sync(lambda conn: told(conn, account)) == (URL, HOOK, "signs-the-links")
        lying = db.read_sync(stored)
    for secret in ("s3cr3t", "10.0.0.8", "known-by-few", "dwhook_signs", "signs-the-links"):
        assert secret not in lying
    with open_with(own_address) as db:
        assert db.write_sync(lambda conn: told(conn, account)) == (URL, HOOK, "signs-the-links")


def test_what_an_older_version_kept_plain_is_sealed_when_the_server_starts(own_address):
    with Database.open(own_address, readers=1) as db:
        account = db.write_sync(furnish)
        assert "s3cr3t" in db.read_sync(stored)
    with open_with(own_address) as db:
        assert "s3cr3t" not in db.read_sync(stored)
        assert db.write_sync(lambda conn: told(conn, account)) == (URL, HOOK, "signs-the-links")


def test_nothing_of_what_was_plain_lies_on_in_the_file(tmp_path):
    address = str(tmp_path / "doorwatch.db")
    with Database.open(address, readers=1) as db:
        db.write_sync(furnish)
    open_with(address).close()
    lying = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"sealed1." in lying
    assert b"s3cr3t" not in lying
    assert b"dwhook_signs" not in lying


def test_another_key_is_refused_with_the_cure_and_changes_nothing(own_address):
    with open_with(own_address) as db:
        account = db.write_sync(furnish)
    with pytest.raises(StoreError, match=r"the key in the test is not the one .* put the right key back"):
        open_with(own_address, OTHER)
    with open_with(own_address) as db:
        assert db.write_sync(lambda conn: told(conn, account))[0] == URL


def test_without_a_key_sealed_secrets_are_refused(own_address):
    with open_with(own_address) as db:
        account = db.write_sync(furnish)
    with (
        Database.open(own_address, readers=1) as db,
        pytest.raises(StoreError, match="open it with the server's key"),
    ):
        db.read_sync(lambda conn: cameras.list_cameras(conn, account))


def test_after_a_lost_key_cameras_stay_and_want_their_address_anew(own_address):
    with open_with(own_address) as db:
        account = db.write_sync(furnish)
    with Database.open(own_address, readers=1) as db:
        assert db.write_sync(sealing.forget) == 1
    with open_with(own_address, OTHER) as db:
        camera = db.read_sync(lambda conn: cameras.get_camera(conn, account, "cam"))
        assert (camera.url, camera.main_url, camera.enabled) == ("", None, False)
        assert "enter it anew" in camera.status.message
        assert db.read_sync(lambda conn: settings.list_alert_rules(conn, account)) == []
        assert db.write_sync(lambda conn: settings.get_or_make_secret(conn, "link-key", lambda: "new", NOW)) == "new"


def test_everything_is_sealed_anew_with_another_key_and_the_former_one_opens_nothing(own_address):
    with open_with(own_address) as db:
        account = db.write_sync(furnish)
        before = db.read_sync(stored)
        # the proof of the key, the camera's two addresses, the link's key, and the rule
        assert db.write_sync(lambda conn: rekeying.reseal(conn, Seal(OTHER))) == 5
        assert Seal(KEY).key_name in before
        assert Seal(KEY).key_name not in db.read_sync(stored)
    with open_with(own_address, OTHER) as db:
        assert db.write_sync(lambda conn: told(conn, account)) == (URL, HOOK, "signs-the-links")
    with pytest.raises(StoreError, match="is not the one"):
        open_with(own_address)


def test_a_text_that_does_not_open_keeps_everything_as_it_was(own_address):
    with open_with(own_address) as db:
        account = db.write_sync(furnish)
        foreign = Seal(OTHER).seal(URL, sealing.camera_place(account, "cam"))
        change = text("UPDATE cameras SET url = :url").bindparams(url=foreign)
        db.write_sync(lambda conn: conn.execute(change))
        before = db.read_sync(stored)
        with pytest.raises(StoreError, match="can't be opened"):
            db.write_sync(lambda conn: rekeying.reseal(conn, Seal(bytes(range(1, 33)))))
        assert db.read_sync(stored) == before


@pytest.mark.parametrize("change", [lambda text: text[:-6] + "AAAA==", lambda text: text + "!", lambda _: "sealed1.x"])
def test_a_sealed_text_that_was_changed_is_refused(change):
    seal = Seal(KEY)
    with pytest.raises(StoreError, match="enter the secret anew"):
        seal.open(change(seal.seal(URL, "camera/a/cam")), "camera/a/cam")


def test_a_sealed_text_opens_at_its_own_place_only():
    seal = Seal(KEY)
    kept = seal.seal(URL, "camera/a/cam")
    assert seal.open(kept, "camera/a/cam") == URL
    for elsewhere in ("camera/b/cam", "camera/a/cam2"):
        with pytest.raises(StoreError):
            seal.open(kept, elsewhere)


def test_the_same_text_is_never_sealed_the_same_way():
    seal = Seal(KEY)
    assert seal.seal(URL, "p") != seal.seal(URL, "p")
    with pytest.raises(ValueError, match="32 bytes"):
        Seal(b"short")
