"""A state that is lost without a backup: a new stack begins at the survivor, and touches nothing of the old one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.engine import standing
from tests.engine.projects import local_pair
from tests.engine.pulumi_cli import PulumiStack
from tests.engine.standing import EAST, FAILOVER, LINK, StandingPair

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]


def anew(pair: StandingPair, folder: Path) -> PulumiStack:
    """A stack of another name whose primary is the survivor, adopted: a link, a vault and accounts of its own."""
    stack = local_pair(folder, pair.emulator.url, "anew")
    settings = stack.config()["kafka-dr:settings"]
    named = json.loads((folder / "pointer").read_text("utf-8"))
    adopted = {"id": pair.west} | {end: named[end] for end in ("restEndpoint", "bootstrapEndpoint")}
    settings["sites"] = {
        "west": {"cloud": "AWS", "region": "us-west-2", "cluster": {"adopt": adopted}},
        "north": settings["sites"]["west"] | {"region": "us-east-2"},
    }
    settings["sites"]["north"]["cluster"]["create"]["displayName"] = "dr-north"
    settings["link"] = {"name": "dr-second"}
    settings["vault"] = {"url": (folder / "vault-anew").as_uri()}
    stack.edit(settings=settings, primary="west", epoch=2, change="none", standby="mirroring")
    return stack


def test_a_lost_state_is_replaced_by_a_new_stack_at_the_survivor(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = standing.build(emulator, tmp_path)
    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    pair.stack.edit(**FAILOVER)
    assert pair.stack.up().ok
    survivor, ledger = emulator.truth()["clusters"][pair.west], pair.ledger()
    pointer = json.loads((tmp_path / "pointer").read_text("utf-8"))
    (tmp_path / "own").rename(tmp_path / "lost")
    pair.forget_log()

    stack = anew(pair, tmp_path)
    made = stack.up()
    assert made.ok, made.text
    again = stack.up("--expect-no-changes")
    assert again.ok, again.text
    log = emulator.log()
    assert not [r for r in log if r["method"] == "DELETE" or r["cluster"] == EAST or f"/links/{LINK}/" in r["path"]]
    found = emulator.truth()["clusters"][pair.west]
    assert (found["links"], found["topics"]) == (survivor["links"], survivor["topics"])
    assert pair.ledger() == ledger
    corrected = json.loads((tmp_path / "pointer").read_text("utf-8"))
    assert {key for key, value in corrected.items() if value != pointer[key]} == {"secrets", "why", "when"}
    assert corrected["why"] == "correction"

    # It is a pair like any other: now west is lost.
    emulator.control("POST", f"/clusters/{pair.west}/down", {"how": "close", "now": True})
    stack.edit(**FAILOVER | {"primary": "north", "epoch": 3})
    flip = stack.up()
    assert flip.ok, flip.text
    assert stack.outputs()["active"]["site"] == "north"
