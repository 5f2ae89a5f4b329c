"""The copy of the store that people browse: the only room that imports MLflow.

Imports `study`, `reports` and `trainables`.
"""
