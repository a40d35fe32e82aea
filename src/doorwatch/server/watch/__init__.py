"""The watch: recomputes verdicts of doors whose inputs changed, stores incidents, tells who must know.

Nothing is imported here: the processes that help judging begin in this room and are to load little.
"""
