"""What happened, and what it means: events, the log, rows, queries, the autopsy and exports."""
