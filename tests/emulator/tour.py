"""A tour of the whole API: each route of the emulator at least once, good answers and refusals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.emulation import RunningEmulator
from tests.emulator.cloud_samples import bind, cluster_body, create_account, create_environment, create_key
from tests.emulator.linked import DESTINATION, SOURCE, build, link_body, source


@dataclass
class Tour:
    """Every answer seen, in order."""

    emulator: RunningEmulator
    answers: list[httpx2.Response] = field(default_factory=list)

    def watch(self, client: httpx2.Client) -> httpx2.Client:
        """Keep what ``client`` gets from now on."""

        def keep(answer: httpx2.Response) -> None:
            answer.read()
            self.answers.append(answer)

        client.event_hooks = {"request": [], "response": [keep]}
        return client


def run(emulator: RunningEmulator, stations: "Sequence[Station] | None" = None) -> list[httpx2.Response]:
    """Go everywhere, or only to these stations; the answers."""
    tour = Tour(emulator)
    for station in stations or [*BOTH_PLANES, _cloud, _groups, _waiting, _reverse]:
        emulator.reset()
        station(tour)
    return tour.answers


def _cloud(tour: Tour) -> None:
    cloud = tour.watch(tour.emulator.cloud())
    org = cloud.get("/org/v2/organizations").json()["data"][0]["id"]
    cloud.get(f"/org/v2/organizations/{org}")
    env = create_environment(cloud, "ESSENTIALS")
    create_environment(cloud)
    cloud.get("/org/v2/environments", params={"page_size": 1})
    cloud.patch(f"/org/v2/environments/{env}", json={"display_name": "new"})
    cloud.get(f"/org/v2/environments/{env}")
    for kind in ("Basic", "Standard", "Enterprise", "Freight"):
        cloud.post("/cmk/v2/clusters", json=cluster_body(env, config={"kind": kind}, availability="HIGH"))
    more = {"network": {"id": "n-1"}, "byok": {"id": "cck-1"}}
    lkc = cloud.post("/cmk/v2/clusters", json=cluster_body(env, **more)).json()["id"]
    cloud.get(f"/cmk/v2/clusters/{lkc}", params={"environment": env})
    cloud.get("/cmk/v2/clusters", params={"environment": env, "page_size": 3})
    cloud.patch(f"/cmk/v2/clusters/{lkc}", json={"spec": {"display_name": "n", "environment": {"id": env}}})
    registry = cloud.get("/srcm/v3/clusters", params={"environment": env}).json()["data"][0]["id"]
    cloud.get(f"/srcm/v3/clusters/{registry}", params={"environment": env})
    cloud.delete(f"/org/v2/environments/{env}")
    cloud.delete(f"/cmk/v2/clusters/{lkc}", params={"environment": env})
    cloud.get(f"/cmk/v2/clusters/{lkc}", params={"environment": env})
    lone = create_environment(cloud)
    cloud.delete(f"/org/v2/environments/{lone}")
    cloud.get(f"/org/v2/environments/{lone}")


def _keys(tour: Tour) -> None:
    cloud = tour.watch(tour.emulator.cloud())
    env = create_environment(cloud)
    lkc = cloud.post("/cmk/v2/clusters", json=cluster_body(env)).json()["id"]
    account = create_account(cloud)
    cloud.get(f"/iam/v2/service-accounts/{account}")
    cloud.get("/iam/v2/service-accounts")
    cloud.patch(f"/iam/v2/service-accounts/{account}", json={"description": "new"})
    cloud.post("/iam/v2/service-accounts", json={"display_name": "link"})
    create_key(cloud, account)
    key = create_key(cloud, account, lkc)["id"]
    cloud.get(f"/iam/v2/api-keys/{key}")
    cloud.get("/iam/v2/api-keys")
    cloud.patch(f"/iam/v2/api-keys/{key}", json={"spec": {"description": "new"}})
    cloud.delete(f"/iam/v2/api-keys/{key}")
    cloud.get(f"/iam/v2/api-keys/{key}")
    crn = f"crn://confluent.cloud/organization=o/environment={env}"
    binding = bind(cloud, account, "EnvironmentAdmin", crn)
    cloud.get(f"/iam/v2/role-bindings/{binding}")
    cloud.get("/iam/v2/role-bindings", params={"crn_pattern": crn})
    cloud.delete(f"/iam/v2/role-bindings/{binding}")
    cloud.get(f"/iam/v2/role-bindings/{binding}")
    cloud.delete(f"/iam/v2/service-accounts/{account}")
    cloud.get(f"/iam/v2/service-accounts/{account}")
    _quota(cloud, env, lkc)


def _quota(cloud: httpx2.Client, env: str, lkc: str) -> None:
    rates = {"ingress_byte_rate": "1", "egress_byte_rate": "2"}
    spec = {"display_name": "q", "throughput": rates, "principals": [{"id": "<default>"}]}
    where = {"cluster": {"id": lkc}, "environment": {"id": env}}
    quota = cloud.post("/kafka-quotas/v1/client-quotas", json={"spec": spec | where}).json()["id"]
    cloud.get("/kafka-quotas/v1/client-quotas", params={"environment": env})
    cloud.get(f"/kafka-quotas/v1/client-quotas/{quota}")
    cloud.patch(f"/kafka-quotas/v1/client-quotas/{quota}", json={"spec": {"display_name": "n"}})
    cloud.delete(f"/kafka-quotas/v1/client-quotas/{quota}")


def _refusals(tour: Tour) -> None:
    emulator = tour.emulator
    build(emulator, 1)
    for client in (emulator.cloud(("NOBODY", "x")), emulator.cloud()):
        watched = tour.watch(client)
        watched.get("/org/v2/environments", params={"page_size": 0})
        watched.post("/org/v2/environments", json={})
        watched.get("/cmk/v2/clusters")
        watched.post("/iam/v2/api-keys", json={"spec": {}})
        watched.post("/iam/v2/role-bindings", json={})
        watched.get("/srcm/v3/clusters")
    for secret in ("wrong", "dst-secret"):
        kafka = tour.watch(emulator.kafka(DESTINATION, "DST", secret))
        kafka.post("/topics", json={"topic_name": "??"})
        kafka.get("/topics/none")
        kafka.post("/acls", json={})
        kafka.post("/links/dr/mirrors", json={"source_topic_name": "t0"})
    kafka = tour.watch(emulator.kafka(DESTINATION, "DST", "dst-secret"))
    kafka.get("/links/none")
    kafka.get("/links/dr/mirrors/none")
    kafka.post("/links", params={"link_name": "dr"}, json=link_body())
    emulator.settings(max_names=1)
    kafka.post("/links/dr/mirrors:failover", json={"mirror_topic_names": ["t0", "t1"]})
    emulator.seed({"api_keys": [{"key": "WEAK", "secret": "w", "owner": "sa-weak", "resource": DESTINATION}]})
    weak = tour.watch(emulator.kafka(DESTINATION, "WEAK", "w"))
    weak.get("/links/dr")
    weak.get("/topics/t0")
    emulator.fault({"status": 503})
    tour.watch(emulator.cloud()).get("/org/v2/environments")
    tour.watch(source(emulator)).get("/topics")


def _topics(tour: Tour) -> None:
    build(tour.emulator, 0)
    kafka = tour.watch(source(tour.emulator))
    configs = [{"name": "retention.ms", "value": "1000"}]
    kafka.post("/topics", json={"topic_name": "dry", "validate_only": True})
    kafka.post("/topics", json={"topic_name": "orders", "partitions_count": 2, "configs": configs})
    for path in ("", "/topics", "/topics/orders", "/topics/orders/partitions", "/topics/orders/partitions/1"):
        kafka.get(path)
    for path in ("/topics/-/configs", "/topics/orders/configs", "/topics/orders/default-configs"):
        kafka.get(path)
    kafka.patch("/topics/orders", json={"partitions_count": 3})
    kafka.post("/topics/orders/configs:alter", json={"data": [{"name": "retention.ms", "operation": "DELETE"}]})
    kafka.put("/topics/orders/configs/retention.ms", json={"value": "2000"})
    kafka.get("/topics/orders/configs/retention.ms")
    kafka.delete("/topics/orders/configs/retention.ms")
    kafka.post("/topics/orders/records", json={"partition_id": 0, "value": {"type": "STRING", "data": "v"}})
    kafka.delete("/topics/orders")
    kafka.post("/broker-configs:alter", json={"data": [{"name": "num.partitions", "value": "3"}]})
    kafka.get("/broker-configs")
    kafka.put("/broker-configs/num.partitions", json={"value": "4"})
    kafka.get("/broker-configs/num.partitions")
    kafka.delete("/broker-configs/num.partitions")


def _acls(tour: Tour) -> None:
    build(tour.emulator, 0)
    kafka = tour.watch(source(tour.emulator))
    acl = {
        "resource_type": "TOPIC",
        "resource_name": "t",
        "pattern_type": "LITERAL",
        "principal": "User:sa-1",
        "host": "*",
        "operation": "READ",
        "permission": "ALLOW",
    }
    kafka.post("/acls", json=acl)
    kafka.post("/acls:batch", json={"data": [acl | {"operation": "WRITE"}]})
    kafka.get("/acls", params=acl)
    kafka.delete("/acls", params=acl)


def _groups(tour: Tour) -> None:
    build(tour.emulator, 1)
    tour.emulator.control("POST", f"/clusters/{SOURCE}/topics/t0/records", {"count": 5})
    order = {"offsets": {"t0": {"0": 3}}, "active": True}
    tour.emulator.control("PUT", f"/clusters/{SOURCE}/groups/g", order)
    tour.emulator.control("PUT", f"/clusters/{SOURCE}/groups/idle", order | {"active": False})
    kafka = tour.watch(source(tour.emulator))
    kafka.get("/consumer-groups")
    for group in ("g", "idle"):
        one = f"/consumer-groups/{group}"
        for path in ("", "/consumers", "/lag-summary", "/lags", "/lags/t0/partitions/0"):
            kafka.get(one + path)
    consumer = kafka.get("/consumer-groups/g/consumers").json()["data"][0]["consumer_id"]
    kafka.get(f"/consumer-groups/g/consumers/{consumer}")


_BROKEN = {"error_code": "AUTHORIZATION_ERROR", "error_message": "not allowed"}


def _links(tour: Tour) -> None:
    kafka = tour.watch(build(tour.emulator, 1))
    kafka.post("/links", params={"link_name": "two"}, json=link_body(**{"acl.sync.enable": "true"}))
    kafka.get("/links")
    kafka.get("/links/two")
    tour.emulator.control("PUT", f"/clusters/{DESTINATION}/links/two/tasks/TopicConfigsSync", _BROKEN)
    kafka.get("/links/two", params={"include_tasks": "true"})
    tour.emulator.control("DELETE", f"/clusters/{DESTINATION}/links/two/tasks/TopicConfigsSync")
    kafka.get("/links/two/configs")
    kafka.get("/links/two/configs/acl.sync.ms")
    kafka.put("/links/two/configs/acl.sync.ms", json={"value": "2000"})
    kafka.delete("/links/two/configs/acl.sync.ms")
    change = {"name": "acl.sync.enable", "value": "false", "operation": "SET"}
    kafka.put("/links/two/configs:alter", json={"data": [change]})
    kafka.delete("/links/two")


def _mirrors(tour: Tour) -> None:
    kafka = tour.watch(build(tour.emulator))
    source(tour.emulator).post("/topics", json={"topic_name": "late", "partitions_count": 2})
    kafka.post("/links/dr/mirrors", json={"source_topic_name": "late"})
    kafka.get("/links/-/mirrors")
    kafka.get("/links/dr/mirrors", params={"mirror_status": "ACTIVE"})
    kafka.get("/links/dr/mirrors/late")
    kafka.get("/links/dr/mirrors/late", params={"include_state_transition_errors": "true"})
    for verb in ("pause", "resume", "promote", "failover", "failover"):
        kafka.post(f"/links/dr/mirrors:{verb}", json={"mirror_topic_names": ["t0", "none"]})
    kafka.post("/links/dr/mirrors:failover", json={"mirror_topic_name_pattern": ".*"}, params={"validate_only": "true"})
    rule: dict[str, Any] = {"names": "*", "code": 401, "message": "Not authorized"}
    tour.emulator.fault({"row_error": rule})
    kafka.post("/links/dr/mirrors:failover", json={"mirror_topic_names": ["t1"]})
    kafka.get("/links/dr/mirrors/t0")


def _waiting(tour: Tour) -> None:
    kafka = tour.watch(build(tour.emulator))
    busy = {"offsets": {"t2": {"0": 9}}, "active": True}
    tour.emulator.control("PUT", f"/clusters/{DESTINATION}/groups/busy", busy)
    kafka.post("/links/dr/mirrors:failover", json={"mirror_topic_names": ["t2"]})
    kafka.get("/links/dr/mirrors/t2", params={"include_state_transition_errors": "true"})


def _half(key: str, secret: str, local_key: str, local_secret: str, remote: str) -> dict[str, Any]:
    def jaas(user: str, password: str) -> str:
        module = "org.apache.kafka.common.security.plain.PlainLoginModule"
        return f'{module} required username="{user}" password="{password}";'

    configs = {
        "bootstrap.servers": "SASL_SSL://x.example:9092",
        "link.mode": "BIDIRECTIONAL",
        "connection.mode": "OUTBOUND",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": jaas(key, secret),
        "local.security.protocol": "SASL_SSL",
        "local.sasl.mechanism": "PLAIN",
        "local.sasl.jaas.config": jaas(local_key, local_secret),
    }
    return {
        "remote_cluster_id": remote,
        "configs": [{"name": name, "value": value} for name, value in configs.items()],
    }


def _reverse(tour: Tour) -> None:
    east = tour.watch(source(tour.emulator))
    build(tour.emulator, 0)
    west = tour.watch(tour.emulator.kafka(DESTINATION, "DST", "dst-secret"))
    src, dst = ("SRC", "src-secret"), ("DST", "dst-secret")
    west.post("/links", params={"link_name": "both"}, json=_half(*src, *dst, SOURCE))
    east.post("/links", params={"link_name": "both"}, json=_half(*dst, *src, DESTINATION))
    for name in ("a", "b", "c"):
        east.post("/topics", json={"topic_name": name, "partitions_count": 1})
        west.post("/links/both/mirrors", json={"source_topic_name": name})
    west.post("/links/both/mirrors:reverse-and-start-mirror", json={"mirror_topic_names": ["a"]})
    west.post("/links/both/mirrors:reverse-and-pause-mirror", json={"mirror_topic_names": ["b"]})
    west.post("/links/both/mirrors:failover", json={"mirror_topic_names": ["c"]})
    tour.emulator.control("POST", f"/clusters/{SOURCE}/topics/c/records", {"count": 2})
    query = {"include_partition_level_truncation_data": "true"}
    east.post("/links/both/mirrors:truncate-and-restore", json={"mirror_topic_names": ["c"]}, params=query)
    for client in (east, west):
        client.get("/links/both")
        client.get("/links/-/mirrors")


Station = Callable[[Tour], None]
BOTH_PLANES: tuple[Station, ...] = (_keys, _refusals, _topics, _acls, _links, _mirrors)
"""Stations whose answers do not depend on where the data are. Not `_groups` and `_waiting`, which make members by hand,
nor `_reverse`, whose steps take a moment with real brokers."""
