"""A forgotten password: a link that is good once and for an hour, and that replaces the password and nothing else."""

import pytest

from doorwatch.accounts import Accounts, AccountsError, Role, TooManyAttemptsError, WrongCredentialsError, factors
from doorwatch.accounts.factors import SecondFactorError
from doorwatch.accounts.forgotten import LINK_LIFE, ForgottenLinkError
from doorwatch.accounts.sessions import Visit
from doorwatch.accounts.totp import STEP, code_at
from doorwatch.accounts.users import PasswordsOffError, set_disabled
from doorwatch.domain.time import HOUR, MINUTE, SECOND
from doorwatch.store.people import users as rows

EMAIL, FORMER, NEXT = "guard@example.com", "correct horse battery", "a sentence of my very own"


@pytest.fixture
def guard(house):
    return house.add(EMAIL)


@pytest.mark.usefixtures("guard")
async def test_its_person_chooses_another_password_once_and_all_sessions_end(house):
    begun = await house.accounts.sign_in(EMAIL, FORMER)
    user, link = await house.accounts.forgotten(" Guard@Example.com", Visit("192.0.2.7"))
    assert user.email == EMAIL
    assert (await house.accounts.whose_forgotten(link))[0].email == EMAIL
    assert (await house.accounts.sign_in(EMAIL, FORMER)).user.email == EMAIL, "to ask changes nothing"
    with pytest.raises(AccountsError, match="first that are tried"):
        await house.accounts.replace_forgotten(link, "Password12345")
    await house.accounts.replace_forgotten(link, NEXT, Visit("192.0.2.7"))
    assert await house.accounts.session(begun.secret) is None
    assert (await house.accounts.sign_in(EMAIL, NEXT)).limited is None
    with pytest.raises(WrongCredentialsError):
        await house.accounts.sign_in(EMAIL, FORMER)
    with pytest.raises(ForgottenLinkError, match="its password was replaced since"):
        await house.accounts.replace_forgotten(link, "yet another sentence of mine")
    assert [act for act in house.trail() if act.startswith("user.")][:2] == ["user.password", "user.forgotten"]
    assert link.rpartition(".")[2] not in house.everything()


@pytest.mark.usefixtures("guard")
async def test_a_link_ends_after_an_hour_and_no_other_is_believed(house):
    _, link = await house.accounts.forgotten(EMAIL)
    other = house.add("other@example.com")
    user_id, ends, proof = link.split(".")
    later = f"{user_id}.{int(ends) + HOUR}.{proof}"
    for changed in (f"{other.user_id}.{ends}.{proof}", later, f"{user_id}.{ends}.", f"{user_id}.x.{proof}", "-", ""):
        with pytest.raises(ForgottenLinkError, match="ask for another"):
            await house.accounts.whose_forgotten(changed)
    house.clock.advance(LINK_LIFE / SECOND - 1)
    await house.accounts.whose_forgotten(link)
    house.clock.advance(1)
    with pytest.raises(ForgottenLinkError, match="has ended"):
        await house.accounts.replace_forgotten(link, NEXT)


async def test_nobody_is_mailed_who_could_not_sign_in_with_a_password(house, guard):
    assert await house.accounts.forgotten("nobody@example.com") is None
    assert await house.accounts.forgotten("no address") is None
    _, link = await house.accounts.forgotten(EMAIL)
    house.do(set_disabled, guard.user_id, disabled=True, now=house.clock.now(), by="owner@x")
    house.clock.advance(HOUR / SECOND / 2)
    assert await house.accounts.forgotten(EMAIL) is None
    with pytest.raises(ForgottenLinkError, match="has ended"):
        await house.accounts.replace_forgotten(link, NEXT)
    house.do(rows.update_user, house.owner.user_id, password_hash=None)
    assert await house.accounts.forgotten("owner@x") is None


async def test_where_single_sign_on_does_it_no_password_is_replaced(house, guard):
    key = b"k" * 32
    open_house = Accounts(house.db, house.clock, house.passwords, device_key=key)
    closed = Accounts(house.db, house.clock, house.passwords, device_key=key, refuses_password=lambda _: True)
    assert await closed.forgotten(EMAIL) is None
    _, link = await open_house.forgotten(EMAIL)
    with pytest.raises(PasswordsOffError):
        await closed.replace_forgotten(link, NEXT)
    assert house.do(rows.get_user, guard.user_id).password_hash == guard.password_hash


@pytest.mark.usefixtures("guard")
async def test_a_mailbox_is_not_flooded_and_always_holds_a_link_that_is_good(house):
    mailed, newest = 0, None
    for _ in range(120):
        asked = await house.accounts.forgotten(EMAIL)
        if asked is not None:
            mailed, newest = mailed + 1, asked[1]
        await house.accounts.whose_forgotten(newest)
        house.clock.advance(MINUTE / SECOND)
    assert mailed == 8


@pytest.mark.usefixtures("guard")
async def test_a_new_password_ends_the_wait_of_who_guessed_in_vain(house):
    for _ in range(6):
        with pytest.raises((WrongCredentialsError, TooManyAttemptsError)):
            await house.accounts.sign_in(EMAIL, "what was it again", Visit("192.0.2.7"))
    _, link = await house.accounts.forgotten(EMAIL)
    await house.accounts.replace_forgotten(link, NEXT)
    assert (await house.accounts.sign_in(EMAIL, NEXT, Visit("192.0.2.7"))).user.role == Role.VIEW


async def test_a_second_factor_is_asked_for_as_before(house, guard):
    begun = await house.accounts.sign_in(EMAIL, FORMER)
    app = house.db.write_sync(lambda c: factors.propose(c, guard, house.clock.now()))
    await house.accounts.confirm_authenticator(begun.secret, code_at(app.secret, house.clock.now() // STEP))
    _, link = await house.accounts.forgotten(EMAIL)
    await house.accounts.replace_forgotten(link, NEXT)
    with pytest.raises(SecondFactorError) as asked:
        await house.accounts.sign_in(EMAIL, NEXT)
    assert asked.value.missing
