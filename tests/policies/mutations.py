"""Each property that a rule guards, taken away from a recorded pair or from one in another phase."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.policies.graphs import Json
from tests.policies.samples import filters

Edit = Callable[[Json], Any]
MUTATIONS: list[tuple[str, str, str, str, Edit]] = []
"""Rule, what is lost, graph, resource, edit."""


def broken(rule: str, name: str, resource: str, edit: Edit, graph: str = "pair_steady") -> None:
    MUTATIONS.append((rule, name, graph, resource, edit))


def put(value: Any, *path: str) -> Edit:
    """Set (or, with None, remove) a value in the resource's inputs."""

    def edit(row: Json) -> None:
        place = row["inputs"]
        for step in path[:-1]:
            place = place[step]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value

    return edit


def unlocked(row: Json) -> None:
    """Take the lock off."""
    row.pop("protect")


READ_GROUP = "dr-client-shop-east-group-read-shop"
ROLE_WEST = "dr-client-shop-west-DeveloperRead-topic-orders-45162ac1"
LINK, MIRROR, ACL_LINK = "dr-link-destination", "dr-mirror-orders", "dr-acl-link-destination"
PREFIXED = "pair_prefix_and_acl_link"
EAST_ID = "id-dr-east-cluster"

for kept in ("dr-east-cluster", LINK, MIRROR, "dr-guard"):
    broken("protected", f"{kept} unprotected", kept, unlocked)
# Each phase that takes locks off takes off no others.
broken("protected", "a kept link that is not unlocked", LINK, unlocked, "pair_fail_forward")
broken("protected", "the link to the new site beside a kept one", "dr-e2-link-destination", unlocked, "pair_unlocked")
broken("protected", "the guard in a release", "dr-guard", unlocked, "pair_released")
broken("keys-protected", "a key on the survivor in a release", "dr-client-shop-west-key", unlocked, "pair_released")
broken("protected", "the survivor's link in a release", LINK, unlocked, "pair_released")
broken("protected", "the link while a clearance is armed", LINK, unlocked, "pair_clear_armed")
for a_key in ("dr-client-shop-west-key", "dr-west-manager-key", "dr-link-reader-key"):
    broken("keys-protected", f"{a_key} unprotected", a_key, lambda row: row.pop("protect"))
