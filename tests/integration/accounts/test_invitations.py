"""Inviting people, and what members become, against a real database of each kind."""

import pytest

from doorwatch.accounts import Role, invitations
from doorwatch.accounts.invitations import LINK_LIFE, InvitationError
from doorwatch.accounts.users import AccountsError, admit, hand_over, remove, set_role
from doorwatch.domain.time import to_seconds
from doorwatch.store import tenants
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.people import invitations as rows
from doorwatch.store.people import users

PASSWORD = "correct horse battery"


def invite(house, email="new@x", role=Role.VIEW):
    return house.do(invitations.invite, email=email, role=role, now=house.clock.now(), by="owner@x")


def accept(house, secret, name="New", password=PASSWORD):
    return house.db.write_sync(
        lambda c: invitations.accept_as_new(
            c, secret, house.passwords, name=name, password=password, now=house.clock.now()
        )
    )


def check(house, secret):
    return house.db.read_sync(lambda c: invitations.check(c, secret, house.clock.now()))


def elsewhere(house):
    return house.db.write_sync(lambda c: tenants.create_account(c, "Second", house.clock.now())).account_id


async def test_who_was_invited_joins_once_with_the_role_of_the_invitation(house):
    made = invite(house, " New@X ", Role.MANAGE)
    assert check(house, made.secret).email == "new@x"
    joined = accept(house, made.secret)
    assert (joined.email, joined.role, joined.account_id) == ("new@x", "manage", house.account)
    assert (await house.accounts.sign_in("new@x", PASSWORD)).user.user_id == joined.user_id
    with pytest.raises(InvitationError, match="not known"):
        accept(house, made.secret)
    assert house.db.read_sync(lambda c: rows.list_invitations(c, house.account)) == []
    assert house.trail()[:4] == ["session.begin", "invitation.accept", "user.add", "invitation.add"]


def test_an_invitation_ends_after_some_days(house):
    made = invite(house)
    house.clock.advance(to_seconds(LINK_LIFE) - 1)
    assert check(house, made.secret)
    house.clock.advance(1)
    with pytest.raises(InvitationError, match="expired"):
        accept(house, made.secret)
    assert house.db.read_sync(lambda c: users.find_person(c, "new@x")) is None


def test_a_second_invitation_of_the_same_person_ends_the_first_link(house):
    first, second = invite(house), invite(house, role=Role.MANAGE)
    with pytest.raises(InvitationError, match="not known"):
        check(house, first.secret)
    assert check(house, second.secret).role == "manage"
    assert len(house.db.read_sync(lambda c: rows.list_invitations(c, house.account))) == 1


def test_who_belongs_to_the_account_is_not_invited_again(house):
    with pytest.raises(ConflictError, match="belongs to the account already"):
        invite(house, "owner@x")
    with pytest.raises(AccountsError, match="no e-mail address"):
        invite(house, "nobody")


def test_a_bad_password_leaves_the_invitation_as_it_was(house):
    made = invite(house)
    with pytest.raises(AccountsError, match="at least 10"):
        accept(house, made.secret, password="short")
    assert accept(house, made.secret).email == "new@x"


def test_the_secret_of_an_invitation_is_kept_nowhere(house):
    made = invite(house)
    kept = house.db.read_sync(lambda c: rows.list_invitations(c, house.account))
    assert made.secret not in repr(kept)
    assert made.secret not in repr(made)
    assert made.secret not in str(house.db.read_sync(lambda c: audit.list_entries(c, house.account)))


def test_somebody_of_another_account_joins_as_who_signed_in_and_never_with_a_new_password(house):
    guest, other = house.add("guest@x", Role.OWNER), elsewhere(house)
    made = house.db.write_sync(
        lambda c: invitations.invite(c, other, email="guest@x", role=Role.VIEW, now=house.clock.now(), by="t")
    )
    with pytest.raises(InvitationError, match="signs in here already"):
        accept(house, made.secret)
    with pytest.raises(InvitationError, match="sign out"):
        house.db.write_sync(lambda c: invitations.accept_as(c, made.secret, house.owner, now=house.clock.now()))
    joined = house.db.write_sync(lambda c: invitations.accept_as(c, made.secret, guest, now=house.clock.now()))
    assert (joined.user_id, joined.account_id, joined.role) == (guest.user_id, other, "view")


async def test_who_is_removed_sees_nothing_more_and_is_forgotten_without_another_account(house):
    guest, other = house.add("guest@x"), elsewhere(house)
    house.clock.advance(1)
    house.db.write_sync(lambda c: admit(c, other, guest.user_id, role=Role.VIEW, now=house.clock.now(), by="t"))
    signed = await house.accounts.sign_in("guest@x", PASSWORD)
    house.do(remove, guest.user_id, now=house.clock.now(), by="owner@x")
    assert await house.accounts.session(signed.secret) is None
    assert (await house.accounts.sign_in("guest@x", PASSWORD)).user.account_id == other
    house.db.write_sync(lambda c: admit(c, other, house.owner.user_id, role=Role.OWNER, now=house.clock.now(), by="t"))
    house.db.write_sync(lambda c: remove(c, other, guest.user_id, now=house.clock.now(), by="owner@x"))
    assert house.db.read_sync(lambda c: users.find_person(c, "guest@x")) is None
    with pytest.raises(UnknownError):
        house.do(remove, guest.user_id, now=house.clock.now(), by="owner@x")


def test_the_last_owner_neither_leaves_nor_steps_down(house):
    for act in (
        lambda: house.do(remove, house.owner.user_id, now=house.clock.now(), by="owner@x"),
        lambda: house.do(set_role, house.owner.user_id, Role.VIEW, now=house.clock.now(), by="owner@x"),
    ):
        with pytest.raises(AccountsError, match="only owner"):
            act()
    assert house.db.read_sync(lambda c: users.get_user(c, house.account, house.owner.user_id)).role == "owner"


def test_an_account_is_handed_over_in_one_step(house):
    heir = house.add("heir@x", Role.VIEW)
    house.do(hand_over, house.owner.user_id, heir.user_id, now=house.clock.now(), by="owner@x")
    roles = {user.email: user.role for user in house.db.read_sync(lambda c: users.list_users(c, house.account))}
    assert roles == {"heir@x": "owner", "owner@x": "manage"}
    with pytest.raises(AccountsError, match="somebody else"):
        house.do(hand_over, heir.user_id, heir.user_id, now=house.clock.now(), by="heir@x")
