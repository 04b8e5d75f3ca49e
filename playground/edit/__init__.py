"""Code that changes while people are connected."""