broken("named-explicitly", "link unnamed", LINK, put(None, "link"))
broken("named-explicitly", "key unnamed", "dr-client-shop-west-key", put(None, "displayName"))
broken("named-explicitly", "mirror unnamed", MIRROR, put(None, "mirrorTopicName"))
broken("named-explicitly", "cluster name made up", "dr-east-cluster", put("dr-east-cluster-0a1b2c3", "displayName"))
broken(
    "no-plain-credentials",
    "link credentials in clear",
    LINK,
    put({"key": "K", "secret": "S"}, "sourceKafkaCluster", "credentials"),
)
broken("no-plain-credentials", "ACL in clear", READ_GROUP, put({"secret": "S"}, "credentials"))
broken(
    "dr-cluster-can-hold-links",
    "link made on a Standard cluster",
    "dr-east-cluster",
    lambda row: (row["inputs"].pop("dedicated"), row["inputs"].update(standard={})),
    graph="pair_turned",
)
broken("dr-cluster-elsewhere", "same region", "dr-west-cluster", put("us-east-1", "region"), graph="both_created")
broken("offset-sync-on", "off", LINK, put("false", "config", "consumer.offset.sync.enable"))
broken("offset-sync-on", "too slow", LINK, put("60000", "config", "consumer.offset.sync.ms"))
broken("sync-has-filter", "no group filter", LINK, put(None, "config", "consumer.offset.group.filters"))
broken("sync-has-filter", "empty ACL filter", LINK, put('{"aclFilters":[]}', "config", "acl.filters"))
broken("sync-has-filter", "auto-create on, no filter", LINK, put("true", "config", "auto.create.mirror.topics.enable"))
broken("no-acl-sync-with-prefix", "prefix added", LINK, put("east.", "config", "cluster.link.prefix"))
broken("no-acl-sync-with-prefix", "ACLs on", LINK, put("true", "config", "acl.sync.enable"), PREFIXED)
broken("acl-link-beside-prefix", "ACL link switched off", ACL_LINK, put("false", "config", "acl.sync.enable"), PREFIXED)
broken("acl-link-beside-prefix", "ACL link elsewhere", ACL_LINK, put("lkc-x", "sourceKafkaCluster", "id"), PREFIXED)
broken("no-mirror-on-acl-link", "mirror moved", MIRROR, put("dr-acl", "clusterLink", "linkName"), PREFIXED)
broken("no-internal-topics", "changelog", MIRROR, put("app-x-changelog", "sourceKafkaTopic", "topicName"))
broken(
    "no-internal-topics",
    "auto-create of all",
    LINK,
    lambda row: row["inputs"]["config"].update(
        {
            "auto.create.mirror.topics.enable": "true",
            "auto.create.mirror.topics.filters": filters("topicFilters", "*"),
        }
    ),
)
broken("key-on-each-cluster", "key elsewhere", "dr-client-shop-west-key", put(EAST_ID, "managedResource", "id"))
broken(
    "role-bindings-equal",
    "other role",
    ROLE_WEST,
    put("DeveloperWrite", "roleName"),
)
broken("one-primary", "no such site", "dr-guard", put("north", "primary"))
broken(
    "quarantined-after-flip", "not in the mirror state", "dr-mirror-state", put(False, "quarantine"), "pair_failed_over"
)
broken(
    "quarantined-after-flip",
    "not in the mirror state, after a turn",
    "dr-mirror-state-east",
    put(False, "quarantine"),
    "bidirectional: turned, failed-over",
)
broken(
    "keys-protected",
    "a client's key on the survivor, after a turn",
    "dr-client-shop-east-key",
    unlocked,
    "bidirectional: turned, released",
)
broken(
    "no-acl-under-sync",
    "a client's right on the standby that the source has no more",
    "dr-client-shop-west-group-read-shop",
    put("other", "resourceName"),
    "destination-initiated: away",
)
TURNED = "bidirectional: turned"
broken(
    "offset-sync-on",
    "not given back after a turn",
    "dr-mirror-state-east",
    put("false", "links", "dr", "consumer.offset.sync.enable"),
    TURNED,
)
broken(
    "offset-sync-on",
    "nothing synced after a turn",
    "dr-mirror-state-east",
    lambda row: row["inputs"]["links"].update({"dr": {}}),
    TURNED,
)
broken(
    "sync-has-filter",
    "no group filter after a turn",
    "dr-mirror-state-east",
    put(None, "links", "dr", "consumer.offset.group.filters"),
    TURNED,
)
broken(
    "no-acl-sync-with-prefix",
    "prefix after a turn",
    "dr-mirror-state-east",
    put("east.", "links", "dr", "cluster.link.prefix"),
    TURNED,
)
broken(
    "no-internal-topics",
    "auto-create of all after a turn",
    "dr-mirror-state-east",
    lambda row: row["inputs"]["links"]["dr"].update(
        {
            "auto.create.mirror.topics.enable": "true",
            "auto.create.mirror.topics.filters": filters("topicFilters", "*"),
        }
    ),
    TURNED,
)
broken(
    "no-acl-under-sync",
    "a client's right on the standby that the source has no more, after a turn",
    "dr-client-shop-west-group-read-shop",
    put("other", "resourceName"),
    TURNED,
)
broken("quarantined-after-flip", "syncing while retained", "dr-guard", put("retained", "standby"))
broken(
    "no-acl-under-sync",
    "declared on the standby",
    READ_GROUP,
    put("lkc-west", "kafkaCluster", "id"),
)
broken(
    "group-names-unique",
    "someone else's group",
    READ_GROUP,
    lambda row: row["also"].append(row | {"name": "other", "inputs": row["inputs"] | {"principal": "User:sa-2"}}),
)


def beside(name: str, type_: str, inputs: Json) -> Edit:
    """Add a resource of another part of the program."""
    return lambda row: row["also"].append({"name": name, "type": type_, "inputs": inputs, "dependsOn": []})


EAST, WEST = ({"id": lkc, "credentials": "[secret]"} for lkc in (EAST_ID, "lkc-west"))
broken(
    "production-topic-covered",
    "a new topic",
    MIRROR,
    beside("payments", "confluentcloud:index/kafkaTopic:KafkaTopic", {"topicName": "payments", "kafkaCluster": EAST}),
)
broken(
    "copies-kept-apart",
    "a link of somebody else's the other way",
    LINK,
    beside(
        "back",
        "confluentcloud:index/clusterLink:ClusterLink",
        {"link": "back", "sourceKafkaCluster": WEST, "destinationKafkaCluster": EAST, "config": {}},
    ),
)
broken(
    "patterns-anchored",
    "a sink that takes more",
    LINK,
    beside("sink", "confluentcloud:index/connector:Connector", {"configNonsensitive": {"topics.regex": ".*orders"}}),
)
