"""Tokens against a real database of each kind: known by their secret, refused for a reason, rotated without a gap."""

import secrets

import pytest
from sqlalchemy import update

from doorwatch.accounts import Accounts, TokenKind
from doorwatch.accounts.token_desk import TOKEN_MEMORY
from doorwatch.accounts.tokens import LONGEST_OVERLAP, Refusal, create_token, hash_of
from doorwatch.accounts.users import AccountsError
from doorwatch.domain.time import DAY, HOUR, MINUTE, to_seconds
from doorwatch.domain.token_form import new_secret
from doorwatch.store import tenants
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.people import tokens
from doorwatch.store.schema.people import tokens as token_table


async def test_a_token_is_known_by_its_secret_and_shows_only_its_beginning(house):
    made = house.token(TokenKind.GATEWAY)
    found = await house.accounts.token(made.secret)
    assert (found.token_id, found.scopes, found.account_id) == (made.token.token_id, ("pacs:write",), house.account)
    assert found.pacs_id is not None
    assert made.secret.startswith(found.prefix)
    assert len(found.prefix) < len(made.secret) / 4
    assert await house.accounts.token(made.secret + "x") is Refusal.MISTYPED


async def test_a_revoked_token_is_worthless_at_once(house):
    made = house.token()
    assert (await house.accounts.token(made.secret)).token_id == made.token.token_id
    await house.accounts.revoke_token(house.account, made.token.token_id, by="owner@x")
    assert await house.accounts.token(made.secret) is Refusal.REVOKED
    assert house.db.read_sync(lambda c: tokens.list_tokens(c, house.account)) == []
    assert house.trail()[:2] == ["token.revoke", "token.create"]


async def test_a_revocation_that_comes_while_the_token_is_looked_up_counts(house, monkeypatch):
    made = house.token()
    real = house.db.read

    async def overtaken(work):
        found = await real(work)
        monkeypatch.setattr(house.db, "read", real)
        await house.accounts.revoke_token(house.account, made.token.token_id, by="owner@x")
        return found

    monkeypatch.setattr(house.db, "read", overtaken)
    assert await house.accounts.token(made.secret) is Refusal.REVOKED
    assert house.accounts.remembered(hash_of(made.secret)) is None


async def test_only_what_was_found_good_a_moment_ago_is_remembered(house):
    made = house.token()
    assert house.accounts.remembered(hash_of(made.secret)) is None
    token = await house.accounts.token(made.secret)
    assert house.accounts.remembered(hash_of(made.secret)) == token
    house.clock.advance(to_seconds(TOKEN_MEMORY))
    assert house.accounts.remembered(hash_of(made.secret)) is None


async def test_a_revocation_by_another_replica_is_noticed_within_seconds(house):
    made = house.token()
    await house.accounts.token(made.secret)
    await Accounts(house.db, house.clock, house.passwords).revoke_token(house.account, made.token.token_id, by="x")
    house.clock.advance(to_seconds(TOKEN_MEMORY))
    assert await house.accounts.token(made.secret) is Refusal.REVOKED


async def test_an_expired_token_is_worthless_though_it_is_remembered(house):
    made = house.token(expires_at=house.clock.now() + 2_000_000)
    assert (await house.accounts.token(made.secret)).token_id == made.token.token_id
    house.clock.advance(2)
    assert await house.accounts.token(made.secret) is Refusal.EXPIRED


async def test_the_last_use_of_a_token_is_noted_to_the_minute(house):
    made = house.token()
    seen = []
    for address in ("10.0.0.1", "10.0.0.2", "10.0.0.3"):
        await house.accounts.token(made.secret, address=address)
        seen.append(house.db.read_sync(lambda c: tokens.get_token(c, house.account, made.token.token_id)))
        house.clock.advance(40)
    assert seen[0] == seen[1]
    assert seen[2].used_at - seen[0].used_at >= MINUTE
    assert (seen[0].used_from, seen[2].used_from) == ("10.0.0.1", "10.0.0.3")


def test_a_token_needs_a_name_and_an_access_control_system_of_the_account(house):
    with pytest.raises(AccountsError, match="needs a name"):
        house.do(create_token, name=" ", kind=TokenKind.API, now=1, by="x")
    with pytest.raises(UnknownError):
        house.do(create_token, name="x", kind=TokenKind.GATEWAY, pacs_id="theirs", now=1, by="x")


async def test_a_token_of_another_account_cannot_be_revoked(house):
    other = house.db.write_sync(lambda c: tenants.create_account(c, "Other", 1)).account_id
    made = house.token()
    with pytest.raises(UnknownError):
        await house.accounts.revoke_token(other, made.token.token_id, by="x")
    assert (await house.accounts.token(made.secret)).token_id == made.token.token_id


async def test_who_guesses_learns_nothing_but_that_it_was_a_guess(house):
    assert await house.accounts.token(new_secret(TokenKind.API)) is Refusal.UNKNOWN
    assert await house.accounts.token("dwk_short") is Refusal.MISTYPED
    for refusal in Refusal:
        assert ":" in refusal.sentence, "cause and cure"


async def test_a_token_of_the_first_releases_works_on(house):
    made = house.token(TokenKind.GATEWAY)
    former_form = "dwg_" + secrets.token_urlsafe(32)
    mine = token_table.c.token_id == made.token.token_id
    house.db.write_sync(lambda c: c.execute(update(token_table).where(mine).values(token_hash=hash_of(former_form))))
    assert (await house.accounts.token(former_form)).token_id == made.token.token_id


