"""A new site in place of a lost one, whose region is dead all the time; its link goes when it is answered for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.emulation import RunningEmulator
from tests.engine.both_ways import FAILED_OVER, BothWays, build
from tests.engine.gating import Gate, Term
from tests.engine.standing import EAST, LINK, SECRETS, TOPICS

pytestmark = [pytest.mark.engine, pytest.mark.timeout(2400)]

NEXT = "dr-north"
ONE_WAY = {"name": LINK, "reads": [{"name": "*"}]}
TWO_WAY = ONE_WAY | {"mode": "bidirectional", "home": "east"}
FROM_THE_SOURCE = ONE_WAY | {"mode": "source-initiated"}
STEADY: Term = {"change": "none", "standby": "mirroring"}
LOST: Term = {"change": "failover", "standby": "retained"}
Edit = Callable[[dict[str, Any]], dict[str, Any]]


def lost(emulator: RunningEmulator, folder: Path, link: dict[str, Any], *, strict: bool) -> Gate[BothWays]:
    """East's region is down for good, with four records that nobody has; west is primary."""
    pair = build(emulator, folder, link=link)
    gate = Gate(pair, strict=strict)
    pair.produce("dr-topic", 100)
    pair.produce("orders", 10, 1)
    hand = f"/clusters/{pair.west}/links/{LINK}/mirrors/orders"
    emulator.control("PUT", hand, {"hold_lag": {"1": 4}})
    pair.produce("orders", 4, 1)
    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    pair.stack.edit(**FAILED_OVER)
    ran = pair.stack.up()
    assert ran.ok, ran.text
    return gate


def moved(gate: Gate[BothWays], name: str, edit: Edit, term: Term | None = None) -> None:
    """A move that the gate lets pass and that is whole after one update, and asks the lost site nothing."""
    gate.pair.forget_log()
    keep = "" if "mode" in gate.settings["link"] else name
    gate.goes(name, keep=keep, term=term or {}, **edit(gate.settings))
    assert [r for r in gate.pair.emulator.log() if r["cluster"] == EAST] == []


def refused(pair: BothWays, said: str, edit: Edit, **keys: object) -> None:
    """An edit that a preview refuses, without a mutation; the file is as it was afterwards."""
    before, mutations = pair.stack.config(), len(pair.mutations())
    pair.stack.edit(**keys, settings=edit(before["kafka-dr:settings"]))
    ran = pair.stack.preview()
    assert not ran.ok, ran.text
    assert said in " ".join(ran.text.split()), ran.text
    assert len(pair.mutations()) == mutations
    pair.stack.configure(before)


def released(settings: dict[str, Any]) -> dict[str, Any]:
    east = settings["sites"]["east"] | {"released": True}
    return settings | {"sites": settings["sites"] | {"east": east}}


def reclaimed(settings: dict[str, Any]) -> dict[str, Any]:
    east = settings["sites"]["east"] | {"released": False}
    return settings | {"sites": settings["sites"] | {"east": east}}


def joined(settings: dict[str, Any]) -> dict[str, Any]:
    """North in the place of east, and the link from west to it."""
    west = settings["sites"]["west"]
    create = west["cluster"]["create"] | {"displayName": "north"}
    north = west | {"region": "us-east-2", "cluster": {"create": create}}
    old, home = settings["link"], {"home": "west"} if "home" in settings["link"] else {}
    kept = {"site": "east", "epoch": 2, "link": LINK} | ({"home": "east"} if home else {})
    new = {"sites": {"west": west, "north": north}, "link": old | home | {"name": NEXT, "built": 2}, "kept": [kept]}
    return settings | new


def unlocked(receipt: str) -> Edit:
    def edit(settings: dict[str, Any]) -> dict[str, Any]:
        kept = [each | {"unlocked": True} for each in settings["kept"]]
        return settings | {"kept": kept, "recovery": {"acknowledged": [receipt]}}

    return edit


def retired(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"kept": []}


def north(pair: BothWays) -> Any:
    """The operator's client of the new site's cluster."""
    states = pair.stack.resources("kafkadr:index:MirrorState")
    (lkc,) = {r["id"].split("/")[0] for r in states} - {pair.west}
    key = {"key": "OPNORTH", "secret": SECRETS["east"], "owner": "sa-operator", "resource": lkc}
    pair.emulator.seed(
        {
            "api_keys": [key],
            "role_bindings": [{"principal": "sa-operator", "role_name": "CloudClusterAdmin", "cluster": lkc}],
        }
    )
    return pair.emulator.kafka(lkc, "OPNORTH", SECRETS["east"])


def statuses(kafka: Any, link: str) -> dict[str, str]:
    found = kafka.get(f"/links/{link}/mirrors").json()["data"]
    return {m["mirror_topic_name"]: m["mirror_status"] for m in found}


