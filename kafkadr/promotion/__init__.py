"""Promotion: a planned move, which waits for every record and loses none."""
