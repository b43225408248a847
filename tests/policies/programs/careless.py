"""A program that breaks the rules, on Confluent's own resources: what the pack has to catch at preview."""

from typing import Any

import pulumi
import pulumi_confluentcloud

from first.components.resources import Transition

confluent: Any = pulumi_confluentcloud
"""Untyped: the nested blocks are plain dictionaries here."""

PLAIN = {"key": "KEY", "secret": "plain-canary"}
ENVIRONMENT = {"id": "env-1"}


def cluster(name: str) -> Any:
    place = {"cloud": "AWS", "region": "us-east-1", "availability": "SINGLE_ZONE"}
    return confluent.KafkaCluster(name, **place, standard={}, environment=ENVIRONMENT)


def rest(of: Any) -> Any:
    return {"id": of.id, "rest_endpoint": of.rest_endpoint, "credentials": PLAIN}


def link(name: str, source: Any, destination: Any, config: Any, **named: Any) -> Any:
    where = {"id": source.id, "bootstrap_endpoint": source.bootstrap_endpoint, "credentials": PLAIN}
    return confluent.ClusterLink(
        name, source_kafka_cluster=where, destination_kafka_cluster=destination, config=config, **named
    )


east, west = cluster("east"), cluster("west")
link("data", east, rest(west), {"cluster.link.prefix": "east.", "acl.sync.enable": "true"})
everything = '{"aclFilters":[{"resourceFilter":{"resourceType":"any"},"accessFilter":{}}]}'
acls = link("acls", east, rest(west), {"acl.sync.enable": "true", "acl.filters": everything}, link="acls")
link("back", west, rest(east), {"consumer.offset.sync.enable": "true", "consumer.offset.sync.ms": "60000"}, link="back")
far: Any = {"id": "lkc-north", "rest_endpoint": "https://north.example", "credentials": PLAIN}
link("far", west, far, {"cluster.link.prefix": "west."}, link="far")

confluent.KafkaMirrorTopic(
    "changelog",
    source_kafka_topic={"topic_name": "app-store-changelog"},
    cluster_link={"link_name": acls.link},
    kafka_cluster=rest(west),
)
confluent.KafkaTopic(
    "orders",
    topic_name="orders",
    kafka_cluster={"id": east.id},
    rest_endpoint=east.rest_endpoint,
    credentials=PLAIN,
)

for name, where in (("shop", east), ("bank", west)):
    account = confluent.ServiceAccount(name, display_name=name)
    confluent.ApiKey(
        f"{name}-key",
        owner={"id": account.id, "api_version": "iam/v2", "kind": "ServiceAccount"},
        managed_resource={"id": where.id, "api_version": "cmk/v2", "kind": "Cluster", "environment": ENVIRONMENT},
    )
    principal = account.id.apply(lambda known: f"User:{known}")
    confluent.RoleBinding(f"{name}-role", principal=principal, role_name="DeveloperRead", crn_pattern=where.rbac_crn)
    confluent.KafkaAcl(
        f"{name}-group",
        principal=principal,
        resource_type="GROUP",
        resource_name_="billing",
        pattern_type="LITERAL",
        operation="READ",
        permission="ALLOW",
        host="*",
        kafka_cluster={"id": where.id},
        rest_endpoint=where.rest_endpoint,
        credentials=PLAIN,
    )

pulumi.export("shop", {"secret": "exported"})
for name in ("guard", "second-guard"):
    Transition(name, sites=["east", "west"], primary="east", epoch=1)
