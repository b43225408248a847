"""The estate's program: which resources its components register, and with which locks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from stacks.estate import deploy as program
from stacks.estate.settings import PROJECT, Settings
from stacks.loading import parse
from tests.graph.recorder import CANARY, Recorder, record

LINKS: dict[str, Any] = {
    "data": {"from": "east", "to": "west", "mode": "bidirectional", "prefix": "dr."},
    "acls": {"from": "east", "to": "west", "aclsOnly": True},
}
EXISTING = {"id": "lkc-1", "restEndpoint": "https://e.example", "bootstrapEndpoint": "e.example:9092"}
CLIENT = {"produce": ["orders"], "consume": ["pay*"], "groups": ["shop-*"]}


def estate(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Recorder:
    """What the program registers: east exists, west is made, one client."""
    raw = {
        "name": "orders",
        "organization": "00000000-0000-4000-8000-000000000000",
        "environment": "env-1",
        "sites": {
            "east": {"existing": EXISTING},
            "west": {"create": {"cloud": "AWS", "region": "us-west-2", "cku": 1}},
        },
        "links": LINKS,
        "clients": {"shop": CLIENT},
    } | changes
    settings = parse(Settings, PROJECT, raw)
    monkeypatch.setattr(program, "load", lambda *_: settings)
    return record(lambda: asyncio.ensure_future(program.deploy()))


def test_accounts_of_every_part_have_names_of_their_own_in_the_organization(monkeypatch: pytest.MonkeyPatch) -> None:
    # A link, an ACL link and a client of one name in one stack, and the same in another stack.
    found = estate(monkeypatch, clients={"data": CLIENT, "acls": CLIENT})
    names = [r["inputs"]["displayName"] for r in found.graph if r["type"].endswith(":ServiceAccount")]
    assert len(set(names)) == len(names) == 8
    assert all(name.startswith("orders-graph-") for name in names), "two stacks would take one another's account"


def test_a_link_declares_what_is_fixed_at_birth_and_leaves_the_rest_to_the_switch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    objects = [r for r in estate(monkeypatch).graph if r["type"].endswith(":ClusterLink") and "linkMode" in r["inputs"]]
    assert len(objects) == 3
    for each in objects:
        assert each["ignoreChanges"] == ["config"]
        assert each["protect"]
        assert each["retainOnDelete"]
        assert set(each["inputs"].get("config") or {}) <= {"cluster.link.prefix"}


def test_the_estate_has_nothing_of_the_switch_and_names_no_primary(monkeypatch: pytest.MonkeyPatch) -> None:
    found = estate(monkeypatch)
    assert not {"ActiveCluster", "MirrorTopics", "EstateRecord"} & {r["type"].split(":")[-1] for r in found.graph}
    assert "primary" not in json.dumps(found.graph).lower()
    assert CANARY not in json.dumps(found.graph)


def test_the_link_is_the_same_whatever_the_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    def links(**changes: Any) -> list[Any]:
        return [r for r in estate(monkeypatch, **changes).graph if "ClusterLink" in r["type"]]

    assert links() == links(clients={})


def test_a_rotation_moves_the_lock_to_the_new_key(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = {"shop": CLIENT | {"keys": {"live": [1, 2], "current": 2}}}
    found = estate(monkeypatch, clients=clients)
    for site in ("east", "west"):
        assert not found.named(f"shop-{site}-key").get("protect")
        assert found.named(f"shop-{site}-key-2")["protect"]
