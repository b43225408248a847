"""Vault, pointer and key generations: from settings to resources, outputs and warnings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from first.stacks.outputs import StackOutputs
from first.stacks.plan import make_plan
from first.stacks.settings import parse
from stacks.addresses import Pointer, Vault
from tests.graph.recorder import CANARY
from tests.stacks.examples import config
from tests.stacks.test_deploy import FLIP, exported, graph

BOTH = {"vault": {"url": "aws-sm://eu-west-1/dr", "proofSeconds": 7}, "pointer": {"url": "aws-sm://eu-west-1/active"}}


def discovering(**edits: Any) -> dict[str, Any]:
    return config(**{**BOTH, **edits})


def test_settings_arrive_at_the_resources() -> None:
    recorder = graph(discovering(**{"pointer.reason": "drill"}))
    pointer = recorder.named("dr-pointer")["inputs"]
    assert (pointer["url"], pointer["reason"], pointer["site"]) == ("aws-sm://eu-west-1/active", "drill", "east")
    assert pointer["secrets"] == "aws-sm://eu-west-1/dr"
    assert pointer["clusters"] == ["lkc-east1", "id-dr-west-cluster"]
    assert recorder.named("dr-guard")["inputs"]["pointerUrl"] == "aws-sm://eu-west-1/active"
    secret = recorder.named("dr-client-shop-west-secret")["inputs"]
    assert (secret["entry"], secret["proofSeconds"], secret["values"]) == ("shop/west", 7, "[secret]")
    owners = {r["inputs"]["owner"] for r in recorder.of_type("VaultSlot") + recorder.of_type("VaultSecret")}
    assert owners == {"org/test/graph/dr"}


def test_without_them_there_is_none_of_it() -> None:
    recorder = graph(config())
    for kind in ("VaultSlot", "VaultSecret", "ActivePointer"):
        assert recorder.of_type(kind) == []
    assert recorder.named("dr-guard")["inputs"]["pointerUrl"] == ""


def test_a_flip_touches_the_guard_the_mirror_state_and_the_pointer_only() -> None:
    before, after = (
        {each["name"]: each["inputs"] for each in recorder.graph}
        for recorder in (graph(discovering()), graph({**discovering(), **FLIP}))
    )
    assert before.keys() == after.keys()
    assert {n for n in after if before[n] != after[n]} == {"dr-guard", "dr-mirror-state", "dr-pointer"}
    old, new = before["dr-pointer"], after["dr-pointer"]
    moved = {key for key in new if old[key] != new[key]}
    assert moved == {"bootstrapEndpoint", "change", "clusterId", "epoch", "restEndpoint", "site"}


def test_credentials_are_stored_before_anything_makes_their_site_active() -> None:
    graph_ = graph(discovering())
    chain = ["dr-client-shop-west-slot", "dr-client-shop-west-key", "dr-client-shop-west-secret", "dr-mirror-state"]
    for before, after in zip(chain, [*chain[1:], "dr-pointer"], strict=True):
        assert before in graph_.named(after)["dependsOn"], f"{before} before {after}"
    assert "dr-client-shop-east-secret" in graph_.named("dr-pointer")["dependsOn"]
    # The survivor's credentials alone: a flip must not wait for the dead site's.
    assert "dr-client-shop-east-secret" not in graph_.named("dr-mirror-state")["dependsOn"]


def test_with_a_vault_no_secret_is_an_output(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = exported(discovering(), monkeypatch)
    outputs = StackOutputs.model_validate(shown)
    assert outputs.clients == {}
    assert outputs.pointer == "aws-sm://eu-west-1/active"
    assert outputs.vault["shop"] == {site: f"aws-sm://eu-west-1/dr/shop/{site}" for site in ("east", "west")}
    assert CANARY not in repr(shown)


def test_without_a_vault_the_contract_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = StackOutputs.model_validate(exported(config(), monkeypatch))
    assert (outputs.pointer, outputs.vault) == ("", {"shop": {}})
    assert isinstance(outputs.clients, dict)
    assert set(outputs.clients["shop"]) == {"east", "west"}


@pytest.mark.parametrize(
    ("flip", "warned"), [({}, {"us-east-1"}), (FLIP, {"us-west-2"})], ids=["steady", "failed over"]
)
def test_a_store_in_the_primarys_region_is_a_warning_and_never_blocks_a_flip(
    flip: dict[str, Any], warned: set[str]
) -> None:
    found = set()
    for region in ("us-east-1", "us-west-2", "eu-west-1"):
        raw = discovering(**{"pointer.url": f"aws-sm://{region}/active"}) | flip
        if any(f"settings.pointer.url is in {region}" in line for line in make_plan(parse(raw)).warnings):
            found.add(region)
    assert found == warned


def test_generations_arrive_at_every_key() -> None:
    edits = {
        "clients.0.keys": {"live": [1, 2], "current": 2},
        "link.keys": {"live": [2], "current": 2},
        "sites.west.managerKeys": {"live": [1, 2], "current": 1},
    }
    recorder = graph(config(**edits))
    names = {key["name"]: key.get("protect", False) for key in recorder.of_type("ApiKey")}
    assert names == {
        "dr-client-shop-east-key": False,
        "dr-client-shop-east-key-2": True,
        "dr-client-shop-west-key": False,
        "dr-client-shop-west-key-2": True,
        "dr-east-manager-key": True,
        "dr-link-reader-key-2": True,
        "dr-west-manager-key": True,
        "dr-west-manager-key-2": False,
    }
    rings = {ring["name"]: ring["inputs"] for ring in recorder.of_type("KeyRing")}
    assert rings["dr-client-shop-ring"]["keys"]["west"] == {
        "1": "id-dr-client-shop-west-key",
        "2": "id-dr-client-shop-west-key-2",
    }
    assert (rings["dr-link-reader-ring"]["live"], rings["dr-link-reader-ring"]["current"]) == ([2], 2)
    assert rings["dr-west-manager-ring"]["current"] == 1
    assert rings["dr-east-manager-ring"]["keys"] == {"east": {"1": "id-dr-east-manager-key"}}


def test_a_ring_comes_after_all_that_uses_its_keys_and_after_no_other_ring() -> None:
    recorder = graph(discovering())
    rings = {ring["name"]: set(ring["dependsOn"]) for ring in recorder.of_type("KeyRing")}
    assert {"dr-client-shop-east-secret", "dr-client-shop-west-secret"} <= rings["dr-client-shop-ring"]
    # Those of the link come before its key, and so before the link.
    acls = {acl["name"] for acl in recorder.of_type("KafkaAcl") if acl["parent"] != "dr-link-reader"}
    users = acls | {"dr-link-destination", "dr-mirror-orders", "dr-mirror-payments", "dr-mirror-state"}
    assert users <= rings["dr-west-manager-ring"]
    assert all(not used & set(rings) for used in rings.values())


@pytest.mark.parametrize("model", [Vault, Pointer])
def test_relative_files_are_beside_the_project(model: type[Vault | Pointer], tmp_path: Path) -> None:
    assert model(url="file:./.local/x").at(tmp_path).url == (tmp_path / ".local" / "x").as_uri()
    for url in ("file:///x/y", "aws-sm://eu-west-1/x"):
        assert model(url=url).at(tmp_path).url == url
