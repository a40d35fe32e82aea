"""A password that the server made is for one first sign-in: its person replaces it, and it ends."""

import pytest

from doorwatch.accounts.limits import Limit
from doorwatch.accounts.roles import Role
from doorwatch.accounts.users import (
    GIVEN_FOR,
    AccountsError,
    GivenPasswordEndedError,
    WrongCredentialsError,
    add_user,
    set_password,
)
from doorwatch.domain.time import SECOND

GIVEN, OWN = "hq7d-mmxa-9fzk-w3vt", "a sentence of my very own"
EMAIL = "guard@example.com"


@pytest.fixture
def guard(house):
    return house.do(
        add_user,
        house.passwords,
        email=EMAIL,
        password=GIVEN,
        role=Role.VIEW,
        now=house.clock.now(),
        by="t",
        given=True,
    )


@pytest.mark.usefixtures("guard")
async def test_who_comes_with_it_may_do_nothing_but_choose_another(house):
    begun = await house.accounts.sign_in(EMAIL, GIVEN)
    assert begun.limited == Limit.PASSWORD
    assert (await house.accounts.session(begun.secret)).limited == Limit.PASSWORD
    with pytest.raises(AccountsError, match="choose another one"):
        await house.accounts.change_password(begun.secret, GIVEN, GIVEN)
    changed = await house.accounts.change_password(begun.secret, GIVEN, OWN)
    assert changed.limited is None
    assert (await house.accounts.session(changed.secret)).limited is None
    with pytest.raises(WrongCredentialsError):
        await house.accounts.sign_in(EMAIL, GIVEN)
    house.clock.advance(10 * GIVEN_FOR / SECOND)
    assert (await house.accounts.sign_in(EMAIL, OWN)).limited is None, "one's own does not end"


@pytest.mark.usefixtures("guard")
async def test_one_that_nobody_replaced_ends_and_only_who_knows_it_is_told(house):
    house.clock.advance(GIVEN_FOR / SECOND)
    assert (await house.accounts.sign_in(EMAIL, GIVEN)).limited == Limit.PASSWORD
    house.clock.advance(1)
    with pytest.raises(GivenPasswordEndedError, match="ask an owner"):
        await house.accounts.sign_in(EMAIL, GIVEN)
    assert house.trail()[0] == "session.refused"
    with pytest.raises(WrongCredentialsError):
        await house.accounts.sign_in(EMAIL, "another guess at it")


async def test_another_one_that_an_owner_has_made_is_replaced_too(house, guard):
    begun = await house.accounts.sign_in(EMAIL, GIVEN)
    await house.accounts.change_password(begun.secret, GIVEN, OWN)
    again = "k2wp-7tca-ddnm-58xz"
    house.do(set_password, house.passwords, guard.user_id, again, now=house.clock.now(), by="owner@x", given=True)
    assert (await house.accounts.sign_in(EMAIL, again)).limited == Limit.PASSWORD
    house.do(set_password, house.passwords, guard.user_id, "told by a script", now=house.clock.now(), by="owner@x")
    assert (await house.accounts.sign_in(EMAIL, "told by a script")).limited is None
