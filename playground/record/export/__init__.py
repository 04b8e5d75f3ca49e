"""What the log holds, in other programs' formats: one module each."""
