"""Likeness: the operator's own pair of networks that turns pictures and texts into directions which can be compared."""
