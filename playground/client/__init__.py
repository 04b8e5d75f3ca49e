"""WebSocket clients that live in the kernel."""
