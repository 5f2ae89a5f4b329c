"""The report of a study, from its store alone.

Imports `trainables`; its rooms, in the order in which a report is made: statistics, verdict,
findings, tables and figures, text, page.
"""
