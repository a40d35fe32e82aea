"""Signing in, tokens and users against a real database of each kind."""

import asyncio

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from doorwatch.accounts import Accounts, Role, TooManyAttemptsError, Visit, WrongCredentialsError
from doorwatch.accounts.passwords import Passwords
from doorwatch.accounts.sessions import Lives
from doorwatch.accounts.users import AccountsError, admit, set_disabled, set_password, set_role
from doorwatch.domain.time import HOUR, to_seconds
from doorwatch.store import tenants
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.people import users

PASSWORD = "correct horse battery"


async def fail(house, times, email="owner@x", address=None):
    for _ in range(times):
        with pytest.raises(WrongCredentialsError):
            await house.accounts.sign_in(email, "wrong password", Visit(address))


async def test_who_signs_in_is_known_by_the_secret_alone(house):
    signed = await house.accounts.sign_in(" Owner@X ", PASSWORD, Visit("10.0.0.1", "Firefox"))
    session = await house.accounts.session(signed.secret)
    assert (session.user.email, session.user.role, session.expires_at) == ("owner@x", "owner", signed.expires_at)
    assert await house.accounts.session("guess") is None
    assert house.trail()[0] == "session.begin"


async def test_no_secret_is_stored_anywhere(house):
    signed = await house.accounts.sign_in("owner@x", PASSWORD)
    made = house.token()
    everything = house.everything()
    for secret in (signed.secret, made.secret, PASSWORD):
        assert secret not in everything
        assert secret not in repr((signed, made))


@pytest.mark.parametrize(
    ("email", "password"), [("owner@x", "wrong password"), ("nobody@x", PASSWORD), ("no email", "x")]
)
async def test_a_wrong_email_and_a_wrong_password_are_told_alike(house, email, password):
    with pytest.raises(WrongCredentialsError, match="e-mail or password is wrong"):
        await house.accounts.sign_in(email, password)


async def test_signing_out_ends_the_session(house):
    signed = await house.accounts.sign_in("owner@x", PASSWORD)
    await house.accounts.sign_out(signed.secret)
    assert await house.accounts.session(signed.secret) is None


async def test_a_session_ends_after_its_life_and_when_it_is_not_used(house):
    idle = await house.accounts.sign_in("owner@x", PASSWORD)
    used = await house.accounts.sign_in("owner@x", PASSWORD)
    for _ in range(4):
        house.clock.advance(to_seconds(Lives().idle) - 1)
        assert (await house.accounts.session(used.secret)) is not None
    assert await house.accounts.session(idle.secret) is None
    house.clock.advance(to_seconds(Lives().longest))
    assert await house.accounts.session(used.secret) is None
    await house.accounts.tidy()
    assert house.db.read_sync(lambda c: c.execute(text("SELECT count(*) FROM sessions")).scalar()) == 0


async def test_guessing_is_slowed_down_and_the_right_password_must_wait_too(house):
    await fail(house, 5)
    with pytest.raises(TooManyAttemptsError) as refused:
        await house.accounts.sign_in("owner@x", PASSWORD)
    assert refused.value.retry_after == 1
    house.clock.advance(1)
    assert await house.accounts.sign_in("owner@x", PASSWORD)
    await fail(house, 4)
    assert await house.accounts.sign_in("owner@x", PASSWORD)


async def test_guesses_that_come_together_get_no_more_tries(house):
    async def guess():
        try:
            await house.accounts.sign_in("owner@x", "wrong password")
        except (WrongCredentialsError, TooManyAttemptsError) as error:
            return type(error)

    tried = await asyncio.gather(*(guess() for _ in range(20)))
    assert tried.count(WrongCredentialsError) == 5


async def test_an_address_that_tries_many_accounts_is_slowed_down(house):
    house.add("other@x")
    for number in range(30):
        await fail(house, 1, email=f"n{number}@x", address="10.0.0.9")
    with pytest.raises(TooManyAttemptsError):
        await house.accounts.sign_in("other@x", PASSWORD, Visit("10.0.0.9"))
    assert await house.accounts.sign_in("other@x", PASSWORD, Visit("10.0.0.10"))


async def test_many_who_sign_in_well_from_one_office_are_not_slowed_down(house):
    for _ in range(40):
        await house.accounts.sign_in("owner@x", PASSWORD, Visit("10.0.0.1"))


async def test_a_refused_user_is_out_at_once(house):
    guest = house.add("guest@x")
    signed = await house.accounts.sign_in("guest@x", PASSWORD)
    house.do(set_disabled, guest.user_id, disabled=True, now=house.clock.now(), by="owner@x")
    assert await house.accounts.session(signed.secret) is None
    with pytest.raises(WrongCredentialsError):
        await house.accounts.sign_in("guest@x", PASSWORD)
    house.do(set_disabled, guest.user_id, disabled=False, now=house.clock.now(), by="owner@x")
    assert await house.accounts.sign_in("guest@x", PASSWORD)


async def test_a_new_password_ends_all_sessions(house):
    signed = await house.accounts.sign_in("owner@x", PASSWORD)
    house.do(set_password, house.passwords, house.owner.user_id, "another good one", now=house.clock.now(), by="t")
    assert await house.accounts.session(signed.secret) is None
    with pytest.raises(WrongCredentialsError):
        await house.accounts.sign_in("owner@x", PASSWORD)
    assert await house.accounts.sign_in("owner@x", "another good one")


