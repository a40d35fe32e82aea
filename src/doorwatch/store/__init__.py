"""What the server remembers: tables, migrations and queries by noun, on SQLite and on PostgreSQL alike.

`Database` opens one and runs functions on it; the modules named after nouns hold those functions. Each of them takes
a connection and an account, and nothing here gives out a row of another account.
"""

from doorwatch.store.engine.database import Database
from doorwatch.store.engine.errors import StoreBusyError, StoreError

__all__ = ["Database", "StoreBusyError", "StoreError"]
