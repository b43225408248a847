"""The data plane `kafka`: one real broker for each cluster, and a world that shows what the brokers hold."""
