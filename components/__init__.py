"""Components for disaster recovery of Kafka on Confluent Cloud: `components.estate` and `components.switch`."""