async def test_the_address_of_what_was_done_to_a_token_is_in_the_trail(house):
    made = house.do(create_token, name="x", kind=TokenKind.API, now=house.clock.now(), by="owner@x", address="10.0.0.1")
    await house.accounts.revoke_token(house.account, made.token.token_id, by="owner@x", address="10.0.0.2")
    entries = house.db.read_sync(lambda c: audit.list_entries(c, house.account, limit=2))
    assert [entry.address for entry in entries] == ["10.0.0.2", "10.0.0.1"]


async def rotate(house, made, overlap=HOUR):
    return await house.accounts.rotate_token(house.account, made.token.token_id, overlap=overlap, by="owner@x")


async def test_after_a_rotation_both_secrets_work_until_the_set_time(house):
    made = house.token(TokenKind.GATEWAY)
    await house.accounts.token(made.secret)
    renewed = await rotate(house, made)
    assert renewed.secret != made.secret
    assert renewed.token.prefix == renewed.secret[:8]
    for secret in (made.secret, renewed.secret):
        found = await house.accounts.token(secret)
        assert (found.token_id, found.name, found.pacs_id) == (
            made.token.token_id,
            made.token.name,
            made.token.pacs_id,
        ), "a producer stays who it was"
    house.clock.advance(to_seconds(HOUR) - 1)
    assert (await house.accounts.token(made.secret)).token_id == made.token.token_id
    house.clock.advance(1)
    assert await house.accounts.token(made.secret) is Refusal.REPLACED, "though it is remembered"
    assert (await house.accounts.token(renewed.secret)).token_id == made.token.token_id
    assert house.trail()[0] == "token.rotate"


async def test_the_use_of_the_former_secret_is_noted_apart(house):
    made = house.token()
    renewed = await rotate(house, made)

    def kept():
        return house.db.read_sync(lambda c: tokens.get_token(c, house.account, made.token.token_id))

    await house.accounts.token(renewed.secret)
    assert (kept().used_at, kept().former_used_at) == (house.clock.now(), None)
    house.clock.advance(5)
    await house.accounts.token(made.secret, address="10.0.0.7")
    assert (kept().former_used_at, kept().used_from) == (house.clock.now(), "10.0.0.7")


async def test_a_rotation_without_an_overlap_ends_the_former_secret_at_once(house):
    made = house.token()
    await house.accounts.token(made.secret)
    await rotate(house, made, overlap=0)
    assert await house.accounts.token(made.secret) is Refusal.REPLACED
    assert house.accounts.remembered(hash_of(made.secret)) is None


async def test_a_second_rotation_ends_the_secret_before_the_former(house):
    first = house.token()
    second = await rotate(house, first)
    third = await rotate(house, second)
    assert await house.accounts.token(first.secret) is Refusal.UNKNOWN
    for good in (second, third):
        assert (await house.accounts.token(good.secret)).token_id == first.token.token_id


async def test_the_overlap_is_ended_early_and_only_once(house):
    made = house.token()
    renewed = await rotate(house, made)
    await house.accounts.token(made.secret)
    await house.accounts.end_former_secret(house.account, made.token.token_id, by="owner@x")
    assert await house.accounts.token(made.secret) is Refusal.REPLACED
    assert (await house.accounts.token(renewed.secret)).token_id == made.token.token_id
    await house.accounts.end_former_secret(house.account, made.token.token_id, by="owner@x")
    assert house.trail()[:2] == ["token.rotate.end", "token.rotate"]


async def test_a_token_that_ends_gets_as_much_time_again_but_its_former_secret_does_not(house):
    made = house.token(expires_at=house.clock.now() + 10 * DAY)
    house.clock.advance(to_seconds(9.5 * DAY))
    renewed = await rotate(house, made, overlap=2 * DAY)
    assert renewed.token.expires_at == house.clock.now() + 10 * DAY
    assert renewed.token.former_until == made.token.expires_at
    house.clock.advance(to_seconds(DAY))
    assert await house.accounts.token(made.secret) is Refusal.REPLACED
    assert (await house.accounts.token(renewed.secret)).token_id == made.token.token_id


async def test_revoking_ends_both_secrets(house):
    made = house.token()
    renewed = await rotate(house, made)
    for secret in (made.secret, renewed.secret):
        await house.accounts.token(secret)
    await house.accounts.revoke_token(house.account, made.token.token_id, by="owner@x")
    for secret in (made.secret, renewed.secret):
        assert await house.accounts.token(secret) is Refusal.REVOKED


async def test_what_is_not_good_any_more_is_not_rotated(house):
    revoked, expired = house.token(), house.token(expires_at=house.clock.now() + 1)
    await house.accounts.revoke_token(house.account, revoked.token.token_id, by="owner@x")
    house.clock.advance(1)
    for made in (revoked, expired):
        with pytest.raises(AccountsError, match="issue a new token"):
            await rotate(house, made)
    for overlap in (-1, LONGEST_OVERLAP + 1):
        with pytest.raises(AccountsError, match="at most 30 days"):
            await rotate(house, house.token(), overlap=overlap)


async def test_a_token_of_another_account_is_neither_rotated_nor_ended(house):
    other = house.db.write_sync(lambda c: tenants.create_account(c, "Other", 1)).account_id
    made = house.token()
    with pytest.raises(UnknownError):
        await house.accounts.rotate_token(other, made.token.token_id, overlap=0, by="x")
    with pytest.raises(UnknownError):
        await house.accounts.end_former_secret(other, made.token.token_id, by="x")


async def test_no_secret_of_a_rotated_token_is_kept(house):
    made = house.token()
    renewed = await rotate(house, made)
    everything = house.everything()
    for secret in (made.secret, renewed.secret):
        assert secret not in everything
