"""The seed's tutorial on real Kafka, measured: brokers, clients, a SIGKILL, the real engine's flip, the cost of it."""
