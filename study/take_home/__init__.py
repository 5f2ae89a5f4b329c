"""From a finished study to a model that others can use.

Imports `study`, `reports` and `trainables`.
"""
