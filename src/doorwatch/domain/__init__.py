"""Nouns and rules, with no input or output: nothing here reads a clock, a file or a socket."""
