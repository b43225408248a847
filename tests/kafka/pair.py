"""Two clusters with real brokers under one emulator, a link between them, and an application's keys on both."""

import itertools
from typing import Any

import httpx2

from tests.brokers import until
from tests.emulation import RunningEmulator
from tests.emulator.kafka_world import ALL_ACLS, EAST, SYNC_ALL, WEST, jaas
from tests.kafka.clients import Settings, login

_NAMES = itertools.count(1)
QUICK = {
    "consumer.offset.sync.enable": "true",
    "consumer.offset.sync.ms": "1000",
    "consumer.offset.group.filters": SYNC_ALL,
    "acl.sync.enable": "true",
    "acl.sync.ms": "1000",
    "acl.filters": ALL_ACLS,
    "topic.config.sync.ms": "1000",
    "availability.check.ms": "200",
    "availability.check.consecutive.failure.threshold": "2",
}
"""A link that syncs everything each second and notices a dead source within one."""


def fresh(what: str) -> str:
    """Return a name no other test of this session has."""
    return f"{what}-{next(_NAMES)}"


class Pair:
    """East is the source. Everybody's secret is `secret`; `OP` may do all, `APP` only what ACLs let `sa-app` do."""

    def __init__(self, emulator: RunningEmulator, **configs: str) -> None:
        self.emulator = emulator
        here = [(EAST, "east"), (WEST, "west")]
        owners = {"OP": "sa-op", "LINK": "sa-link", "APP": "sa-app"}
        emulator.seed(
            {
                "clusters": [{"id": lkc, "environment": "env-1"} for lkc, _ in here],
                "api_keys": [
                    {"key": f"{name}-{side}", "secret": "secret", "owner": owner, "resource": lkc}
                    for lkc, side in here
                    for name, owner in owners.items()
                ],
                "role_bindings": [
                    {"principal": owner, "role_name": "CloudClusterAdmin", "cluster": lkc}
                    for lkc, _ in here
                    for owner in ("sa-op", "sa-link")
                ],
            }
        )
        self.east = emulator.kafka(EAST, "OP-east", "secret")
        self.west = emulator.kafka(WEST, "OP-west", "secret")
        self.link("dr", QUICK | configs)
        for side in ("east", "west"):
            self.acl(side, "GROUP", "read", "READ")  # the group of `clients.read`

    def link(self, name: str, configs: dict[str, str], *, both_ways: bool = False) -> None:
        """Make the link `name` onto west, or a bidirectional pair of halves."""
        for here, there, client in ((WEST, "east", self.west), (EAST, "west", self.east)):
            mode = {"link.mode": "BIDIRECTIONAL" if both_ways else "DESTINATION"}
            login_here = {"local.sasl.jaas.config": jaas(f"LINK-{'west' if here == WEST else 'east'}", "secret")}
            whole = {
                "bootstrap.servers": self.bootstrap(there),
                "sasl.jaas.config": jaas(f"LINK-{there}", "secret"),
                **mode,
                **(login_here if both_ways else {}),
                **configs,
            }
            remote = "remote_cluster_id" if both_ways else "source_cluster_id"
            body = {
                remote: EAST if there == "east" else WEST,
                "configs": [{"name": key, "value": value} for key, value in whole.items()],
            }
            made = client.post("/links", params={"link_name": name}, json=body)
            assert made.status_code == 204, made.text
            if not both_ways:
                return

    def bootstrap(self, side: str) -> str:
        """Return the endpoint as the cloud API shows it."""
        cluster = self.emulator.cloud().get(f"/cmk/v2/clusters/lkc-{side}", params={"environment": "env-1"}).json()
        endpoint: str = cluster["spec"]["kafka_bootstrap_endpoint"]
        return endpoint

    def client(self, side: str, name: str = "OP") -> Settings:
        """Return the Kafka client settings of `OP` or `APP` on `east` or `west`."""
        return login(self.bootstrap(side), f"{name}-{side}", "secret")

    def topic(self, name: str, partitions: int = 1, side: str = "east", **configs: str) -> str:
        """Make a topic on one side over REST; returns its name."""
        given = [{"name": key.replace("_", "."), "value": value} for key, value in configs.items()]
        body = {"topic_name": name, "partitions_count": partitions, "configs": given}
        made = self.rest(side).post("/topics", json=body)
        assert made.status_code == 201, made.text
        return name

    def rest(self, side: str) -> httpx2.Client:
        """Return the operator's REST client of one side."""
        return self.east if side == "east" else self.west

    def mirror(self, topic: str, link: str = "dr", side: str = "west") -> None:
        """Mirror a topic."""
        made = self.rest(side).post(f"/links/{link}/mirrors", json={"source_topic_name": topic})
        assert made.status_code == 204, made.text

    def mirrored(self, what: str, partitions: int = 1, **configs: str) -> str:
        """Make a topic of a fresh name on east and its mirror on west; returns the name."""
        name = self.topic(fresh(what), partitions, **configs)
        self.mirror(name)
        return name

    def acl(self, side: str, kind: str, name: str, operation: str, permission: str = "ALLOW") -> dict[str, str]:
        """Give `sa-app` something; returns the entry."""
        entry = {
            "resource_type": kind,
            "resource_name": name,
            "pattern_type": "LITERAL",
            "principal": "User:sa-app",
            "host": "*",
            "operation": operation,
            "permission": permission,
        }
        assert self.rest(side).post("/acls", json=entry).status_code == 201
        return entry

    def state(self, topic: str, link: str = "dr", side: str = "west") -> dict[str, Any]:
        """Return a mirror as REST shows it."""
        answer: dict[str, Any] = self.rest(side).get(f"/links/{link}/mirrors/{topic}").json()
        return answer

    def status(self, topic: str, link: str = "dr", side: str = "west") -> str:
        """Return the status of a mirror."""
        return str(self.state(topic, link, side).get("mirror_status"))

    def lags(self, topic: str, link: str = "dr", side: str = "west") -> list[int]:
        """Return the lag of each partition of a mirror."""
        return [row["lag"] for row in self.state(topic, link, side)["mirror_lags"]]

    def caught_up(self, topic: str, link: str = "dr", side: str = "west") -> None:
        """Wait until a mirror has everything its source has."""
        until(lambda: self.status(topic, link, side) == "ACTIVE" and not any(self.lags(topic, link, side)))

    def hold(self, topic: str, lags: dict[int, int], link: str = "dr", side: str = "west") -> None:
        """Keep this many records of each partition from being mirrored; {} lets go."""
        self.emulator.control("PUT", f"/clusters/lkc-{side}/links/{link}/mirrors/{topic}", {"hold_lag": lags})

    def verb(self, verb: str, topic: str, link: str = "dr", side: str = "west", **query: Any) -> dict[str, Any]:
        """Send a `mirrors:` verb for one topic and return its row."""
        body = {"mirror_topic_names": [topic]}
        answer = self.rest(side).post(f"/links/{link}/mirrors:{verb}", json=body, params=query)
        assert answer.status_code == 200, answer.text
        row: dict[str, Any] = answer.json()["data"][0]
        return row

    def fail_over(self, topic: str) -> None:
        """Make a mirror on west writable."""
        assert self.verb("failover", topic)["error_code"] is None
        assert self.status(topic) == "STOPPED"
