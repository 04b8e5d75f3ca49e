"""uvicorn on a background thread, and its protocol classes with taps."""
