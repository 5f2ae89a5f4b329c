"""The findings as sentences, with methods and references.

Imports `reports`, `verdict`, `findings` and `tables`, and `gan.pools` and `spec` of `trainables`.
"""
