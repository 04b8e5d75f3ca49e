"""Source text to a checked endpoint, and the source of a class or function that is there already."""
