"""REST v3 routes of the Kafka side."""
