"""Cases of the rules about clusters and links."""

from __future__ import annotations

from policies.graph import Graph
from policies.values import UNKNOWN
from tests.policies.cases.case import DEPENDS, UNDECIDED, Case, bad, lone, ok
from tests.policies.samples import (
    ACLS,
    GOOD_LINK,
    OFFSETS,
    auto_create,
    cluster,
    guard,
    link,
    make,
    mirror,
    pair,
)

PREFIX = {"cluster.link.prefix": "east."}
LATER = {"destinationKafkaCluster": {"id": UNKNOWN}}
_WEST = cluster("west", "us-west-2")
_ACL_LINK = link("acl", "east", "west", ACLS)
_PREFIXED = link("data", "east", "west", OFFSETS | PREFIX)
_ALL = auto_create("*")

CASES: dict[str, list[Case]] = {
    "dr-cluster-can-hold-links": [
        ok("Dedicated", GOOD_LINK),
        Case("Enterprise", Graph([cluster("west", "x", "enterprises"), GOOD_LINK])),
        lone("adopted and described", (), GOOD_LINK, clusters={"lkc-west": {"kind": "Dedicated"}}),
        lone("Standard", "west is Standard, which cannot hold", cluster("west", "x", "standard"), GOOD_LINK),
        lone("Basic", "west is Basic", cluster("west", "x", "basic"), GOOD_LINK),
        lone("adopted, Basic", "lkc-west is Basic", GOOD_LINK, clusters={"lkc-west": {"kind": "Basic"}}),
        lone("adopted, not described", "cluster lkc-west is adopted", GOOD_LINK, requireDeclared=True),
        bad(
            "a source half needs it too",
            "east is Standard",
            link("out", "east", "west", {}, values={"linkMode": "SOURCE", "connectionMode": "OUTBOUND"}),
        ),
        bad("unknown", UNDECIDED, link("data", "east", "west", {}, values=LATER)),
        Case(
            "unknown, but from a cluster of this program",
            pair(
                link(
                    "data",
                    "east",
                    "west",
                    {},
                    values=LATER,
                    comes_from={"destinationKafkaCluster": ["KafkaCluster:west"]},
                )
            ),
        ),
    ],
    "dr-cluster-elsewhere": [
        ok("another region", GOOD_LINK),
        lone("another cloud", (), cluster("east", "r1"), cluster("west", "r1", cloud="GCP"), GOOD_LINK),
        lone(
            "same region", "both of its clusters are in AWS r1", cluster("east", "r1"), cluster("west", "R1"), GOOD_LINK
        ),
        lone(
            "same region, one adopted",
            "both of its clusters are in AWS us-west-2",
            _WEST,
            GOOD_LINK,
            clusters={"lkc-east": {"cloud": "aws", "region": "us-west-2"}},
        ),
        lone("adopted, not described", "cluster lkc-east is adopted", _WEST, GOOD_LINK, requireDeclared=True),
        lone(
            "unknown region",
            UNDECIDED,
            _WEST,
            make("KafkaCluster", "east", {"cloud": "AWS", "region": UNKNOWN}, id="lkc-east"),
            GOOD_LINK,
        ),
    ],
    "offset-sync-on": [
        ok("on, as a bool", link("data", "east", "west", OFFSETS | {"consumer.offset.sync.enable": True})),
        bad(
            "too slow, as a number",
            "consumer.offset.sync.ms is 60000",
            link("data", "east", "west", OFFSETS | {"consumer.offset.sync.ms": 60000}),
        ),
        ok("on", GOOD_LINK),
        ok("default interval", link("data", "east", "west", {k: v for k, v in OFFSETS.items() if "ms" not in k})),
        ok("ACL-only link", _ACL_LINK),
        ok("source half", link("out", "east", "west", {}, values={"linkMode": "SOURCE"})),
        ok("off after a flip", guard(standby="retained"), link("data", "east", "west", {}, depends=DEPENDS)),
        bad("off before one", "not synced", guard(), link("data", "east", "west", {}, depends=DEPENDS)),
        bad("off, another pair flipped", "not synced", guard(standby="retained"), link("data", "east", "west", {})),
        bad("off", "consumer offsets are not synced", link("data", "east", "west", {})),
        bad("off, with mirrors", "not synced", _ACL_LINK, mirror("orders", "acl", "west")),
        bad(
            "slow",
            "consumer.offset.sync.ms is 60000, more than the target of 30000",
            link("data", "east", "west", OFFSETS | {"consumer.offset.sync.ms": "60000"}),
        ),
        bad("slower than asked", "more than the target of 5000", GOOD_LINK, maxIntervalMs=5000),
        bad(
            "unknown switch",
            UNDECIDED,
            link("data", "east", "west", OFFSETS | {"consumer.offset.sync.enable": UNKNOWN}),
        ),
        bad(
            "unknown interval", UNDECIDED, link("data", "east", "west", OFFSETS | {"consumer.offset.sync.ms": UNKNOWN})
        ),
    ],
    "sync-has-filter": [
        ok("filters given", link("data", "east", "west", OFFSETS | ACLS | _ALL)),
        ok("all off", link("data", "east", "west", {"acl.sync.enable": "false"})),
        bad(
            "no group filter",
            "consumer.offset.group.filters holds no filter",
            link("d", "e", "w", {next(iter(OFFSETS)): "true"}),
        ),
        bad("no ACL filter", "acl.filters holds no filter", link("d", "e", "w", {"acl.sync.enable": "true"})),
        bad(
            "empty list",
            "auto.create.mirror.topics.filters holds no filter",
            link("d", "e", "w", auto_create()),
        ),
        bad("no JSON", "acl.filters holds no filter", link("d", "e", "w", ACLS | {"acl.filters": "all"})),
        bad("unknown", UNDECIDED, link("d", "e", "w", ACLS | {"acl.filters": UNKNOWN})),
    ],
    "no-acl-sync-with-prefix": [
        ok("prefix", _PREFIXED),
        ok("ACLs", _ACL_LINK),
        bad("both", "has the prefix 'east.' and syncs ACLs", link("d", "e", "w", PREFIX | ACLS)),
        bad("unknown", UNDECIDED, link("d", "e", "w", PREFIX | {"acl.sync.enable": UNKNOWN})),
    ],
    "acl-link-beside-prefix": [
        ok("no prefix", GOOD_LINK),
        ok("with ACL link", _PREFIXED, _ACL_LINK),
        ok("clients have role bindings", _PREFIXED, accessBy="role-bindings"),
        bad("alone", "no ACL-only link goes the same way", _PREFIXED),
        bad("ACL link the other way", "no ACL-only link", _PREFIXED, link("acl", "west", "east", ACLS)),
        bad("unknown", UNDECIDED, link("data", "east", "west", {"cluster.link.prefix": UNKNOWN})),
    ],
    "no-mirror-on-acl-link": [
        ok("on the data link", _PREFIXED, _ACL_LINK, mirror("orders", "data", "west")),
        ok("one link for all", link("data", "east", "west", OFFSETS | ACLS), mirror("orders", "data", "west")),
        bad("on the ACL link", "over the-acl, whose only job", _PREFIXED, _ACL_LINK, mirror("orders", "acl", "west")),
        bad(
            "on the ACL link, dressed up",
            "over the-acl, whose only job",
            _PREFIXED,
            link("acl", "east", "west", ACLS | OFFSETS),
            mirror("orders", "acl", "west"),
        ),
        bad("unknown", UNDECIDED, _ACL_LINK, mirror("orders", "acl", "west", clusterLink={"linkName": UNKNOWN})),
    ],
}
