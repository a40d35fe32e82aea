"""The first owner's link against a real database of each kind."""

import asyncio

import pytest
from sqlalchemy import select

from doorwatch.accounts import Accounts, SetupLinkError, Visit, setup
from doorwatch.accounts.setup import LINK_LIFE, FirstStart
from doorwatch.accounts.users import AccountsError
from doorwatch.domain.time import ManualClock, to_seconds
from doorwatch.store import Database, tenants
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.errors import ConflictError
from doorwatch.store.people import users
from doorwatch.store.schema.signing_in import setup_links

PASSWORD = "correct horse battery"


class EmptyHouse:
    """An installation in which nobody can sign in yet."""

    def __init__(self, db, passwords):
        self.db = db
        self.clock = ManualClock()
        self.accounts = Accounts(db, self.clock, passwords)
        self.account = db.write_sync(lambda c: tenants.ensure_default(c, self.clock.now()))[0].account_id

    def link(self, **options):
        return self.db.write_sync(lambda c: setup.new_link(c, self.account, self.clock.now(), **options)).secret

    def check(self, link):
        return self.db.read_sync(lambda c: setup.check_link(c, link, self.clock.now()))

    async def set_up(self, link, **chosen):
        first = {
            "email": "Olga@Example.com",
            "name": "Olga",
            "password": PASSWORD,
            "site_name": "Harbour",
            "time_zone": "Europe/Vienna",
        }
        return await self.accounts.set_up(link, FirstStart(**(first | chosen)), Visit("10.0.0.1"))


@pytest.fixture
def empty(database, cheap_passwords):
    return EmptyHouse(database, cheap_passwords)


async def test_who_follows_the_link_becomes_the_owner_and_is_signed_in(empty):
    link = empty.link()
    assert empty.check(link).expires_at == empty.clock.now() + LINK_LIFE
    signed = await empty.set_up(link)
    assert (signed.user.email, signed.user.name, signed.user.role) == ("olga@example.com", "Olga", "owner")
    assert (await empty.accounts.session(signed.secret)).user == signed.user
    assert await empty.accounts.sign_in("olga@example.com", PASSWORD)
    site = empty.db.read_sync(lambda c: tenants.list_sites(c, empty.account))[0]
    assert (site.name, site.time_zone) == ("Harbour", "Europe/Vienna")
    assert empty.db.read_sync(lambda c: tenants.get_account(c, empty.account)).name == "Harbour"
    entries = empty.db.read_sync(lambda c: audit.list_entries(c, empty.account))
    told = next(entry for entry in entries if entry.action == "setup.finish")
    assert (told.actor, told.address, told.detail["time_zone"]) == ("olga@example.com", "10.0.0.1", "Europe/Vienna")


async def test_a_link_works_once_and_takes_the_others_with_it(empty):
    first, second = empty.link(), empty.link()
    await empty.set_up(second)
    for link in (first, second):
        with pytest.raises(SetupLinkError, match="set up already"):
            empty.check(link)
        with pytest.raises(SetupLinkError, match="set up already"):
            await empty.set_up(link, email="mallory@example.com")
    with pytest.raises(SetupLinkError, match="set up already"):
        empty.link()


async def test_of_two_who_set_up_at_once_one_becomes_the_owner(empty, database_address):
    # Each over a database connection of its own, as two replicas would.
    links = empty.link(), empty.link()
    with Database.open(database_address) as other_db:
        elsewhere = EmptyHouse(other_db, empty.accounts.passwords)
        tried = await asyncio.gather(
            empty.set_up(links[0]), elsewhere.set_up(links[1], email="mallory@example.com"), return_exceptions=True
        )
    assert sum(isinstance(result, SetupLinkError) for result in tried) == 1
    assert len(empty.db.read_sync(lambda c: users.list_users(c, empty.account))) == 1


async def test_a_link_ends_after_some_hours(empty):
    link = empty.link()
    empty.clock.advance(to_seconds(LINK_LIFE) - 1)
    assert empty.check(link)
    empty.clock.advance(1)
    with pytest.raises(SetupLinkError, match=r"has expired: run `doorwatch user setup-link`"):
        await empty.set_up(link)
    await empty.accounts.tidy()
    with pytest.raises(SetupLinkError, match="not known"):
        empty.check(link)
    assert empty.db.read_sync(setup.is_needed)


async def test_a_new_link_can_end_the_former_ones(empty):
    former, newer = empty.link(), empty.link(only=True)
    with pytest.raises(SetupLinkError, match="not known"):
        await empty.set_up(former)
    assert await empty.set_up(newer)


@pytest.mark.parametrize(
    ("chosen", "kind", "words"),
    [
        ({"email": "olga"}, AccountsError, "no e-mail address"),
        ({"password": "short"}, AccountsError, "at least"),
        ({"time_zone": "Moon/Sea"}, ConflictError, "no time zone"),
    ],
)
async def test_a_mistake_in_the_form_leaves_the_link_good(empty, chosen, kind, words):
    link = empty.link()
    with pytest.raises(kind, match=words):
        await empty.set_up(link, **chosen)
    assert empty.db.read_sync(lambda c: tenants.list_sites(c, empty.account))[0].name != "Harbour"
    assert await empty.set_up(link)


def test_the_secret_of_a_link_is_kept_nowhere(empty):
    made = empty.db.write_sync(lambda c: setup.new_link(c, empty.account, empty.clock.now()))
    rows = empty.db.read_sync(lambda c: c.execute(select(setup_links)).all())
    assert len(rows) == 1
    assert made.secret not in str(rows)
    assert made.secret not in repr(made)


def test_there_is_no_link_where_somebody_can_sign_in(house):
    with pytest.raises(SetupLinkError, match="doorwatch user passwd"):
        house.do(setup.new_link, house.clock.now())
