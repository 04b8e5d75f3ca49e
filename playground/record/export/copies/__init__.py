"""A row as text that does the same again: as Python, as a test, in a browser, and for a terminal."""
