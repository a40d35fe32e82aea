"""Tables, migrations and queries by noun."""
