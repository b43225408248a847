"""`ClientAcls` against the emulator: what it makes, finds, deletes and leaves alone, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from kafkadr.acls import keeping
from kafkadr.errors import ApiError, DrError, UnreachableError
from provider.resource import Log
from provider.resources import client_acls
from provider.resources.client_acls import ClientAclsResource
from provider.values import known, wrap
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked

CLIENT = "User:sa-client"
KIND = ClientAclsResource()


def acl(name: str, operation: str = "READ", **more: str) -> dict[str, str]:
    """An entry as a program gives it."""
    return {"resourceType": "TOPIC", "resourceName": name, "principal": CLIENT, "operation": operation} | more


class Declared:
    """One resource called in the engine's order, with the state that the engine would keep."""

    def __init__(self, emulator: RunningEmulator, cluster: str = linked.DESTINATION, **more: Any) -> None:
        key = {linked.DESTINATION: ("DST", "dst-secret"), linked.SOURCE: ("SRC", "src-secret")}[cluster]
        self.emulator = emulator
        self.cluster = cluster
        self.site: dict[str, Any] = {
            "clusterId": cluster,
            "restEndpoint": f"{emulator.url}/k/{cluster}",
            "credentials": dict(zip(("key", "secret"), key, strict=True)),
        }
        self.more = more
        self.inputs: dict[str, Any] = {}
        self.state: dict[str, Any] | None = None
        self.said: list[str] = []
        self.log = Log(self.said.append, self.said.append, self.said.append)

    def checked(self, *acls: dict[str, str], **more: Any) -> dict[str, Any]:
        new = {n: wrap(v) for n, v in ({"site": self.site, "acls": list(acls)} | self.more | more).items()}
        found = asyncio.run(KIND.review(self.inputs, new, self.log))
        assert not found.failures, found.failures
        return dict(found.inputs)

    def failures(self, *acls: dict[str, str], **more: Any) -> str:
        new = {n: wrap(v) for n, v in ({"site": self.site, "acls": list(acls)} | more).items()}
        found = asyncio.run(KIND.review({}, new, self.log))
        return "; ".join(f"{f.property}: {f.reason}" for f in found.failures)

    def diff(self, *acls: dict[str, str], **more: Any) -> Any:
        assert self.state is not None
        return asyncio.run(KIND.compare(self.inputs, self.state, self.checked(*acls, **more), self.log))

    def preview(self, *acls: dict[str, str]) -> None:
        new = self.checked(*acls)
        if self.state is None:
            asyncio.run(KIND.create(new, self.log, preview=True))
        else:
            asyncio.run(KIND.update(self.state, new, self.log, preview=True))

    def up(self, *acls: dict[str, str], **more: Any) -> dict[str, Any]:
        new = self.checked(*acls, **more)
        if self.state is None:
            _, outputs = asyncio.run(KIND.create(new, self.log, preview=False))
        else:
            outputs = asyncio.run(KIND.update(self.state, new, self.log, preview=False))
        self.inputs, self.state = new, {**new, **outputs}
        return known(outputs)[0]

    def delete(self) -> None:
        assert self.state is not None
        asyncio.run(KIND.delete(self.state, self.log))

    def there(self) -> set[tuple[str, str]]:
        """Name and operation of each ACL of the client on the cluster."""
        key = self.site["credentials"]
        client = self.emulator.kafka(self.cluster, key["key"], key["secret"])
        rows = client.get("/acls", params={"principal": CLIENT}).json()["data"]
        return {(row["resource_name"], row["operation"]) for row in rows}

    def by_hand(self, method: str, entry: dict[str, str]) -> None:
        key = self.site["credentials"]
        client = self.emulator.kafka(self.cluster, key["key"], key["secret"])
        body = {
            "resource_type": entry["resourceType"], "resource_name": entry["resourceName"], "pattern_type": "LITERAL",
            "principal": entry["principal"], "host": "*", "operation": entry["operation"], "permission": "ALLOW",
        }  # fmt: skip
        answer = client.post("/acls", json=body) if method == "POST" else client.delete("/acls", params=body)
        assert answer.is_success, answer.text

    def mutations(self) -> list[str]:
        return [f"{e['method']} {e['template'].split('}')[-1]}" for e in self.emulator.log() if e["method"] != "GET"]


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with in_thread() as running:
        linked.build(running, 1)
        running.control("DELETE", "/log")
        yield running


