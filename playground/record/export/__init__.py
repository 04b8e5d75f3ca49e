"""Rows of the log in the formats of other programs: one module each."""
