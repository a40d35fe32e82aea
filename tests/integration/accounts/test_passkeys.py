"""Passkeys, with an authenticator made of a key pair: what is believed, once, and what is not."""

import base64
import hashlib
import json

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from doorwatch.accounts import Accounts, Visit, WrongCredentialsError, factors
from doorwatch.accounts.factors import SecondFactorError
from doorwatch.accounts.passkeys import MOST_PASSKEYS, PasskeyCopiedError, PasskeyError, Place, place_of, rename
from doorwatch.accounts.users import AccountsError
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.people import passkeys as rows

PASSWORD = "correct horse battery"
HERE = Visit("10.0.0.1", "Firefox")
PLACE = Place("doors.example.com", "https://doors.example.com")
PRESENT, VERIFIED, WITH_KEY = 1, 4, 64


def text(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Key:
    """A security key that counts."""

    def __init__(self, host=PLACE.host, origin=PLACE.origin):
        self.pair = ec.generate_private_key(ec.SECP256R1())
        self.id = hashlib.sha256(str(id(self.pair)).encode()).digest()
        self.host, self.origin = host, origin
        self.count = 0

    def _data(self, flags, more=b""):
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big") + more

    def _said(self, kind, challenge):
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def made(self, options, flags=PRESENT | VERIFIED):
        """What a browser gives for creation options."""
        point = self.pair.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (point.x, point.y))
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        credential = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        attested = {"fmt": "none", "attStmt": {}, "authData": self._data(flags | WITH_KEY, credential)}
        response = {
            "clientDataJSON": text(self._said("webauthn.create", options["challenge"])),
            "attestationObject": text(cbor2.dumps(attested)),
            "transports": ["usb"],
        }
        return {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}

    def signed(self, options, flags=PRESENT | VERIFIED, **said):
        """What a browser gives for request options."""
        self.count += 1
        told = {**json.loads(self._said("webauthn.get", options["challenge"])), **said}
        client, data = json.dumps(told).encode(), self._data(flags)
        signature = self.pair.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": text(client),
            "authenticatorData": text(data),
            "signature": text(signature),
        }
        return {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}


@pytest.fixture
def home(house):
    house.accounts = Accounts(house.db, house.clock, house.passwords, passkeys_at=PLACE)
    return house


def creation(home):
    had = home.db.read_sync(lambda conn: rows.passkeys_of(conn, home.owner.user_id))
    return home.accounts.passkeys.creation_options(home.owner, had, home.clock.now())


async def add(home, key, name="Key on my ring"):
    """Adds a key in a new session: the session, and the recovery codes."""
    begun = await home.accounts.sign_in("owner@x", PASSWORD, HERE, second=home.codes.pop() if home.codes else None)
    signed_in, codes = await home.accounts.add_passkey(begun.secret, key.made(creation(home)), name, HERE)
    home.codes += codes
    return signed_in, codes


@pytest.fixture
async def key(home):
    home.codes = []
    made = Key()
    await add(home, made)
    return made


async def asked(home):
    """What a sign-in with the password alone asks for, a second later."""
    home.clock.advance(1)
    with pytest.raises(SecondFactorError) as missing:
        await home.accounts.sign_in("owner@x", PASSWORD, HERE)
    assert missing.value.missing
    return missing.value.passkey


async def sign_in(home, answer):
    return await home.accounts.sign_in("owner@x", PASSWORD, HERE, second=answer)


async def test_a_passkey_is_added_with_recovery_codes_and_signs_in(home):
    home.codes = []
    key = Key()
    signed_in, codes = await add(home, key)
    assert len(codes) == 10
    assert (await home.accounts.session(signed_in.secret)).method == "password and passkey"
    options = await asked(home)
    assert options["rpId"] == "doors.example.com"
    assert options["allowCredentials"] == [{"id": text(key.id), "type": "public-key", "transports": ["usb"]}]
    assert (await sign_in(home, key.signed(options))).method == "password and passkey"
    kept = home.db.read_sync(lambda conn: rows.passkeys_of(conn, home.owner.user_id))[0]
    assert (kept.name, kept.sign_count, kept.used_at) == ("Key on my ring", 1, home.clock.now())
    assert (await sign_in(home, codes[0])).method == "password and code"
    assert "factor.add" in home.trail()


async def test_the_password_is_wanted_all_the_same(home, key):
    options = await asked(home)
    with pytest.raises(WrongCredentialsError):
        await home.accounts.sign_in("owner@x", "wrong password", HERE, second=key.signed(options))


async def test_an_answer_is_good_once_and_for_five_minutes(home, key):
    options = await asked(home)
    answer = key.signed(options)
    await sign_in(home, answer)
    with pytest.raises(PasskeyError):
        await sign_in(home, answer)
    with pytest.raises(PasskeyError, match="used before"):
        await sign_in(home, key.signed(options))
    late = await asked(home)
    home.clock.advance(301)
    with pytest.raises(PasskeyError, match="too long"):
        await sign_in(home, key.signed(late))


