"""Cases of the rules about clients."""

from __future__ import annotations

from policies.resource import Resource
from policies.values import UNKNOWN
from tests.policies.cases.case import UNDECIDED, Case, bad, ok
from tests.policies.samples import (
    GOOD_LINK,
    OFFSETS,
    acl,
    crn,
    key,
    link,
    make,
    mirror,
    role,
    topic,
    urn,
)

_SHOP = [key("shop-east", "sa-shop", "east"), key("shop-west", "sa-shop", "west")]
_MANAGER = key("manager", "sa-manager", "west")
_MANAGED = acl("managed", "User:sa-x", "west", "g", made_with="manager")

_CREDENTIALS = Resource("kafkadr-components:index:ClientCredentials", "c", "urn:client", {})
_ADMIN_CLIENT = [_CREDENTIALS, role("a", "User:sa-shop", crn("east", ""), "CloudClusterAdmin", parent="urn:client")]

CASES: dict[str, list[Case]] = {
    "key-on-each-cluster": [
        ok("both", GOOD_LINK, *_SHOP),
        ok("the program's own key", GOOD_LINK, _MANAGER, _MANAGED),
        ok("no link", _SHOP[0]),
        ok("a Cloud key", GOOD_LINK, make("ApiKey", "cloud", {"displayName": "c", "owner": {"id": "sa-shop"}})),
        ok(
            "exempted by its owner's name",
            GOOD_LINK,
            make("ServiceAccount", "shop", {"displayName": "the-shop"}, id="sa-shop"),
            _SHOP[0],
            exemptions=[{"name": "the-shop", "reason": "batch only"}],
        ),
        bad("an administrator made as a client", "no key on west", GOOD_LINK, _SHOP[0], *_ADMIN_CLIENT),
        ok("exempted by owner", GOOD_LINK, _SHOP[0], exemptions=[{"name": "sa-shop", "reason": "batch only"}]),
        bad("only on the primary", "no key on west, which this cluster is linked to", GOOD_LINK, _SHOP[0]),
        bad("only on the standby", "no key on east", GOOD_LINK, _SHOP[1]),
        bad(
            "unknown owner",
            UNDECIDED,
            GOOD_LINK,
            key("k", UNKNOWN, "east"),
        ),
    ],
    "role-bindings-equal": [
        ok("equal", GOOD_LINK, role("a", "User:sa-shop", crn("east")), role("b", "User:sa-shop", crn("west"))),
        ok(
            "of the program's own account, known by its id",
            link("data", "east", "west", OFFSETS, depends=(urn("ApiKey", "manager"),)),
            _MANAGER,
            role("m", "User:sa-manager", crn("west")),
        ),
        ok("administrator", GOOD_LINK, role("a", "User:sa-m", crn("west", ""), "CloudClusterAdmin")),
        bad(
            "missing",
            "role DeveloperRead on topic=orders is not bound on west",
            GOOD_LINK,
            role("a", "User:sa-shop", crn("east")),
        ),
        bad(
            "another topic",
            ("on topic=orders is not bound on west", "on topic=order is not bound on east"),
            GOOD_LINK,
            role("a", "User:sa-shop", crn("east")),
            role("b", "User:sa-shop", crn("west", "topic=order")),
        ),
        bad(
            "missing, not yet known on what",
            "role DeveloperRead is not bound on west",
            GOOD_LINK,
            role("a", "User:sa-shop", UNKNOWN, comes_from={"crnPattern": ["KafkaCluster:east"]}),
        ),
        bad(
            "as many, not yet known on what",
            ("compared with west by number only", "compared with east by number only"),
            GOOD_LINK,
            role("a", "User:sa-shop", UNKNOWN, comes_from={"crnPattern": ["KafkaCluster:east"]}),
            role("b", "User:sa-shop", UNKNOWN, comes_from={"crnPattern": ["KafkaCluster:west"]}),
        ),
        bad("unknown", UNDECIDED, GOOD_LINK, role("a", "User:sa-shop", UNKNOWN)),
    ],
    "group-names-unique": [
        ok("own groups", acl("a", "User:sa-1", "east", "one"), acl("b", "User:sa-2", "east", "two")),
        ok("one client, two clusters", acl("a", "User:sa-1", "east", "one"), acl("b", "User:sa-1", "west", "one")),
        ok("all groups", acl("a", "User:sa-1", "east", "*"), acl("b", "User:sa-2", "east", "two")),
        ok("a topic", acl("a", "User:sa-1", "east", "x", "TOPIC"), acl("b", "User:sa-2", "east", "x", "TOPIC")),
        bad(
            "shared",
            "group one is also read by the account of a",
            acl("a", "User:sa-1", "east", "one"),
            acl("b", "User:sa-2", "west", "one"),
        ),
        bad(
            "under another's prefix",
            "group one-b is also read",
            acl("a", "User:sa-1", "east", "one", patternType="PREFIXED"),
            acl("b", "User:sa-2", "east", "one-b"),
        ),
        bad(
            "unknown name",
            UNDECIDED,
            acl("a", "User:sa-1", "east", "one"),
            acl("b", "User:sa-2", "east", "x", resourceName=UNKNOWN),
        ),
        bad("unknown account", UNDECIDED, acl("a", "User:sa-1", "east", "one"), acl("b", UNKNOWN, "east", "one")),
    ],
    "patterns-anchored": [
        bad(
            "of Java",
            "no regular expression to Python",
            make("Connector", "sink", {"configNonsensitive": {"topics.regex": r"^\p{Alpha}+$"}}),
        ),
        bad(
            "too long for any",
            "no regular expression to Python",
            make("Connector", "sink", {"configNonsensitive": {"topics.regex": "^" + "(" * 5000 + "$"}}),
        ),
        ok(
            "anchored",
            topic("numbers", "east"),
            make("Connector", "sink", {"configNonsensitive": {"topics.regex": r"^([a-z]*\.)?numbers$"}}),
        ),
        ok(
            "given in config",
            make("Stack", "s", {}),
            topic("numbers", "east"),
            patterns={"billing": r"^([a-z]*\.)?numbers$"},
        ),
        ok(
            "anchored, beside a copy with its region's prefix",
            mirror("numbers", "data", "west", mirrorTopicName="east.numbers"),
            make("Connector", "sink", {"configNonsensitive": {"topics.regex": r"^([a-z]*\.)?numbers$"}}),
        ),
        bad(
            "the seed's bad one",
            ("is not anchored", "begins with a wildcard"),
            topic("numbers", "east"),
            make("Connector", "sink", {"configNonsensitive": {"topics.regex": ".*numbers"}}),
        ),
        bad(
            "anchored and wide",
            "would also take a topic named numbers-processed",
            topic("numbers", "east"),
            make("Connector", "sink", {"configNonsensitive": {"topics.regex": r"^numbers.*$"}}),
        ),
        bad("no expression", "is no regular expression", make("Stack", "s", {}), patterns={"billing": "^(numbers$"}),
        bad("unknown", UNDECIDED, make("Connector", "sink", {"configNonsensitive": {"topics.regex": UNKNOWN}})),
    ],
}
