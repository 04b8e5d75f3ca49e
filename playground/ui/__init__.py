"""The user interface: the panel, the magics and the command line."""
