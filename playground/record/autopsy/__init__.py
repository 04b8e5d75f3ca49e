"""Why a connection ended."""
