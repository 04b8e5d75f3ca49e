"""For people: the panel, the magics and the command line."""
