"""Clients on the real engine: keys in the vault before anything needs them, and the pointer that moves last."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from kafkadr.pointer import Active, open_pointer
from kafkadr.vault import open_vault
from policies.gate import Verdict, judge, read
from tests.emulation import RunningEmulator, in_process
from tests.engine.pairs import FAILOVER
from tests.engine.previews import preview_json
from tests.engine.projects import local_pair
from tests.engine.pulumi_cli import PulumiStack
from tests.policies import recordings
from tests.toolchain import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

PRIMARY = "lkc-xkd1g"
FLIP: dict[str, object] = {"primary": "west", "epoch": 2, "change": "failover", "standby": "retained"}
HERE = "organization/kafka-dr/test/dr"


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with in_process("--port", "0") as running:
        running.seed(json.loads((ROOT / "demo" / "world.json").read_text("utf-8")))
        yield running


@pytest.fixture
def stack(emulator: RunningEmulator, tmp_path: Path) -> PulumiStack:
    return local_pair(tmp_path, emulator.url)


def keys(emulator: RunningEmulator, owner: str = "cli") -> set[str]:
    """Keys in the cloud of accounts with this word in their names."""
    cloud = emulator.truth()["cloud"]
    accounts = {a["id"] for a in cloud["service_accounts"].values() if owner in a["display_name"]}
    return {key["id"] for key in cloud["api_keys"].values() if key["owner_id"] in accounts}


def pointer_of(folder: Path) -> Active:
    found = open_pointer((folder / "pointer").as_uri()).read()
    assert found is not None
    return found


def stored(folder: Path, site: str) -> dict[str, str]:
    entry = open_vault((folder / "vault").as_uri()).read(f"cli/{site}")
    return {k: v.get_secret_value() for k, v in entry.values.items()} if entry else {}


def lose_the_primary(emulator: RunningEmulator) -> None:
    emulator.control("POST", f"/clusters/{PRIMARY}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down")
    emulator.control("DELETE", "/log")


def test_a_flip_moves_the_pointer_last_makes_no_key_and_asks_no_vault(
    emulator: RunningEmulator, stack: PulumiStack, tmp_path: Path
) -> None:
    stack.env["KAFKADR_WHO"] = "alice"
    built = stack.up()
    assert built.ok, built.text
    before = keys(emulator)
    assert {stored(tmp_path, site)["key"] for site in ("east", "west")} == before
    assert len(before) == 2
    assert (pointer_of(tmp_path).site, pointer_of(tmp_path).who) == ("east", "alice")
    outputs = stack.outputs()
    assert outputs["clients"] == {}
    assert outputs["vault"]["cli"]["west"] == (tmp_path / "vault" / "cli" / "west").as_uri()
    document = (tmp_path / "pointer").read_bytes()

    lose_the_primary(emulator)
    (tmp_path / "vault").rename(tmp_path / "vault in the dead region")
    rule = {"row_error": {"names": ["dr-topic"], "code": 401, "message": "Not authorized"}}
    fault = emulator.fault(rule, path=FAILOVER, query={"validate_only": None})
    stack.env["KAFKADR_WHO"] = "bob"
    stack.edit(**FLIP)
    preview = stack.preview()
    assert preview.ok, preview.text
    assert "clients go to west (epoch 2); until now east (epoch 1, alice at " in preview.text
    partial = stack.up()
    assert not partial.ok
    assert (tmp_path / "pointer").read_bytes() == document

    emulator.control("DELETE", f"/faults/{fault}")
    flip = stack.up()

    assert flip.ok, flip.text
    standby = stack.outputs()["active"]["clusterId"]
    found = pointer_of(tmp_path)
    assert (found.site, found.epoch, found.cluster_id, found.who, found.why) == ("west", 2, standby, "bob", "failover")
    assert {r["cluster"] for r in emulator.log()} == {standby}
    assert [r for r in emulator.log() if "api-keys" in r["path"]] == []
    assert keys(emulator) == before
    assert stack.up("--expect-no-changes").ok

    stack.edit(primary="east", epoch=1, change="none", standby="mirroring")
    reverted = stack.up()
    assert not reverted.ok
    assert pointer_of(tmp_path) == found


def test_a_lost_race_is_refused_with_who_and_when_and_nothing_is_touched(
    emulator: RunningEmulator, stack: PulumiStack, tmp_path: Path
) -> None:
    assert stack.up().ok
    rival = pointer_of(tmp_path).model_copy(update={"site": "north", "epoch": 2, "who": "eve", "why": "by hand"})
    open_pointer((tmp_path / "pointer").as_uri()).move(rival)
    stack.edit(**FLIP)
    for words in (["preview"], ["up", "--yes", "--skip-preview"]):
        emulator.control("DELETE", "/log")
        ran = stack.run(*words)
        assert not ran.ok
        assert f"eve moved the pointer to north in epoch 2 at {rival.when}" in ran.text
        assert [r for r in emulator.log() if r["method"] != "GET"] == []
    assert pointer_of(tmp_path) == rival


def test_a_name_that_is_taken_stops_the_build_before_there_is_a_key(
    emulator: RunningEmulator, stack: PulumiStack, tmp_path: Path
) -> None:
    open_vault((tmp_path / "vault").as_uri()).reserve("cli/west", "organization/kafka-dr/other/dr")
    for words in (["preview"], ["up", "--yes", "--skip-preview"]):
        ran = stack.run(*words)
        assert not ran.ok
        assert "belongs to organization/kafka-dr/other/dr" in ran.text
    west = [r for r in emulator.log() if r["method"] == "POST" and "api-keys" in r["path"]]
    assert len(keys(emulator)) <= 1, west  # east's place was free
    open_vault((tmp_path / "vault").as_uri()).delete("cli/west", "organization/kafka-dr/other/dr")
    ran = stack.up()
    assert ran.ok, ran.text
    assert len(keys(emulator)) == 2
    assert stored(tmp_path, "west")["key"] in keys(emulator)


def test_hands_on_vault_and_pointer_are_put_right_without_a_new_key(
    emulator: RunningEmulator, stack: PulumiStack, tmp_path: Path
) -> None:
    assert stack.up().ok
    before, found = keys(emulator), pointer_of(tmp_path)
    vault = open_vault((tmp_path / "vault").as_uri())
    vault.delete("cli/east", HERE)
    vault.write("cli/west", {"key": SecretStr("HAND")}, HERE)
    (tmp_path / "pointer").unlink()

    assert stack.refresh().ok
    ran = stack.up()

    assert ran.ok, ran.text
    assert {stored(tmp_path, site)["key"] for site in ("east", "west")} == before == keys(emulator)
    assert pointer_of(tmp_path).place() == found.place()
    assert stack.up("--expect-no-changes").ok


def edit_keys(stack: PulumiStack, live: list[int], current: int) -> None:
    """Rotate the client's, the link's and the standby's manager keys in step."""
    settings: dict[str, Any] = stack.config()["kafka-dr:settings"]
    generations = {"live": live, "current": current}
    settings["clients"][0]["keys"] = generations
    settings["link"]["keys"] = generations
    settings["sites"]["west"]["managerKeys"] = generations
    stack.edit(settings=settings)


