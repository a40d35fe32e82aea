"""A house with one owner in a fresh database of each kind, and cheap hashes."""

import pytest
from argon2 import PasswordHasher

from doorwatch.accounts import Accounts, Role, TokenKind
from doorwatch.accounts.passwords import Passwords
from doorwatch.accounts.tokens import create_token
from doorwatch.accounts.users import add_user
from doorwatch.domain.time import ManualClock
from doorwatch.store import tenants
from doorwatch.store.audit_trail import audit
from doorwatch.store.schema import metadata

PASSWORD = "correct horse battery"


class House:
    def __init__(self, db, passwords):
        self.db = db
        self.clock = ManualClock()
        self.passwords = passwords
        self.accounts = Accounts(db, self.clock, passwords)
        self.account = db.write_sync(lambda c: tenants.ensure_default(c, self.clock.now()))[0].account_id
        self.owner = self.add("owner@x", Role.OWNER)

    def add(self, email, role=Role.VIEW, password=PASSWORD):
        return self.do(
            add_user, self.passwords, email=email, password=password, role=role, now=self.clock.now(), by="t"
        )

    def do(self, function, *arguments, **options):
        return self.db.write_sync(lambda c: function(c, self.account, *arguments, **options))

    def token(self, kind=TokenKind.API, **options):
        return self.do(create_token, name="a token", kind=kind, now=self.clock.now(), by="owner@x", **options)

    def everything(self):
        """All that the database holds, as text."""

        def dump(conn):
            return "\n".join(str(row) for table in metadata.sorted_tables for row in conn.execute(table.select()))

        return self.db.read_sync(dump)

    def trail(self):
        return [entry.action for entry in self.db.read_sync(lambda c: audit.list_entries(c, self.account))]


@pytest.fixture(scope="session")
def cheap_passwords():
    """What argon2 costs is not what these tests are about."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def house(database, cheap_passwords):
    return House(database, cheap_passwords)
