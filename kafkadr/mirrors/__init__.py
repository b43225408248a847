"""Mirrors as a set: made where they are missing, found where they are, never deleted."""
