"""Migrations of the database, oldest first, run by Alembic when the server starts."""