async def test_a_cheap_hash_is_renewed_when_its_owner_signs_in(house):
    before = house.db.read_sync(lambda c: users.find_by_email(c, "owner@x")).password_hash
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    accounts = Accounts(house.db, house.clock, stronger)
    await accounts.sign_in("owner@x", PASSWORD)
    after = house.db.read_sync(lambda c: users.find_by_email(c, "owner@x")).password_hash
    assert after != before
    assert stronger.matches(after, PASSWORD)
    assert await accounts.sign_in("owner@x", PASSWORD)


def test_an_email_belongs_to_one_user(house):
    with pytest.raises(ConflictError, match="already"):
        house.add("OWNER@x")


def test_the_last_owner_stays_owner(house):
    for change in (
        lambda: house.do(set_role, house.owner.user_id, Role.VIEW, now=1, by="x"),
        lambda: house.do(set_disabled, house.owner.user_id, disabled=True, now=1, by="x"),
    ):
        with pytest.raises(AccountsError, match="make somebody else an owner first"):
            change()
    house.add("second@x", Role.OWNER)
    assert house.do(set_role, house.owner.user_id, Role.VIEW, now=1, by="x").role == "view"


def test_a_weak_password_is_refused(house):
    with pytest.raises(AccountsError, match="at least 10"):
        house.add("weak@x", password="short")
    assert house.db.read_sync(lambda c: users.find_by_email(c, "weak@x")) is None


async def test_refused_sign_ins_are_in_the_trail_of_the_account_that_was_meant(house):
    await fail(house, 2, address="10.0.0.3")
    [entry, *_] = house.db.read_sync(lambda c: audit.list_entries(c, house.account))
    assert (entry.action, entry.actor, entry.address) == ("session.refused", "owner@x", "10.0.0.3")
    house.clock.advance(to_seconds(HOUR))


def second_account(house):
    return house.db.write_sync(lambda c: tenants.create_account(c, "Second", house.clock.now())).account_id


def admit_to(house, account, user, role=Role.VIEW):
    return house.db.write_sync(
        lambda c: admit(c, account, user.user_id, role=role, now=house.clock.now(), by="owner@x")
    )


async def test_one_person_belongs_to_several_accounts_with_a_role_in_each(house):
    guest, other = house.add("guest@x", Role.VIEW), second_account(house)
    admit_to(house, other, guest, Role.OWNER)
    of = house.db.read_sync(lambda c: users.memberships_of(c, guest.user_id))
    assert [(one.account_name, one.role) for one in of] == [("Main", "view"), ("Second", "owner")]
    with pytest.raises(ConflictError, match="belongs to the account already"):
        admit_to(house, other, guest)
    assert [user.email for user in house.db.read_sync(lambda c: users.list_users(c, other))] == ["guest@x"]
    with pytest.raises(UnknownError):
        house.db.read_sync(lambda c: users.get_user(c, other, house.owner.user_id))


async def test_a_session_acts_in_one_account_and_is_moved_only_to_another_of_its_person(house):
    guest, other = house.add("guest@x", Role.VIEW), second_account(house)
    signed = await house.accounts.sign_in("guest@x", PASSWORD)
    with pytest.raises(UnknownError):
        await house.accounts.switch(signed.secret, other)
    admit_to(house, other, guest, Role.MANAGE)
    house.clock.advance(1)
    moved = await house.accounts.switch(signed.secret, other, address="10.0.0.1")
    assert (moved.account_id, moved.role) == (other, "manage")
    assert (await house.accounts.session(signed.secret)).user == moved
    assert (await house.accounts.sign_in("guest@x", PASSWORD)).user.account_id == other, "where one was last"
    entered = house.db.read_sync(lambda c: audit.list_entries(c, other))
    assert "session.enter" in [entry.action for entry in entered]
    with pytest.raises(UnknownError, match="session is over"):
        await house.accounts.switch("guess", other)


async def test_a_failed_sign_in_is_told_in_every_account_that_it_could_have_opened(house):
    guest, other = house.add("guest@x", Role.VIEW), second_account(house)
    admit_to(house, other, guest)
    await fail(house, 1, email="guest@x")
    for account in (house.account, other):
        newest = house.db.read_sync(lambda c, of=account: audit.list_entries(c, of, limit=1))[0]
        assert (newest.action, newest.subject) == ("session.refused", "guest@x")


async def test_a_person_who_owns_another_account_alone_cannot_be_refused_sign_in(house):
    guest, other = house.add("guest@x", Role.VIEW), second_account(house)
    admit_to(house, other, guest, Role.OWNER)
    with pytest.raises(AccountsError, match="only owner"):
        house.do(set_disabled, guest.user_id, disabled=True, now=house.clock.now(), by="owner@x")


async def test_a_new_password_ends_sessions_in_every_account(house):
    guest, other = house.add("guest@x", Role.VIEW), second_account(house)
    admit_to(house, other, guest)
    here, there = [await house.accounts.sign_in("guest@x", PASSWORD) for _ in range(2)]
    await house.accounts.switch(there.secret, other)
    house.do(set_password, house.passwords, guest.user_id, "another long password", now=house.clock.now(), by="t")
    assert [await house.accounts.session(one.secret) for one in (here, there)] == [None, None]
