"""Sessions against a real database of each kind: proved afresh, listed, ended; and who cannot shut whom out."""

import contextlib

import pytest

from doorwatch.accounts import Accounts, Role, TooManyAttemptsError, Visit, WrongCredentialsError, sessions
from doorwatch.accounts.sessions import Lives
from doorwatch.accounts.throttle import FREE_TRIES_OF_STRANGERS
from doorwatch.accounts.users import AccountsError, set_password
from doorwatch.domain.time import HOUR, to_seconds
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.errors import UnknownError

PASSWORD = "correct horse battery"
OFFICE, ELSEWHERE = Visit("10.0.0.1", "Firefox"), Visit("192.0.2.9")


async def refused(house, visit, email="owner@x"):
    with pytest.raises(WrongCredentialsError):
        await house.accounts.sign_in(email, "wrong password", visit)


async def attack(house, address="192.0.2.9"):
    """Guess until it costs a wait."""
    for _ in range(40):
        try:
            await house.accounts.sign_in("owner@x", "wrong password", Visit(address))
        except WrongCredentialsError:
            continue
        except TooManyAttemptsError:
            return
    raise AssertionError("guessing was never slowed down")


async def test_who_guesses_at_an_email_does_not_keep_its_owner_out(house):
    for number in range(10):
        await attack(house, f"192.0.2.{number}")
    assert await house.accounts.sign_in("owner@x", PASSWORD, OFFICE)


async def test_a_browser_that_is_known_gets_in_whatever_strangers_do_from_everywhere(house):
    known = Visit("10.0.0.1", device=(await house.accounts.sign_in("owner@x", PASSWORD, OFFICE)).device)
    for number in range(FREE_TRIES_OF_STRANGERS):
        await refused(house, Visit(f"2001:db8:0:{number:x}::1"))
    with pytest.raises(TooManyAttemptsError):
        await house.accounts.sign_in("owner@x", PASSWORD, Visit("198.51.100.1"))
    again = await house.accounts.sign_in("owner@x", PASSWORD, known)
    assert again.device == known.device
    assert await house.accounts.sign_in("owner@x", PASSWORD, Visit("203.0.113.4", device=known.device))


async def test_an_attacker_in_the_same_office_does_not_keep_a_known_browser_out(house):
    known = Visit("10.0.0.1", device=(await house.accounts.sign_in("owner@x", PASSWORD, OFFICE)).device)
    await attack(house, "10.0.0.1")
    for number in range(40):
        with contextlib.suppress(WrongCredentialsError, TooManyAttemptsError):
            await house.accounts.sign_in(f"n{number}@x", "wrong password", OFFICE)
    assert await house.accounts.sign_in("owner@x", PASSWORD, known)


async def test_a_known_browser_is_slowed_down_by_its_own_failures(house):
    known = Visit("10.0.0.1", device=(await house.accounts.sign_in("owner@x", PASSWORD, OFFICE)).device)
    for _ in range(5):
        await refused(house, known)
    with pytest.raises(TooManyAttemptsError):
        await house.accounts.sign_in("owner@x", PASSWORD, known)


@pytest.mark.parametrize("forged", ["", "x", "x.y", ".", "number." + "0" * 64, "é.é"])
async def test_a_mark_that_was_not_given_to_a_browser_makes_nobody_known(house, forged):
    await attack(house)
    with pytest.raises(TooManyAttemptsError):
        await house.accounts.sign_in("owner@x", PASSWORD, Visit("192.0.2.9", device=forged))


async def test_the_mark_of_one_person_makes_nobody_else_known(house):
    house.add("other@x")
    mark = (await house.accounts.sign_in("other@x", PASSWORD, ELSEWHERE)).device
    await attack(house)
    with pytest.raises(TooManyAttemptsError):
        await house.accounts.sign_in("owner@x", PASSWORD, Visit("192.0.2.9", device=mark))


async def test_an_ipv6_network_counts_as_one_address(house):
    for number in range(5):
        await refused(house, Visit(f"2001:db8::{number:x}"))
    with pytest.raises(TooManyAttemptsError):
        await house.accounts.sign_in("owner@x", PASSWORD, Visit("2001:db8::ffff"))
    assert await house.accounts.sign_in("owner@x", PASSWORD, Visit("2001:db8:0:1::1"))


async def test_a_new_password_ends_every_wait(house):
    await attack(house)
    house.do(set_password, house.passwords, house.owner.user_id, "another good one", now=house.clock.now(), by="t")
    assert await house.accounts.sign_in("owner@x", "another good one", ELSEWHERE)


async def test_signing_in_ends_the_session_that_the_browser_had(house):
    first = await house.accounts.sign_in("owner@x", PASSWORD, OFFICE)
    second = await house.accounts.sign_in("owner@x", PASSWORD, Visit("10.0.0.1", replaces=first.secret))
    assert await house.accounts.session(first.secret) is None
    assert await house.accounts.session(second.secret)


