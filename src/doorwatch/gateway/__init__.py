"""The on-premise process that subscribes to a PACS and forwards what it says."""
