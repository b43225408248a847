"""Commands of the second edition."""
