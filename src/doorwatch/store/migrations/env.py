"""Alembic runs this to migrate; the connection is the caller's, and so is the transaction."""

from typing import Any, Literal

from alembic import context

from doorwatch.store.schema import metadata
from doorwatch.store.schema.base import Json


def _render(kind: str, item: Any, _autogenerate: Any) -> str | Literal[False]:
    """Structures are named in a migration as its head declares them."""
    return "STRUCTURE" if kind == "type" and item is Json else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=_render,
)
context.run_migrations()
