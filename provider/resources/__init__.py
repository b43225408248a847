"""The resource types of the second edition."""