def join(gate: Gate[BothWays]) -> Any:
    """North joins, after a create that was refused once; the client of its cluster."""
    pair = gate.pair
    refused(pair, "and what is declared of it is locked", joined, **STEADY)
    moved(gate, "release", released)
    assert pair.stack.up("--expect-no-changes").ok
    refused(pair, "is set while standby is clear-armed", lambda settings: settings, standby="clear-armed")
    gate.passes("reclaim", keep="reclaim" if gate.strict else "", term={}, **reclaimed(gate.settings))
    edited = joined(gate.settings)
    keep = "join" if "mode" not in edited["link"] else ""
    gate.passes("join", keep=keep, term=STEADY, free=("rename-link",), **edited)
    pair.stack.edit(**STEADY, settings=edited)
    pair.emulator.fault({"status": 400}, method="POST", path="/links")
    broken = pair.stack.run("up", "--yes", "--skip-preview")
    assert not broken.ok, broken.text
    pair.emulator.control("DELETE", "/faults")
    gate.passes("edit", term={})  # the guard is recorded, the rest is not: the same edit once more
    again = pair.stack.up()
    assert again.ok, again.text
    assert pair.stack.up("--expect-no-changes").ok
    kafka = north(pair)
    assert statuses(kafka, NEXT) == dict.fromkeys(TOPICS, "ACTIVE")
    assert statuses(pair.kafka("west"), LINK) == dict.fromkeys(TOPICS, "STOPPED")  # its offsets can be read
    outputs = pair.stack.outputs()
    assert outputs["phase"] == "fail-forward"
    link = {"name": NEXT, "source": "west", "destination": "north", "built": 2}
    assert outputs["link"] | link == outputs["link"]
    assert [r for r in pair.emulator.log() if r["cluster"] == EAST] == []
    assert pair.deletes() == []
    return kafka


def retire(gate: Gate[BothWays]) -> None:
    """The lost site's link goes, by the receipt of its ledger; nothing else does."""
    pair = gate.pair
    refused(pair, "is kept for east and locked", retired)
    refused(pair, "is not acknowledged: it would be lost for good", unlocked(f"1:{'0' * 64}"))
    refused(pair, "epoch 2: orders partition 1, offsets 10-13", unlocked(f"2:{'0' * 64}"))
    receipt = pair.write_off("west", 2)
    refused(pair, "is not its receipt", unlocked(f"2:{'0' * 64}"))
    moved(gate, "unlock", unlocked(receipt))
    ends = pair.ends(pair.west)
    moved(gate, "retire", retired)
    assert [(r["cluster"], r["path"].rpartition("/kafka/v3/")[2]) for r in pair.deletes()] == [
        (pair.west, f"clusters/{pair.west}/links/{LINK}")
    ]
    assert pair.ends(pair.west) == ends
    assert pair.stack.outputs()["phase"] == "steady"


def fail_forward(gate: Gate[BothWays]) -> None:
    pair = gate.pair
    failed_over = pair.stack.config()["kafka-dr:settings"]
    kafka = join(gate)
    # A revert of the last edit, and of all of them.
    refused(pair, "standby cannot go from mirroring to retained", lambda _: released(failed_over), **LOST)
    refused(pair, "is not above 2", lambda _: failed_over, primary="east", epoch=1)
    pair.produce("orders", 5, 2, cluster=pair.west)
    retire(gate)
    assert pair.stack.up("--expect-no-changes").ok

    # And the new standby can be failed over to like any other.
    pair.stack.edit(primary="north", epoch=3, change="failover", standby="retained")
    ran = pair.stack.up()
    assert ran.ok, ran.text
    assert statuses(kafka, NEXT) == dict.fromkeys(TOPICS, "STOPPED")
    assert pair.stack.outputs()["active"]["site"] == "north"
    assert [r for r in pair.emulator.log() if r["cluster"] == EAST] == []


# The nightly form also previews every move with each forbidden edit on top: `scripts/record` keeps them all.
@pytest.mark.parametrize("strict", [False, pytest.param(True, marks=pytest.mark.nightly)], ids=["moves", "all-edits"])
def test_a_new_site_joins_while_the_lost_ones_link_is_kept_until_its_ledger_is_acknowledged(
    emulator: RunningEmulator, tmp_path: Path, *, strict: bool
) -> None:
    fail_forward(lost(emulator, tmp_path, ONE_WAY, strict=strict))


@pytest.mark.nightly
@pytest.mark.parametrize("link", [TWO_WAY, FROM_THE_SOURCE], ids=["bidirectional", "source-initiated"])
def test_a_pair_with_two_halves_of_a_link_takes_a_new_site_as_well(
    emulator: RunningEmulator, tmp_path: Path, link: dict[str, Any]
) -> None:
    fail_forward(lost(emulator, tmp_path, link, strict=False))


@pytest.mark.nightly
def test_a_kept_link_is_let_go_without_a_call_when_its_cluster_is_lost_as_well(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    gate = lost(emulator, tmp_path, ONE_WAY, strict=False)
    pair, kafka = gate.pair, join(gate)
    receipt = pair.write_off("west", 2)
    emulator.control("POST", f"/clusters/{pair.west}/down", {"how": "close", "now": True})
    moved(gate, "failover", dict, {"primary": "north", "epoch": 3, **LOST})
    assert statuses(kafka, NEXT) == dict.fromkeys(TOPICS, "STOPPED")
    pair.forget_log()
    moved(gate, "unlock", unlocked(receipt))
    moved(gate, "retire", retired)
    assert [r for r in emulator.log() if r["cluster"] == pair.west] == []
    assert pair.deletes() == []
    assert pair.stack.outputs()["phase"] == "failed-over"
    assert pair.stack.up("--expect-no-changes").ok
