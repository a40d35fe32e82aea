"""The audit trail: the acts that it knows, writing one, and what it tells of the changes at doors."""
