"""From a finished study to a model in somebody's hands.

Imports `study`, `reports` and `trainables`.
"""
