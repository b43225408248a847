"""Measurements that are run by hand: each prints its figures and fails when its ratio is over the bar."""
