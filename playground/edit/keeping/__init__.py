"""What an edit leaves: what a fresh start would build, and what connections built since."""
