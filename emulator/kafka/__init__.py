"""Kafka side of the emulator: topics, groups, ACLs, cluster links, mirrors, and their REST routes."""
