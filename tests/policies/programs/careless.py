"""A program that breaks the rules, on Confluent's own resources: what the pack has to catch at preview."""

import pulumi_confluentcloud as confluent

EAST = {"id": "lkc-east", "bootstrap_endpoint": "SASL_SSL://east.example:9092"}
PLAIN = {"key": "KEY", "secret": "plain-canary"}

west = confluent.KafkaCluster(
    "west",
    cloud="AWS",
    region="us-east-1",
    availability="SINGLE_ZONE",
    standard={},
    environment={"id": "env-1"},
)
confluent.ClusterLink(
    "data",
    source_kafka_cluster={**EAST, "credentials": PLAIN},
    destination_kafka_cluster={"id": west.id, "rest_endpoint": west.rest_endpoint, "credentials": PLAIN},
    config={"consumer.offset.sync.enable": "true", "cluster.link.prefix": "east.", "acl.sync.enable": "true"},
)