async def test_a_copy_of_a_key_is_told_by_its_count_and_is_in_the_trail(home, key):
    await sign_in(home, key.signed(await asked(home)))
    await sign_in(home, key.signed(await asked(home)))
    home.clock.advance(1)
    key.count = 1
    with pytest.raises(PasskeyCopiedError, match="Key on my ring"):
        await sign_in(home, key.signed(await asked(home)))
    assert {"factor.copied", "session.refused"} <= set(home.trail())


async def test_a_passkey_that_does_not_count_is_taken(home, key):
    for _ in range(2):
        home.clock.advance(1)
        key.count = -1
        await sign_in(home, key.signed(await asked(home)))


async def test_what_was_not_signed_by_this_key_for_this_site_now_is_not_believed(home, key):
    options = await asked(home)
    other = Key()
    with pytest.raises(PasskeyError, match="none of yours"):
        await sign_in(home, other.signed(options))
    other.id = key.id
    for forged in (
        other.signed,
        lambda options: key.signed(options, origin="https://evil.example.com"),
        lambda options: key.signed(options, type="webauthn.create"),
        lambda options: key.signed(options, challenge=text(b"x" * 56)),
        lambda options: key.signed(options, challenge="half"),
        lambda options: key.signed(options, challenge=7),
        lambda _: key.signed(creation(home)),
        lambda options: key.signed(options, flags=0),
        lambda _: {"id": text(key.id), "response": {}},
        lambda _: {"id": text(key.id), "response": {"clientDataJSON": "é"}},
        lambda options: {**key.signed(options), "rawId": 7},
    ):
        # Wrong answers make the next one wait, as wrong codes do.
        home.clock.advance(1000)
        with pytest.raises(PasskeyError):
            await sign_in(home, forged(await asked(home)))
    key.host = "evil.example.com"
    home.clock.advance(3600)
    with pytest.raises(PasskeyError, match="can't be believed"):
        await sign_in(home, key.signed(await asked(home)))


async def test_a_challenge_of_one_person_is_of_no_use_to_another(home, key):
    options = await asked(home)
    vera = home.add("vera@x")
    begun = await home.accounts.sign_in("vera@x", PASSWORD, HERE)
    with pytest.raises(PasskeyError, match="too long"):
        await home.accounts.add_passkey(begun.secret, Key().made(creation(home)), "", HERE)
    mine = home.accounts.passkeys.creation_options(vera, [], home.clock.now())
    with pytest.raises(AccountsError, match="added before"):
        await home.accounts.add_passkey(begun.secret, key.made(mine), "", HERE)
    with pytest.raises(PasskeyError):
        await home.accounts.add_passkey(begun.secret, {"id": "x", "response": {"attestationObject": "x"}}, "", HERE)
    with pytest.raises(PasskeyError, match="none of yours"):
        await home.accounts.show_factor(begun.secret, key.signed(options), HERE)


async def test_several_passkeys_are_named_and_removed_and_the_last_stays_where_one_is_required(home, key):
    spare = Key()
    _, codes = await add(home, spare, "Spare")
    assert codes == []
    first, second = home.db.read_sync(lambda conn: rows.passkeys_of(conn, home.owner.user_id))
    now = home.clock.now()
    home.db.write_sync(lambda conn: rename(conn, home.owner, second.passkey_id, " Drawer "))
    with pytest.raises(AccountsError, match="needs a name"):
        home.db.write_sync(lambda conn: rename(conn, home.owner, second.passkey_id, " "))
    vera = home.add("vera@x")
    with pytest.raises(UnknownError):
        home.db.write_sync(lambda conn: rename(conn, vera, second.passkey_id, "mine"))
    home.db.write_sync(lambda c: factors.require(c, home.account, "owner@x", now, required=True, address=None))

    def remove(passkey):
        home.db.write_sync(lambda conn: factors.remove_passkey(conn, home.owner, passkey.passkey_id, now, address=None))

    remove(second)
    with pytest.raises(ConflictError, match="your last"):
        remove(first)
    assert len(home.db.read_sync(lambda conn: rows.passkeys_of(conn, home.owner.user_id))) == 1
    home.db.write_sync(lambda c: factors.require(c, home.account, "owner@x", now, required=False, address=None))
    remove(first)
    assert (await home.accounts.sign_in("owner@x", PASSWORD, HERE)).method == "password"


async def test_there_are_not_more_than_twenty(home, key):
    had = home.db.read_sync(lambda conn: rows.passkeys_of(conn, home.owner.user_id)) * MOST_PASSKEYS
    with pytest.raises(AccountsError, match="are the most"):
        home.accounts.passkeys.creation_options(home.owner, had, home.clock.now())


async def test_without_a_name_of_the_site_there_are_none(house):
    with pytest.raises(AccountsError, match="DOORWATCH_PUBLIC_URL"):
        house.accounts.passkeys.creation_options(house.owner, [], house.clock.now())


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://doors.example.com", PLACE),
        ("https://doors.example.com:8443/x", Place("doors.example.com", "https://doors.example.com:8443")),
        ("http://localhost:8400", Place("localhost", "http://localhost:8400")),
        ("http://doors.example.com", None),
        ("https://10.0.0.1", None),
        ("https://[::1]:8400", None),
    ],
)
def test_passkeys_are_bound_to_a_host_name_over_tls(address, place):
    assert place_of(address) == place
