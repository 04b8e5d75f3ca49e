"""The filter language in four steps: `tokens`, the `tree` they form, the `terms` in it, and a `matcher` of all."""
