"""One resource of every type of the table. ``step`` 1 changes what can change in place."""

from typing import Any

import pulumi
import pulumi_confluentcloud as confluent

second = pulumi.Config().require_int("step") == 1


def cluster(name: str, **tier: Any) -> confluent.KafkaCluster:
    return confluent.KafkaCluster(
        name,
        display_name=f"{name}-renamed" if second else name,
        availability="MULTI_ZONE",
        cloud="AWS",
        region="eu-west-1",
        environment={"id": environment.id},
        **tier,
    )


def cluster_key(of: confluent.KafkaCluster, name: str) -> confluent.ApiKey:
    admin = confluent.RoleBinding(name, principal=principal, role_name="CloudClusterAdmin", crn_pattern=of.rbac_crn)
    resource: Any = {"id": of.id, "kind": of.kind, "api_version": of.api_version, "environment": {"id": environment.id}}
    return confluent.ApiKey(
        name,
        display_name=name,
        description="second" if second else "first",
        owner=owner,
        managed_resource=resource,
        opts=pulumi.ResourceOptions(depends_on=[admin]),
    )


environment = confluent.Environment("environment", display_name="second" if second else "first")
account = confluent.ServiceAccount("account", description="second" if second else "first")
owner: Any = {"id": account.id, "kind": account.kind, "api_version": account.api_version}
principal = pulumi.Output.format("User:{0}", account.id)
source = cluster("source", basic={})
target = cluster("target", dedicated={"cku": 3 if second else 2})
source_key, target_key = cluster_key(source, "source-key"), cluster_key(target, "target-key")
source_credentials: Any = {"key": source_key.id, "secret": source_key.secret}
target_credentials: Any = {"key": target_key.id, "secret": target_key.secret}
on_source: dict[str, Any] = {
    "kafka_cluster": {"id": source.id},
    "rest_endpoint": source.rest_endpoint,
    "credentials": source_credentials,
}
on_target: dict[str, Any] = {
    "kafka_cluster": {"id": target.id},
    "rest_endpoint": target.rest_endpoint,
    "credentials": target_credentials,
}
topic = confluent.KafkaTopic(
    "topic",
    topic_name="orders",
    partitions_count=3 if second else 2,
    config={"retention.ms": "700000"} if second else {"retention.ms": "600000", "cleanup.policy": "delete"},
    **on_source,
)
confluent.KafkaAcl(
    "acl",
    resource_type="TOPIC",
    resource_name_="orders",
    pattern_type="LITERAL",
    principal=principal,
    host="*",
    operation="READ",
    permission="ALLOW",
    **on_source,
)
confluent.KafkaClusterConfig("config", config={"num.partitions": "5" if second else "4"}, **on_target)
confluent.KafkaClientQuota(
    "quota",
    display_name="quota",
    environment={"id": environment.id},
    kafka_cluster={"id": target.id},
    principals=[account.id],
    throughput={"ingress_byte_rate": "200" if second else "100", "egress_byte_rate": "100"},
)
link = confluent.ClusterLink(
    "link",
    config={"consumer.offset.sync.ms": "2000" if second else "1000"},
    source_kafka_cluster={
        "id": source.id,
        "bootstrap_endpoint": source.bootstrap_endpoint,
        "credentials": source_credentials,
    },
    destination_kafka_cluster={
        "id": target.id,
        "rest_endpoint": target.rest_endpoint,
        "credentials": target_credentials,
    },
)
mirror = confluent.KafkaMirrorTopic(
    "mirror",
    source_kafka_topic={"topic_name": topic.topic_name},
    cluster_link={"link_name": link.link},
    kafka_cluster={"id": target.id, "rest_endpoint": target.rest_endpoint, "credentials": target_credentials},
    status="PAUSED" if second else "ACTIVE",
)
found = confluent.get_kafka_topic_output(topic_name=topic.topic_name, **on_source)
pulumi.export("mirror", mirror.status)
pulumi.export("link", link.link)
pulumi.export("partitions", found.partitions_count)
pulumi.export(
    "organization", confluent.get_organization_output(pulumi.InvokeOutputOptions(depends_on=[environment])).id
)
pulumi.export("secrets", [source_key.secret, target_key.secret])
