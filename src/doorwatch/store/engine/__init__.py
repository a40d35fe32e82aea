"""Databases themselves: opening and migrating one, one writer, statements for both kinds, sealing, copies of the whole."""
