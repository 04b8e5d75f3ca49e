"""What happened and what it means: no socket, no thread, no widget."""
