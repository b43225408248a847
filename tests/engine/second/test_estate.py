"""The estate on the real engine: sites, a link and clients, published as a document that the switch goes by."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.engine.second.estates import EAST, environment

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("mode", ["bidirectional", "destination-initiated"])
def test_estate_and_switch_are_built_and_then_show_no_change(
    emulator: RunningEmulator, tmp_path: Path, mode: str
) -> None:
    world = environment(emulator, tmp_path, mode)
    ran = world.estate.up()
    assert ran.ok, ran.text
    document = world.dr()
    assert set(document["sites"]) == {"east", "west"}
    assert document["sites"]["east"]["clusterId"] == EAST
    link = {"from": "east", "to": "west", "mode": mode, "prefix": "", "aclsOnly": False}
    assert document["links"] == {"dr-link": link}
    ran = world.switch.up()
    assert ran.ok, ran.text
    for stack in (world.estate, world.switch):
        for command in (["preview", "--expect-no-changes"], ["refresh", "--yes", "--expect-no-changes"]):
            ran = stack.run(*command)
            assert ran.ok, ran.text
    world.switch.edit(primary="west", epoch=2, change="failover")
    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down", {})
    ran = world.switch.up()
    assert ran.ok, ran.text


def test_a_dead_site_stops_nothing_else_and_the_rest_is_published(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = environment(emulator, tmp_path, vault={"url": (tmp_path / "vault").as_uri(), "proofSeconds": 5})
    assert world.estate.up().ok
    before = world.dr()
    west = before["sites"]["west"]["clusterId"]
    emulator.control("POST", f"/clusters/{west}/down", {"how": "close", "now": True})
    clients = world.estate.config()["kafka-dr-estate:settings"]["clients"]
    world.estate_settings(clients=clients | {"late": {"consume": ["orders"], "groups": ["late"]}})
    world.estate.env["PULUMI_CONTINUE_ON_ERROR"] = "true"
    ran = world.estate.up()
    assert not ran.ok
    assert "late-west" in ran.text
    made = {r["urn"].rpartition("::")[2] for r in world.estate.export()["resources"]}
    assert {"late-account", "late-east-acls", "late-east-key"} <= made
    assert world.dr()["sites"].keys() == {"east", "west"}
    assert world.dr()["links"] == before["links"]
    emulator.control("POST", f"/clusters/{west}/up", {})
    ran = world.estate.up()
    assert ran.ok, ran.text
    assert world.estate.run("preview", "--expect-no-changes").ok


KINDS = {
    "cluster": ("POST", "/cmk/v2/clusters"),
    "service account": ("POST", "/iam/v2/service-accounts"),
    "API key": ("POST", "/iam/v2/api-keys"),
    "role binding": ("POST", "/iam/v2/role-bindings"),
    "ACL": ("POST", "/acls:batch"),
    "link": ("POST", "/links"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_estate_that_is_half_made_blocks_no_failover(emulator: RunningEmulator, tmp_path: Path, kind: str) -> None:
    world = environment(emulator, tmp_path)
    assert world.estate.up().ok
    ran = world.switch.up()
    assert ran.ok, ran.text
    method, path = KINDS[kind]
    emulator.fault({"status": 400, "body": {"error_code": 400, "message": "not today"}}, method=method, path=path)
    settings = world.estate.config()["kafka-dr-estate:settings"]
    role = [{"role": "DeveloperRead", "resource": "topic=orders"}]
    late = {"consume": ["orders"], "groups": ["late"], "roles": role}
    world.estate_settings(
        clients=settings["clients"] | {"late": late},
        sites=settings["sites"] | {"north": {"create": {"cloud": "AWS", "region": "eu-west-1", "cku": 1}}},
        links=settings["links"] | {"second": {"from": "west", "to": "east"}},
    )
    assert not world.estate.up("--continue-on-error").ok
    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down", {})
    world.switch.edit(primary="west", epoch=2, change="failover")
    for command in ("preview", "up"):
        done = world.switch.run(command, *(["--yes"] if command == "up" else []))
        assert done.ok, done.text


def test_the_estate_changes_nothing_of_a_failover(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = environment(emulator, tmp_path)
    assert world.estate.up().ok
    assert world.switch.up().ok
    world.switch.edit(primary="west", epoch=2, change="failover")
    ran = world.switch.up()
    assert ran.ok, ran.text
    record = (tmp_path / "record.json").read_bytes()
    for command in (["preview", "--expect-no-changes"], ["up", "--yes", "--expect-no-changes"], ["refresh", "--yes"]):
        ran = world.estate.run(*command)
        assert ran.ok, ran.text
    assert (tmp_path / "record.json").read_bytes() == record
    assert world.switch.run("preview", "--expect-no-changes").ok


def test_a_link_with_a_prefix_has_a_second_one_for_acls(emulator: RunningEmulator, tmp_path: Path) -> None:
    links = {
        "data": {"from": "east", "to": "west", "prefix": "dr."},
        "acls": {"from": "east", "to": "west", "aclsOnly": True},
    }
    world = environment(emulator, tmp_path, links=links)
    ran = world.estate.up()
    assert ran.ok, ran.text
    ran = world.switch.up()
    assert ran.ok, ran.text
    west = emulator.truth()["clusters"][world.dr()["sites"]["west"]["clusterId"]]
    assert {name for name in west["topics"] if name.startswith("dr.")} == {"dr.orders", "dr.payments"}
    assert west["links"]["acls"]["configs"]["acl.sync.enable"] == "true"
    assert "acl.sync.enable" not in west["links"]["data"]["configs"]
    assert world.switch.run("preview", "--expect-no-changes").ok
    world.switch.edit(primary="west", epoch=2, change="failover")
    ran = world.switch.up()
    assert ran.ok, ran.text
    west = emulator.truth()["clusters"][world.dr()["sites"]["west"]["clusterId"]]
    assert west["links"]["acls"]["configs"]["acl.sync.enable"] == "false"
