"""What all tables share: the metadata, names of constraints, and the few column types."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Dialect, ForeignKeyConstraint, Integer, MetaData, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

from doorwatch.store.engine.identity import door_id_of, door_number

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def account() -> Column[str]:
    """The first part of every key."""
    return Column("account_id", Text, primary_key=True, comment="The tenant to whom the row belongs")


def key(name: str, comment: str) -> Column[str]:
    """A further part of a key, as text."""
    return Column(name, Text, primary_key=True, comment=comment)


def text(name: str, comment: str, *, null: bool = False) -> Column[str]:
    """Text."""
    return Column(name, Text, nullable=null, comment=comment)


def time(name: str, comment: str, *, null: bool = False) -> Column[int]:
    """A moment in time."""
    return Column(name, BigInteger, nullable=null, comment=f"{comment}; microseconds since 1970 UTC")


def number(name: str, comment: str, *, null: bool = False, default: int | None = None) -> Column[int]:
    """A whole number of up to 64 bits."""
    server_default = None if default is None else str(default)
    return Column(name, BigInteger, nullable=null, comment=comment, server_default=server_default)


def number_key(name: str, comment: str) -> Column[int]:
    """A further part of a key, as a whole number."""
    return Column(name, BigInteger, primary_key=True, autoincrement=False, comment=comment)


def time_key(name: str, comment: str) -> Column[int]:
    """A further part of a key, as a moment in time."""
    return number_key(name, f"{comment}; microseconds since 1970 UTC")


class DoorNumber(TypeDecorator[str]):
    """A door's id, stored as the number that it is: a third of the bytes in each row and each index.

    A text that is no door's id equals none.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Text to number."""
        return None if value is None else door_number(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Number to text."""
        return None if value is None else door_id_of(value)


def door(name: str, comment: str, *, null: bool = False, default: int | None = None) -> Column[str]:
    """A door, by the number of its id."""
    server_default = None if default is None else str(default)
    return Column(name, DoorNumber, nullable=null, comment=comment, server_default=server_default)


def own_number(name: str, comment: str) -> Column[int]:
    """The whole key, as a number that the product gives out; with SQLite the row's own place in the file."""
    kind = BigInteger().with_variant(Integer(), "sqlite")
    return Column(name, kind, primary_key=True, autoincrement=False, comment=comment)


def json(name: str, comment: str, *, null: bool = False) -> Column[Any]:
    """A small structure that is read and written whole."""
    return Column(name, Json, nullable=null, comment=comment)


def of_account(*columns: str, table: str) -> ForeignKeyConstraint:
    """A reference to a row of the same account; its columns carry the names of the table they refer to."""
    names = ["account_id", *columns]
    return ForeignKeyConstraint(names, [f"{table}.{name}" for name in names])
