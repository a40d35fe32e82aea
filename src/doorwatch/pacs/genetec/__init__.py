"""Genetec Security Center through its Web SDK."""
