"""The active-cluster record: read first by every run, and moved by compare-and-set alone."""
