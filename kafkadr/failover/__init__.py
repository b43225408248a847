"""Failover: stop every mirror on a site, suspend what syncs into it, write the ledger."""
