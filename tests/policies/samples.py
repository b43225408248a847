"""Raw Confluent resources, as a platform team's own program registers them, for small graphs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from policies.graph import Graph
from policies.resource import Resource
from policies.values import Secret

TYPES = {
    "KafkaCluster": "confluentcloud:index/kafkaCluster:KafkaCluster",
    "ClusterLink": "confluentcloud:index/clusterLink:ClusterLink",
    "KafkaMirrorTopic": "confluentcloud:index/kafkaMirrorTopic:KafkaMirrorTopic",
    "KafkaTopic": "confluentcloud:index/kafkaTopic:KafkaTopic",
    "ApiKey": "confluentcloud:index/apiKey:ApiKey",
    "ServiceAccount": "confluentcloud:index/serviceAccount:ServiceAccount",
    "RoleBinding": "confluentcloud:index/roleBinding:RoleBinding",
    "KafkaAcl": "confluentcloud:index/kafkaAcl:KafkaAcl",
    "Connector": "confluentcloud:index/connector:Connector",
    "Transition": "kafkadr:index:Transition",
    "MirrorState": "kafkadr:index:MirrorState",
    "ActivePointer": "kafkadr:index:ActivePointer",
    "Stack": "pulumi:pulumi:Stack",
}
CREDENTIALS = Secret({"key": "KEY", "secret": "canary-secret"})


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:test::sample::{TYPES[kind]}::{name}"


def make(
    kind: str, name: str, values: Mapping[str, Any], comes_from: Mapping[str, list[str]] | None = None, **more: Any
) -> Resource:
    """A resource; `comes_from` names the resources a property's value comes from, as `Kind:name`."""
    sources = {prop: tuple(urn(*of.split(":")) for of in found) for prop, found in (comes_from or {}).items()}
    more = {"protect": True, **more}
    more["depends"] = (*more.get("depends", ()), *(u for urns in sources.values() for u in urns))
    return Resource(TYPES[kind], name, urn(kind, name), values, property_depends=sources, **more)


def cluster(name: str, region: str, kind: str = "dedicated", cloud: str = "AWS") -> Resource:
    block: Any = [{}] if kind.endswith("s") else {"cku": 1} if kind == "dedicated" else {}
    values = {"displayName": f"the-{name}", "cloud": cloud, "region": region, kind: block}
    return make("KafkaCluster", name, values, id=f"lkc-{name}")


def filters(word: str, *names: str, **more: str) -> str:
    rows = [{"name": n, "patternType": "LITERAL", "filterType": "INCLUDE"} | more for n in names]
    return json.dumps({word: rows})


def acl_filter(**access: str) -> str:
    """An ACL filter of a link that takes every resource, for some principals."""
    return json.dumps({"aclFilters": [{"resourceFilter": {"resourceType": "any"}, "accessFilter": access}]})


OFFSETS = {
    "consumer.offset.sync.enable": "true",
    "consumer.offset.sync.ms": "30000",
    "consumer.offset.group.filters": filters("groupFilters", "*"),
}
ACLS = {
    "acl.sync.enable": "true",
    "acl.filters": acl_filter(),
}


def auto_create(*names: str, **more: str) -> dict[str, str]:
    return {
        "auto.create.mirror.topics.enable": "true",
        "auto.create.mirror.topics.filters": filters("topicFilters", *names, **more),
    }


def link(name: str, source: str, destination: str, config: Mapping[str, Any], **more: Any) -> Resource:
    """A destination-initiated link between two clusters, named without `lkc-`."""
    values = {
        "link": f"the-{name}",
        "linkMode": "DESTINATION",
        "connectionMode": "OUTBOUND",
        "sourceKafkaCluster": {"id": f"lkc-{source}", "bootstrapEndpoint": "SASL_SSL://s", "credentials": CREDENTIALS},
        "destinationKafkaCluster": {
            "id": f"lkc-{destination}",
            "restEndpoint": "https://d",
            "credentials": CREDENTIALS,
        },
        "config": dict(config),
    }
    return make("ClusterLink", name, values | more.pop("values", {}), **more)


def mirror(topic: str, over: str, on: str, **more: Any) -> Resource:
    values = {
        "sourceKafkaTopic": {"topicName": topic},
        "mirrorTopicName": topic,
        "clusterLink": {"linkName": f"the-{over}"},
        "kafkaCluster": {"id": f"lkc-{on}", "credentials": CREDENTIALS},
    }
    return make("KafkaMirrorTopic", f"mirror-{topic}", values | more)


def topic(name: str, on: str) -> Resource:
    return make("KafkaTopic", f"topic-{name}", {"topicName": name, "kafkaCluster": {"id": f"lkc-{on}"}})


def key(name: str, account: Any, on: str, *, protect: bool = True) -> Resource:
    values = {
        "displayName": f"the-{name}",
        "owner": {"id": account, "kind": "ServiceAccount"},
        "managedResource": {"id": f"lkc-{on}", "kind": "Cluster"},
    }
    return make("ApiKey", name, values, protect=protect)


def role(name: str, principal: str, crn: Any, role_name: str = "DeveloperRead", **more: Any) -> Resource:
    return make("RoleBinding", name, {"principal": principal, "roleName": role_name, "crnPattern": crn}, **more)


def crn(on: str, part: str = "topic=orders") -> str:
    return f"crn://confluent.cloud/organization=o/environment=e/cloud-cluster=lkc-{on}/kafka=lkc-{on}/{part}"


def acl(
    name: str, principal: Any, on: str, resource: str, resource_type: str = "GROUP", made_with: str = "", **more: Any
) -> Resource:
    values = {
        "principal": principal,
        "kafkaCluster": {"id": f"lkc-{on}"},
        "resourceType": resource_type,
        "resourceName": resource,
        "patternType": "LITERAL",
        "operation": "READ",
        "permission": "ALLOW",
        "host": "*",
        "credentials": CREDENTIALS,
    }
    return make("KafkaAcl", name, values | more, depends=(urn("ApiKey", made_with),) if made_with else ())


def guard(**values: Any) -> Resource:
    steady = {"sites": ["east", "west"], "primary": "east", "epoch": 1, "change": "none", "standby": "mirroring"}
    return make("Transition", "guard", steady | values)


def pair(*more: Resource) -> Graph:
    """East is mirrored to west over `data`, as it should be, and whatever else is given."""
    return Graph([cluster("east", "us-east-1", "standard"), cluster("west", "us-west-2"), *more])


GOOD_LINK = link("data", "east", "west", OFFSETS)
