"""Links that make the first owner, as rows; what may be done with one is told in `accounts`."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, select

from doorwatch.domain.time import Micros
from doorwatch.store.schema.signing_in import setup_links


@dataclass(frozen=True, slots=True)
class SetupLink:
    """A link to the page that makes the first owner, by the hash of its secret."""

    account_id: str
    link_hash: str = field(repr=False)
    created_at: Micros = 0
    expires_at: Micros = 0


def add_link(conn: Connection, link: SetupLink) -> None:
    """Keep a new link."""
    row = {name: getattr(link, name) for name in SetupLink.__dataclass_fields__}
    conn.execute(setup_links.insert().values(**row))


def find_link(conn: Connection, link_hash: str) -> SetupLink | None:
    """The link with this hash, whatever the account: who follows one says nothing else."""
    row = conn.execute(select(setup_links).where(setup_links.c.link_hash == link_hash)).first()
    return None if row is None else SetupLink(*row)


def take_links(conn: Connection, account: str) -> list[SetupLink]:
    """Remove all links of the account; which they were. Of two who do so at once, one gets none."""
    taken = delete(setup_links).where(setup_links.c.account_id == account).returning(*setup_links.c)
    return [SetupLink(*row) for row in conn.execute(taken)]


def drop_expired_links(conn: Connection, now: Micros) -> int:
    """Forget links that are over; how many."""
    return conn.execute(delete(setup_links).where(setup_links.c.expires_at <= now)).rowcount
