"""Everything above a trial: the design, its plan, its store.

Imports `search_spaces`, `trainables` and `reports`; its rooms import it, and it none of them.
"""
