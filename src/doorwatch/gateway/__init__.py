"""The on-premise process that listens to an access control system and forwards what it hears, losing nothing."""
