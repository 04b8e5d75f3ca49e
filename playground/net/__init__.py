"""Moves bytes: the server, the clients, and what is recorded on the way."""
