"""How objects show themselves as a cell's last line: HTML that reads like the panel, without script or kernel."""
