"""A program whose every decisive value is known after the update only: no rule may take that for good."""

from typing import Any

import pulumi
import pulumi_confluentcloud

from first.components.discovery import ActivePointer
from first.components.resources import Transition

confluent: Any = pulumi_confluentcloud
"""Untyped: the nested blocks are plain dictionaries here."""

SAFE = pulumi.ResourceOptions(protect=True)
later = confluent.Environment("later", display_name="later").id
unknown: Any = later
"""Not known at preview, and the id of neither a cluster nor an account, by which a rule could tell what it will be."""

guard = Transition("guard", sites=["east", "west"], primary="east", epoch=1, opts=SAFE)
rest = {"id": later, "rest_endpoint": later, "credentials": {"key": "KEY", "secret": later}}
link = confluent.ClusterLink(
    "data",
    link="data",
    source_kafka_cluster={"id": "lkc-east", "bootstrap_endpoint": later, "credentials": rest["credentials"]},
    destination_kafka_cluster=rest,
    config={
        "cluster.link.prefix": later,
        "acl.sync.enable": "true",
        "acl.filters": later,
        "auto.create.mirror.topics.enable": later,
        "consumer.offset.sync.enable": later,
    },
    opts=pulumi.ResourceOptions(protect=True, depends_on=[guard]),
)
confluent.KafkaMirrorTopic(
    "orders-mirror",
    source_kafka_topic={"topic_name": later},
    mirror_topic_name="orders",
    cluster_link={"link_name": later},
    kafka_cluster=rest,
    opts=SAFE,
)
here = {"kafka_cluster": {"id": "lkc-east"}, "rest_endpoint": later, "credentials": rest["credentials"]}
confluent.KafkaTopic("orders", topic_name=later, **here)
confluent.ServiceAccount("shop", display_name=later)
confluent.ApiKey(
    "shop-key",
    display_name="shop",
    owner={"id": later, "api_version": "iam/v2", "kind": "ServiceAccount"},
    managed_resource={"id": "lkc-east", "api_version": "cmk/v2", "kind": "Cluster", "environment": {"id": later}},
)
confluent.RoleBinding("shop-role", principal="User:sa-shop", role_name="DeveloperRead", crn_pattern=later)
confluent.KafkaAcl(
    "shop-group",
    principal="User:sa-shop",
    resource_type="GROUP",
    resource_name_=later,
    pattern_type="LITERAL",
    operation="READ",
    permission="ALLOW",
    host="*",
    **here,
)
ActivePointer(
    "pointer",
    url="file:///nowhere/pointer.json",
    epoch=1,
    site=unknown,
    cluster_id="lkc-east",
    bootstrap_endpoint="SASL_SSL://east.example:9092",
    clusters=["lkc-east", "lkc-west"],
    opts=pulumi.ResourceOptions(depends_on=[guard]),
)
pulumi.export("sink", {"topics.regex": later, "secret": later})
