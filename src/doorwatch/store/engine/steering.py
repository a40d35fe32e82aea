"""How PostgreSQL is kept on the way that was chosen for it, as SQLite is by the names of indexes."""

from sqlalchemy import Connection

from doorwatch.store.engine.asking import Sql, ask

_OFF = ("enable_hashjoin", "enable_mergejoin", "jit")
_STEERED = ", ".join(f"set_config('{name}', 'off', true)" for name in _OFF)
_ALONE = "set_config('max_parallel_workers_per_gather', '0', true)"
_ASKED = Sql(f"SELECT {_STEERED}, {_ALONE}")


def steer(conn: Connection) -> None:
    """Until the transaction ends, rows are fetched one by one through indexes and by one process; nothing on SQLite.

    Who knows a shorter way than statistics tell would else see a whole table read and hashed, or a question of some
    milliseconds compiled first.
    """
    if conn.dialect.name == "postgresql":
        ask(conn, _ASKED)
