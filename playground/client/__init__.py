"""WebSocket clients that run in the kernel."""
