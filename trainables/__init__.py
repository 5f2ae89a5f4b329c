"""Everything inside one trial; `trial.py` is the page to read first.

Imports nothing of the other three packages. Its own files may import every room in it.
"""
