"""Everything above a trial: the design, its plan, its store.

Imports `search_spaces` and `trainables`; its rooms import it, and it none of them.
"""
