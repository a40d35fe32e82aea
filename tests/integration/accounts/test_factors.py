"""Second factors against a real database of each kind: each code once, recovery, and requiring one."""

import asyncio

import pytest
from sqlalchemy import select

from doorwatch.accounts import Role, TooManyAttemptsError, Visit, factors
from doorwatch.accounts.factors import SecondFactorError
from doorwatch.accounts.totp import STEP, code_at
from doorwatch.accounts.users import AccountsError
from doorwatch.domain.time import to_seconds
from doorwatch.store import Database
from doorwatch.store.engine import sealing
from doorwatch.store.engine.database import Key
from doorwatch.store.engine.sealing import Seal
from doorwatch.store.people import factors as rows
from doorwatch.store.schema.signing_in import recovery_codes, totp

PASSWORD = "correct horse battery"
HERE = Visit("10.0.0.1")


class Phone:
    """The owner's authenticator app, and the recovery codes on a sheet of paper."""

    def __init__(self, house):
        self.house = house
        self.secret = house.db.write_sync(lambda c: factors.propose(c, house.owner, house.clock.now())).secret
        self.codes = []

    def code(self, late=0):
        return code_at(self.secret, self.house.clock.now() // STEP + late)

    def next_code(self):
        self.house.clock.advance(to_seconds(STEP))
        return self.code()


@pytest.fixture
async def phone(house):
    made = Phone(house)
    signed = await house.accounts.sign_in("owner@x", PASSWORD, HERE)
    _, made.codes = await house.accounts.confirm_authenticator(signed.secret, made.code(), HERE)
    return made


async def sign_in(house, code, visit=HERE):
    return await house.accounts.sign_in("owner@x", PASSWORD, visit, second=code)


async def test_with_an_app_the_password_alone_does_not_sign_in(house, phone):
    with pytest.raises(SecondFactorError) as asked:
        await sign_in(house, None)
    assert asked.value.missing
    signed = await sign_in(house, phone.next_code())
    assert (await house.accounts.session(signed.secret)).method == "password and code"


async def test_an_app_counts_only_after_its_first_code(house):
    waiting = Phone(house)
    signed = await house.accounts.sign_in("owner@x", PASSWORD, HERE)
    with pytest.raises(SecondFactorError):
        await house.accounts.confirm_authenticator(signed.secret, "000000", HERE)
    assert await house.accounts.sign_in("owner@x", PASSWORD, HERE)
    renewed, codes = await house.accounts.confirm_authenticator(signed.secret, waiting.code(), HERE)
    assert await house.accounts.session(signed.secret) is None
    assert (await house.accounts.session(renewed.secret)).method == "password and code"
    assert len(set(codes)) == 10
    with pytest.raises(AccountsError, match="remove it first"):
        Phone(house)
    with pytest.raises(AccountsError, match="begin again"):
        await house.accounts.confirm_authenticator(renewed.secret, waiting.next_code(), HERE)


async def test_each_code_signs_in_once_even_when_two_come_at_the_same_time(house, phone):
    with pytest.raises(SecondFactorError):
        await sign_in(house, phone.code())
    code = phone.next_code()
    tried = await asyncio.gather(*(sign_in(house, code) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(one, SecondFactorError) for one in tried) == 2


async def test_wrong_codes_are_slowed_down_apart_from_passwords_and_are_in_the_trail(house, phone):
    for _ in range(5):
        with pytest.raises(SecondFactorError) as wrong:
            await sign_in(house, "000000")
        assert not wrong.value.missing
    assert house.trail()[0] == "session.refused"
    with pytest.raises(TooManyAttemptsError):
        await sign_in(house, phone.code(late=1))
    assert await sign_in(house, phone.next_code())


async def test_who_knows_the_password_and_guesses_codes_does_not_keep_the_owner_out(house, phone):
    for number in range(20):
        with pytest.raises((SecondFactorError, TooManyAttemptsError)):
            await sign_in(house, "000000", Visit(f"192.0.2.{number % 3}"))
    assert await sign_in(house, phone.next_code())


async def test_a_recovery_code_signs_in_once_however_it_is_typed(house, phone):
    code = phone.codes[3].upper().replace("-", " ")
    assert await sign_in(house, code)
    assert "factor.recovery" in house.trail()
    with pytest.raises(SecondFactorError):
        await sign_in(house, code)
    assert house.db.read_sync(lambda c: rows.codes_left(c, house.owner.user_id)) == 9
    fresh = house.db.write_sync(lambda c: factors.renew_codes(c, house.owner, house.clock.now(), address=None))
    with pytest.raises(SecondFactorError):
        await sign_in(house, phone.codes[4])
    assert await sign_in(house, fresh[0])


async def test_a_recovery_code_of_somebody_else_is_worthless(house, phone):
    other = house.add("other@x", Role.VIEW)
    house.db.write_sync(lambda c: rows.replace_codes(c, other.user_id, [factors._code_hash(other, "abcd-efgh")]))
    with pytest.raises(SecondFactorError):
        await sign_in(house, "abcd-efgh")


async def test_proofs_and_a_new_password_need_the_code_too(house, phone):
    signed = await sign_in(house, phone.next_code())
    for act in (
        lambda code: house.accounts.prove(signed.secret, PASSWORD, HERE, second=code),
        lambda code: house.accounts.change_password(signed.secret, PASSWORD, "another good one", HERE, second=code),
    ):
        for code in (None, "000000"):
            with pytest.raises(SecondFactorError):
                await act(code)
    renewed = await house.accounts.prove(signed.secret, PASSWORD, HERE, second=phone.next_code())
    assert await house.accounts.session(renewed.secret)


async def test_what_is_taken_away_is_not_asked_for_any_more(house, phone):
    house.db.write_sync(lambda c: factors.remove(c, house.owner, 1, by="admin@x", address=None))
    assert await house.accounts.sign_in("owner@x", PASSWORD, HERE)
    assert house.db.read_sync(lambda c: rows.codes_left(c, house.owner.user_id)) == 0
    assert "factor.remove" in house.trail()
    for act in (
        lambda c: factors.remove(c, house.owner, 1, by="admin@x", address=None),
        lambda c: factors.renew_codes(c, house.owner, 1, address=None),
    ):
        with pytest.raises(AccountsError):
            house.db.write_sync(act)


async def test_where_one_is_required_a_session_without_may_only_add_one(house):
    signed = await house.accounts.sign_in("owner@x", PASSWORD, HERE)
    assert not signed.limited
    house.db.write_sync(lambda c: factors.require(c, house.account, "owner@x", 1, required=True, address=None))
    assert (await house.accounts.session(signed.secret)).limited
    assert (await house.accounts.sign_in("owner@x", PASSWORD, HERE)).limited
    app = Phone(house)
    signed = await house.accounts.sign_in("owner@x", PASSWORD, HERE)
    renewed, _ = await house.accounts.confirm_authenticator(signed.secret, app.code(), HERE)
    assert not renewed.limited
    assert not (await house.accounts.session(renewed.secret)).limited


async def test_the_secret_of_an_app_is_sealed_and_recovery_codes_are_hashed(house, phone, database_address):
    def kept(conn):
        return str(conn.execute(select(totp)).all() + conn.execute(select(recovery_codes)).all())

    assert all(code not in house.db.read_sync(kept) for code in phone.codes)
    key = Key(Seal(b"k" * 32), "in the test", house.clock.now())
    with Database.open(database_address, readers=1, key=key) as sealed:
        sealed.write_sync(lambda c: rows.remove_factors(c, house.owner.user_id))
        app = sealed.write_sync(lambda c: factors.propose(c, house.owner, 1))
        assert sealed.read_sync(lambda c: rows.find_authenticator(c, house.owner.user_id)) == app
        assert app.secret not in sealed.read_sync(kept)
        assert app.secret not in repr(app)
        sealed.write_sync(sealing.forget)
        assert sealed.read_sync(lambda c: rows.find_authenticator(c, house.owner.user_id)) is None
