"""What is worth knowing about an edit before anybody meets it."""
