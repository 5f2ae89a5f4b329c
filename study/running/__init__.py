"""Running a study: the only room above a trial that imports Ray and Optuna.

Imports `study`, `inputs`, `search_spaces` and `trainables`.
"""
