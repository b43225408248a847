"""Cases of the rules about protection, names and secrets."""

from __future__ import annotations

from policies.resource import Resource
from policies.values import UNKNOWN
from tests.policies.cases.case import DEPENDS, UNDECIDED, Case, bad, lone, ok
from tests.policies.samples import (
    GOOD_LINK,
    guard,
    key,
    link,
    make,
)


def _opens(what: str, *, protect: bool = True) -> Resource:
    values = {"displayName": what, "owner": {"id": "sa-1"}, "managedResource": {"id": what, "kind": what}}
    return make("ApiKey", what, values, protect=protect)


def _helm(**values: str) -> Resource:
    return Resource("kubernetes:helm.sh/v3:Release", "chart", "urn:chart", {"values": {"auth": values}})


_SOMEWHERE = {"destinationKafkaCluster": {"id": UNKNOWN}}

CASES: dict[str, list[Case]] = {
    "protected": [
        ok("protected", GOOD_LINK, guard()),
        bad("link", "data: it is not protected", link("data", "east", "west", {}, protect=False)),
        bad("guard", "it is not protected", make("Transition", "guard", {}, protect=False)),
        bad("mirror", "it is not protected", make("KafkaMirrorTopic", "m", {}, protect=False)),
        lone("cluster", "it is not protected", make("KafkaCluster", "c", {}, protect=False)),
        bad(
            "released, not known whose",
            UNDECIDED,
            guard(released=["east"], link="the-data"),
            link("data", "east", "west", {}, protect=False, depends=DEPENDS, values=_SOMEWHERE),
        ),
    ],
    "keys-protected": [
        ok("protected", key("k", "sa-shop", "east")),
        ok("the older of two", key("old", "sa-shop", "east", protect=False), key("new", "sa-shop", "east")),
        bad("the only one", "it is not protected", key("k", "sa-shop", "east", protect=False)),
        bad(
            "two of different clusters",
            "it is not protected",
            key("old", "sa-shop", "east", protect=False),
            key("new", "sa-shop", "west"),
        ),
        bad("two that open no cluster", "it is not protected", _opens("ksql", protect=False), _opens("flink")),
        bad("unknown", UNDECIDED, key("k", UNKNOWN, "east", protect=False)),
    ],
    "named-explicitly": [
        ok("named", GOOD_LINK),
        bad(
            "link",
            "link is not given: Pulumi made up 'data-1a2b3c4'",
            link("data", "east", "west", {}, values={"link": "data-1a2b3c4"}),
        ),
        bad("key", "displayName is not given", make("ApiKey", "k", {})),
        bad(
            "account",
            "displayName is not given: Pulumi made up",
            make("ServiceAccount", "sa", {"displayName": "sa-0123abc"}),
        ),
        bad("mirror", "mirrorTopicName is not given", make("KafkaMirrorTopic", "m", {})),
        bad("unknown", UNDECIDED, make("ApiKey", "k", {"displayName": UNKNOWN})),
    ],
    "no-plain-credentials": [
        ok("secret", GOOD_LINK),
        ok("nothing given", make("Transition", "guard", {"secret": ""})),
        ok(
            "unknown, but a declared secret output",
            make("KafkaAcl", "a", {"credentials": {"secret": UNKNOWN}}, secret_outputs=("credentials",)),
        ),
        bad(
            "in a block",
            "credentials.secret is in plain text",
            make("KafkaAcl", "a", {"credentials": {"key": "K", "secret": "S"}}),
        ),
        bad("exported", "clients.secret is in plain text", make("Stack", "s", {"clients": {"secret": "S"}})),
        bad("in a list", "links.0.password is in plain text", make("Connector", "c", {"links": [{"password": "S"}]})),
        bad(
            "in a link's config",
            'config["sasl.jaas.config"] is in plain text',
            make("ClusterLink", "l", {"config": {"sasl.jaas.config": "user=x"}}),
        ),
        bad(
            "of a connector",
            'configNonsensitive["aws.secret.access.key"] is in plain text',
            make("Connector", "c", {"configNonsensitive": {"aws.secret.access.key": "S", "aws.access.key.id": "A"}}),
        ),
        ok("the name of somebody else's secret", _helm(existingSecret="kafka-creds", passwordSecret="pw")),
        bad("somebody else's password", "values.auth.password is in plain text", _helm(password="S")),
        bad("unknown", UNDECIDED, make("KafkaAcl", "a", {"credentials": {"secret": UNKNOWN}})),
    ],
}
