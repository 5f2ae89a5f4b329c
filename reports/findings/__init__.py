"""One question a file; `findings.py` collects the answers.

Imports `reports`, `statistics` and `verdict`.
"""