ORDERS, PAYMENTS, AUDIT = acl("orders"), acl("payments"), acl("audit", "WRITE")


def test_it_makes_what_is_missing_in_one_call_and_then_finds_it(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    assert client.up(ORDERS, PAYMENTS) == {"count": 2}
    assert client.there() == {("orders", "READ"), ("payments", "READ")}
    assert client.mutations() == ["POST /acls:batch"]
    assert client.diff(PAYMENTS, ORDERS).changes == []  # The order in a program is no difference.
    client.up(ORDERS, PAYMENTS)
    assert client.mutations() == ["POST /acls:batch"]


def test_what_is_there_already_is_adopted_without_a_call_that_changes_anything(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    for entry in (ORDERS, PAYMENTS):
        client.by_hand("POST", entry)
    emulator.control("DELETE", "/log")
    client.up(ORDERS, PAYMENTS)
    assert client.diff(ORDERS, PAYMENTS).changes == []
    assert client.mutations() == []


def test_a_no_change_preview_is_one_list_call_per_principal(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    client.up(*(acl(f"t{n}") for n in range(250)))
    assert client.mutations() == ["POST /acls:batch"] * 3
    emulator.control("DELETE", "/log")
    assert client.diff(*(acl(f"t{n}") for n in range(250))).changes == []
    assert [e["template"].split("}")[-1] for e in emulator.log()] == ["/acls"]


def test_it_deletes_what_left_the_declaration_and_nothing_else(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    client.by_hand("POST", AUDIT)  # Somebody else's, of the same principal.
    client.up(ORDERS, PAYMENTS)
    difference = client.diff(PAYMENTS, acl("refunds"))
    assert sorted(difference.detail) == ["acls[0]", "acls[1]"]
    client.up(PAYMENTS, acl("refunds"))
    assert client.there() == {("audit", "WRITE"), ("payments", "READ"), ("refunds", "READ")}
    client.delete()
    assert client.there() == {("audit", "WRITE")}


def test_two_changed_entries_among_many_are_two_lines(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    many = [acl(f"t{n:03}") for n in range(200)]
    client.up(*many)
    detail = client.diff(*many[:-1], acl("zz")).detail
    assert {path: str(kind) for path, kind in detail.items()} == {"acls[199]": "PropertyDiffKind.UPDATE"}
    detail = client.diff(*many[1:], acl("zz")).detail
    assert {path: kind.name for path, kind in detail.items()} == {"acls[0]": "DELETE", "acls[199]": "ADD"}


def test_what_somebody_deletes_by_hand_is_seen_by_the_next_preview_and_made_again(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    client.up(ORDERS, PAYMENTS)
    client.by_hand("DELETE", PAYMENTS)
    assert list(client.diff(ORDERS, PAYMENTS).detail) == ["acls[1]"]
    client.up(ORDERS, PAYMENTS)
    assert client.diff(ORDERS, PAYMENTS).changes == []


def test_another_address_or_key_is_an_update_and_another_cluster_another_resource(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    client.up(ORDERS)
    moved = client.site | {"restEndpoint": client.site["restEndpoint"].replace("127.0.0.1", "localhost")}
    difference = client.diff(ORDERS, site=moved)
    assert (difference.changes, difference.replaces) == (["site"], [])
    difference = client.diff(ORDERS, site=client.site | {"clusterId": linked.SOURCE})
    assert difference.replaces == ["site"]


def test_the_preview_changes_nothing(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    client.preview(ORDERS)
    assert "1 ACLs to be made" in client.said[-1]
    client.up(ORDERS)
    emulator.control("DELETE", "/log")
    client.preview(PAYMENTS)
    assert "1 ACLs to be made and 1 to be deleted" in client.said[-1]
    assert client.mutations() == []


# What a link's ACL sync owns.


def sync(emulator: RunningEmulator, *entries: dict[str, Any]) -> None:
    configs = {"acl.sync.enable": "true", "acl.filters": json.dumps({"aclFilters": list(entries)})}
    data = [{"name": n, "value": v, "operation": "SET"} for n, v in configs.items()]
    answer = linked.destination(emulator).put("/links/dr/configs:alter", json={"data": data})
    assert answer.is_success, answer.text


EVERYTHING: dict[str, Any] = {"resourceFilter": {"resourceType": "any"}, "accessFilter": {"operation": "any"}}
ONLY_ORDERS = {"resourceFilter": {"resourceType": "topic", "name": "orders"}, "accessFilter": {"operation": "read"}}


def test_what_an_acl_sync_brings_is_neither_made_nor_deleted_and_is_named(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    client.up(ORDERS, PAYMENTS)
    sync(emulator, ONLY_ORDERS)
    emulator.control("DELETE", "/log")
    client.up(AUDIT)
    assert client.there() == {("orders", "READ"), ("audit", "WRITE")}
    assert "left to the ACL sync of link dr: ALLOW READ on TOPIC orders for User:sa-client" in client.said
    client.delete()
    client.state = None
    client.by_hand("DELETE", ORDERS)
    emulator.control("DELETE", "/log")
    client.up(ORDERS)
    assert client.mutations() == []
    assert client.diff(ORDERS).changes == []


def test_a_sync_that_is_switched_off_owns_nothing(emulator: RunningEmulator) -> None:
    sync(emulator, EVERYTHING)
    client = Declared(emulator)
    client.up(ORDERS)
    assert client.there() == set()
    data = [{"name": "acl.sync.enable", "value": "false", "operation": "SET"}]
    assert linked.destination(emulator).put("/links/dr/configs:alter", json={"data": data}).is_success
    assert list(client.diff(ORDERS).detail) == ["acls[0]"]
    client.up(ORDERS)
    assert client.there() == {("orders", "READ")}


def test_the_source_of_a_sync_keeps_its_acls_to_itself(emulator: RunningEmulator) -> None:
    sync(emulator, EVERYTHING)
    client = Declared(emulator, linked.SOURCE)
    client.up(ORDERS)
    client.delete()
    assert client.there() == set()


def test_while_the_links_cannot_be_read_nothing_is_deleted(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    client.up(ORDERS)
    emulator.fault({"status": 403, "body": {"error_code": 40301, "message": "not authorized"}}, path="/links")
    with pytest.raises(keeping.AclsRefusedError, match=r"orders.*whether it is a link's cannot be read"):
        client.up(PAYMENTS)
    assert client.there() == {("orders", "READ"), ("payments", "READ")}


# What goes wrong.


def test_one_refused_entry_keeps_none_of_the_others_from_being_made(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    wrong = acl("not-the-cluster", "DESCRIBE", resourceType="CLUSTER")
    emulator.fault(
        {"status": 400, "body": {"error_code": 40002, "message": "one is wrong"}}, path="/acls:batch", times=1
    )
    client.up(ORDERS, PAYMENTS)
    assert client.there() == {("orders", "READ"), ("payments", "READ")}
    assert client.mutations() == ["POST /acls:batch"] * 3
    emulator.fault(
        {"status": 400, "body": {"error_code": 40002, "message": "only kafka-cluster"}}, path="/acls:batch", times=2
    )
    with pytest.raises(keeping.AclsRefusedError) as told:
        client.up(ORDERS, wrong, AUDIT)
    assert "CLUSTER not-the-cluster for User:sa-client: 400 (40002): only kafka-cluster" in str(told.value)
    assert "1 ACLs on lkc-dst" in str(told.value)
    assert ("audit", "WRITE") in client.there()


def test_rows_refused_inside_a_good_answer_are_told_one_by_one(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    rows = [{"error_code": 0}, {"error_code": 40301, "error_message": "not yours"}]
    emulator.fault({"status": 200, "body": {"data": rows}}, path="/acls:batch", times=1)
    with pytest.raises(keeping.AclsRefusedError) as told:
        client.up(ORDERS, PAYMENTS, budgetSeconds=5)
    assert "payments for User:sa-client: 40301: not yours" in str(told.value)
    assert "orders for User:sa-client: accepted, and not there" in str(told.value)


def test_a_lost_answer_is_found_by_the_next_run(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    emulator.fault({"reset": "close"}, apply="after", method="POST", path="/acls:batch", times=1)
    client.up(ORDERS, PAYMENTS)
    assert client.there() == {("orders", "READ"), ("payments", "READ")}
    emulator.control("DELETE", "/log")
    client.up(ORDERS, PAYMENTS)
    assert client.mutations() == []


def test_a_run_that_ended_between_two_batches_goes_on_where_it_was(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    many = [acl(f"t{n:03}") for n in range(150)]
    emulator.fault({"status": 403, "body": {"error_code": 40301, "message": "no"}}, path="/acls:batch", nth=2)
    with pytest.raises(ApiError, match="403"):
        client.up(*many)
    assert len(client.there()) == 100
    emulator.control("DELETE", "/log")
    client.up(*many)
    assert len(client.there()) == 150
    assert client.mutations() == ["POST /acls:batch"]


def test_the_service_is_asked_again_when_it_says_so(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    emulator.fault({"status": 429, "headers": {"Retry-After": "1"}}, path="/acls:batch", times=1)
    emulator.fault({"status": 503}, path="/acls", method="DELETE", times=1)
    client.up(ORDERS)
    client.delete()
    assert client.there() == set()


def test_a_refused_deletion_is_named_and_the_others_are_done(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    client.up(ORDERS, PAYMENTS)
    emulator.fault(
        {"status": 409, "body": {"error_code": 40901, "message": "busy"}}, path="/acls", method="DELETE", times=1
    )
    with pytest.raises(keeping.AclsRefusedError, match=r"orders .*cannot be deleted: 409 \(40901\): busy"):
        client.delete()
    assert client.there() == {("orders", "READ")}
    client.delete()
    assert client.there() == set()


def test_a_dead_site_is_a_warning_in_a_preview_and_red_and_named_in_an_update(
    emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_acls, "LOOK_SECONDS", 2.0)
    client = Declared(emulator, budgetSeconds=5)
    client.up(ORDERS)
    emulator.control("POST", f"/clusters/{client.cluster}/down", {"how": "close", "now": True})
    for _ in range(3):
        assert client.diff(ORDERS).changes == []
        assert "cannot be looked at" in client.said[-1]
    asked = [e for e in emulator.log(method="GET") if e["status"] is None]
    client.diff(ORDERS)
    assert [e for e in emulator.log(method="GET") if e["status"] is None] == asked  # Once a minute is enough.
    for deed in (client.delete, lambda: client.up(PAYMENTS)):
        with pytest.raises(UnreachableError, match=r"lkc-dst are not as declared.*pulumi state delete"):
            deed()


def test_a_key_that_is_refused_is_told_at_once(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    client.site["credentials"] = {"key": "DST", "secret": "wrong"}
    with pytest.raises(DrError, match="401"):
        client.up(ORDERS)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([ORDERS, ORDERS], "acls: Value error, declared twice: ALLOW READ on TOPIC orders"),
        ([acl("orders", "REED")], "acls[0].operation"),
        ([acl("orders", principal="sa-client")], "acls[0].principal"),
        ([acl("orders", hosts="*")], "acls[0].hosts"),
    ],
)
def test_what_cannot_be_is_refused_with_its_path(emulator: RunningEmulator, entries: Any, words: str) -> None:
    assert words in Declared(emulator).failures(*entries)


def test_no_text_carries_the_secret(emulator: RunningEmulator) -> None:
    client = Declared(emulator)
    client.site["credentials"] = {"key": "DST", "secret": "canary-secret"}
    with pytest.raises(DrError) as told:
        client.up(ORDERS)
    assert "canary-secret" not in str(told.value) + client.failures(acl("x", "REED")) + "".join(client.said)
