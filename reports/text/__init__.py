"""The findings as sentences, with methods and references.

Imports `reports`, `verdict`, `findings` and `tables`, and of `trainables` `gan.pools` and `spec`.
"""
