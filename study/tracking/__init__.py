"""The copy of the store for browsing: the only room that imports MLflow.

Imports `study`, `reports` and `trainables`.
"""
