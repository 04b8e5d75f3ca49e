"""Endpoints whose code changes while clients are connected."""
