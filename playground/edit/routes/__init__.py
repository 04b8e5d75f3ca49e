"""An app's routes as places for live code, and the route that a source registers for its endpoint."""