def verdict(stack: PulumiStack, keep: str) -> Verdict:
    """The plan gate's, on a preview of the stack file as it stands."""
    text = preview_json(stack, stream=True)
    if os.environ.get("KAFKADR_UPDATE_GOLDEN"):
        recordings.write(f"{keep}.json", text)
    return judge(read(text))


def assert_no_acl_is_replaced(stack: PulumiStack) -> None:
    """The gate refuses another address of an adopted cluster, as every ACL there would be made anew."""
    before = stack.config()
    settings: dict[str, Any] = stack.config()["kafka-dr:settings"]
    adopt = settings["sites"]["east"]["cluster"]["adopt"]
    adopt["restEndpoint"] = adopt["restEndpoint"].replace("127.0.0.1", "localhost")
    stack.edit(settings=settings)
    moved = verdict(stack, "steady-rest-endpoint")
    assert {(f.code, f.text.split()[0]) for f in moved.findings} == {("lost", "KafkaAcl")}, moved.findings
    stack.configure(before)


def test_rotation_is_three_reviewed_edits_and_none_can_be_skipped(
    emulator: RunningEmulator, stack: PulumiStack, tmp_path: Path
) -> None:
    assert stack.up().ok
    old = {site: stored(tmp_path, site)["key"] for site in ("east", "west")}
    standby = stack.resources("kafkadr:index:MirrorState")[0]["id"].split("/")[0]

    edit_keys(stack, [1, 2], 1)
    created = stack.up()
    assert created.ok, created.text
    assert len(keys(emulator)) == 4
    assert {site: stored(tmp_path, site)["key"] for site in old} == old

    for holder, ring in (("clients", "cli-ring"), ("link", "link-reader-ring"), ("sites", "west-manager-ring")):
        edit_keys(stack, [1, 2], 1)
        rest = stack.config()["kafka-dr:settings"]
        edit_keys(stack, [2], 2)
        stack.edit(settings=rest | {holder: stack.config()["kafka-dr:settings"][holder]})
        early = stack.up()
        assert not early.ok
        assert ring in early.text
        assert "generation 1 is still in use" in early.text
    assert len(keys(emulator)) == 4

    edit_keys(stack, [1, 2], 2)
    switched = stack.up()
    assert switched.ok, switched.text
    new = {site: stored(tmp_path, site)["key"] for site in old}
    assert set(new.values()) == keys(emulator) - set(old.values())

    open_vault((tmp_path / "vault").as_uri()).write("cli/west", {"key": SecretStr(old["west"])}, HERE)
    edit_keys(stack, [2], 2)
    used = stack.preview()
    assert not used.ok
    assert f"key {old['west']} of client cli at west is to be revoked" in used.text
    edit_keys(stack, [1, 2], 2)
    assert stack.refresh().ok
    assert stack.up().ok

    edit_keys(stack, [2], 2)
    revoking = verdict(stack, "rotation-revoke")
    assert revoking.allowed, revoking.findings
    revoked = stack.up()
    assert revoked.ok, revoked.text
    assert keys(emulator) == set(new.values())
    assert len(keys(emulator, "link")) == len(keys(emulator, "west-manager")) == 1
    assert stack.up("--expect-no-changes").ok
    assert_no_acl_is_replaced(stack)

    emulator.control("POST", f"/clusters/{PRIMARY}/topics/dr-topic/records", {"partition": 0, "count": 3})
    path = f"/clusters/{standby}/topics/dr-topic/records"
    while emulator.control("GET", path)["ends"] != [3]:  # The link reads on with its new key.
        time.sleep(0.2)
    lose_the_primary(emulator)
    stack.edit(**FLIP)
    flip = stack.up()  # Nothing anywhere still needs a key that is gone.
    assert flip.ok, flip.text
    assert {r["cluster"] for r in emulator.log()} == {standby}
