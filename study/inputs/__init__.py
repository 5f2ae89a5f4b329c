"""What a study starts from: its data, their splits, its initial weights, `study.json`.

Imports `study` and `trainables`.
"""
