"""The same shape as the careless program, as it should be: the pack has nothing to say, before anything exists."""

from typing import Any

import pulumi
import pulumi_confluentcloud

from first.components.resources import Transition

confluent: Any = pulumi_confluentcloud
"""Untyped: the nested blocks are plain dictionaries here."""

CREDENTIALS = pulumi.Output.secret({"key": "KEY", "secret": "a-canary"})
ENVIRONMENT = {"id": "env-1"}
SAFE = pulumi.ResourceOptions(protect=True)

guard = Transition("guard", sites=["east", "west"], primary="east", epoch=1, opts=SAFE)


def cluster(name: str, region: str) -> Any:
    return confluent.KafkaCluster(
        name,
        display_name=f"dr-{name}",
        cloud="AWS",
        region=region,
        availability="SINGLE_ZONE",
        dedicated={"cku": 1},
        environment=ENVIRONMENT,
        opts=SAFE,
    )


def rest(of: Any) -> Any:
    return {"id": of.id, "rest_endpoint": of.rest_endpoint, "credentials": CREDENTIALS}


def link(name: str, config: Any) -> Any:
    where: Any = {"id": east.id, "bootstrap_endpoint": east.bootstrap_endpoint, "credentials": CREDENTIALS}
    return confluent.ClusterLink(
        name,
        link=f"dr-{name}",
        source_kafka_cluster=where,
        destination_kafka_cluster=rest(west),
        config=config,
        opts=pulumi.ResourceOptions(protect=True, depends_on=[guard]),
    )


east, west = cluster("east", "us-east-1"), cluster("west", "us-west-2")
groups = '{"groupFilters":[{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"}]}'
everything = '{"aclFilters":[{"resourceFilter":{"resourceType":"any"},"accessFilter":{}}]}'
data = link(
    "data",
    {
        "cluster.link.prefix": "east.",
        "consumer.offset.sync.enable": "true",
        "consumer.offset.sync.ms": "1000",
        "consumer.offset.group.filters": groups,
    },
)
link("acls", {"acl.sync.enable": "true", "acl.filters": everything})
confluent.KafkaMirrorTopic(
    "orders-mirror",
    source_kafka_topic={"topic_name": "orders"},
    mirror_topic_name="east.orders",
    cluster_link={"link_name": data.link},
    kafka_cluster=rest(west),
    opts=SAFE,
)
confluent.KafkaTopic(
    "orders",
    topic_name="orders",
    kafka_cluster={"id": east.id},
    rest_endpoint=east.rest_endpoint,
    credentials=CREDENTIALS,
)

account = confluent.ServiceAccount("shop", display_name="shop")
principal = account.id.apply(lambda known: f"User:{known}")
for name, where in (("east", east), ("west", west)):
    confluent.ApiKey(
        f"shop-{name}",
        display_name=f"shop-{name}",
        owner={"id": account.id, "api_version": "iam/v2", "kind": "ServiceAccount"},
        managed_resource={"id": where.id, "api_version": "cmk/v2", "kind": "Cluster", "environment": ENVIRONMENT},
        opts=SAFE,
    )
    confluent.RoleBinding(
        f"shop-{name}-role", principal=principal, role_name="DeveloperRead", crn_pattern=where.rbac_crn
    )
confluent.KafkaAcl(
    "shop-group",
    principal=principal,
    resource_type="GROUP",
    resource_name_="billing",
    pattern_type="LITERAL",
    operation="READ",
    permission="ALLOW",
    host="*",
    kafka_cluster={"id": east.id},
    rest_endpoint=east.rest_endpoint,
    credentials=CREDENTIALS,
)
pulumi.export("sink", {"topics.regex": r"^([a-z]*\.)?orders$"})
