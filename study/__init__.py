"""Everything above a trial: the design, its plan, its store.

Imports `search_spaces` and `trainables`; its rooms import it, but it imports none of them.
"""
