"""One question per file; `findings.py` collects the answers.

Imports `reports`, `statistics` and `verdict`.
"""