async def test_a_fresh_proof_gives_the_session_another_secret_and_no_longer_life(house):
    first = await house.accounts.sign_in("owner@x", PASSWORD, OFFICE)
    began = house.clock.now()
    house.clock.advance(3600)
    assert (await house.accounts.session(first.secret)).proved_at == began
    renewed = await house.accounts.prove(first.secret, PASSWORD, OFFICE)
    assert await house.accounts.session(first.secret) is None
    session = await house.accounts.session(renewed.secret)
    assert (session.proved_at, session.expires_at) == (house.clock.now(), first.expires_at)
    assert house.trail()[0] == "session.prove"


async def test_a_wrong_proof_counts_as_a_guess_and_leaves_the_session_alone(house):
    signed = await house.accounts.sign_in("owner@x", PASSWORD, OFFICE)
    for _ in range(5):
        with pytest.raises(WrongCredentialsError):
            await house.accounts.prove(signed.secret, "wrong password", OFFICE)
    with pytest.raises(TooManyAttemptsError):
        await house.accounts.prove(signed.secret, PASSWORD, OFFICE)
    assert house.trail()[0] == "session.prove.refused"
    assert await house.accounts.session(signed.secret)
    with pytest.raises(WrongCredentialsError):
        await house.accounts.prove("no session", PASSWORD, OFFICE)


async def test_ones_own_new_password_needs_the_former_and_ends_all_other_sessions(house):
    other = await house.accounts.sign_in("owner@x", PASSWORD, ELSEWHERE)
    mine = await house.accounts.sign_in("owner@x", PASSWORD, OFFICE)
    with pytest.raises(WrongCredentialsError):
        await house.accounts.change_password(mine.secret, "wrong password", "another good one", OFFICE)
    with pytest.raises(AccountsError, match="first that are tried"):
        await house.accounts.change_password(mine.secret, PASSWORD, "password1234", OFFICE)
    changed = await house.accounts.change_password(mine.secret, PASSWORD, "another good one", OFFICE)
    for gone in (other.secret, mine.secret):
        assert await house.accounts.session(gone) is None
    assert await house.accounts.session(changed.secret)
    assert await house.accounts.sign_in("owner@x", "another good one", OFFICE)


async def test_sessions_are_listed_and_ended_by_names_that_open_nothing(house):
    first = await house.accounts.sign_in("owner@x", PASSWORD, OFFICE)
    house.clock.advance(60)
    second = await house.accounts.sign_in("owner@x", PASSWORD, ELSEWHERE)

    def listed():
        found = house.db.read_sync(lambda c: sessions.listed(c, house.owner.user_id, Lives(), house.clock.now()))
        return [row.address for row in found]

    assert listed() == ["192.0.2.9", "10.0.0.1"]
    assert await house.accounts.session(first.session_id) is None

    def end(**which):
        return house.db.write_sync(
            lambda c: sessions.end(c, house.owner, now=1, by="owner@x", address="10.0.0.1", **which)
        )

    assert end(only=first.session_id) == 1
    with pytest.raises(UnknownError):
        end(only=first.session_id)
    assert listed() == ["192.0.2.9"]
    third = await house.accounts.sign_in("owner@x", PASSWORD, OFFICE)
    assert end(but=third.session_id) == 1
    assert await house.accounts.session(second.secret) is None
    assert end() == 1
    entry = house.db.read_sync(lambda c: audit.list_entries(c, house.account, limit=1))[0]
    assert (entry.action, entry.detail) == ("session.end", {"sessions": 1})


async def test_nobody_ends_a_session_of_somebody_else(house):
    other = house.add("other@x", Role.VIEW)
    mine = await house.accounts.sign_in("owner@x", PASSWORD, OFFICE)
    with pytest.raises(UnknownError):
        house.db.write_sync(lambda c: sessions.end(c, other, only=mine.session_id, now=1, by="other@x", address=None))
    assert await house.accounts.session(mine.secret)


async def test_how_long_sessions_last_is_a_setting(house):
    strict = Accounts(house.db, house.clock, house.passwords, lives=Lives(longest=8 * HOUR, idle=HOUR))
    signed = await strict.sign_in("owner@x", PASSWORD, OFFICE)
    for _ in range(7):
        house.clock.advance(to_seconds(HOUR))
        assert await strict.session(signed.secret)
    house.clock.advance(to_seconds(HOUR))
    assert await strict.session(signed.secret) is None
    idle = await strict.sign_in("owner@x", PASSWORD, OFFICE)
    house.clock.advance(to_seconds(HOUR) + 1)
    assert await strict.session(idle.secret) is None
    await strict.tidy()
    assert "Firefox" not in house.everything()
