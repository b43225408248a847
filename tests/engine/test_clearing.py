"""There and back over one-way links: named stale topics are deleted on the old primary, and nothing else anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.brokers import until
from tests.emulation import RunningEmulator
from tests.engine.both_ways import FAILED_OVER, BothWays, build
from tests.engine.gating import Gate, Term
from tests.engine.standing import EAST, LINK, TOPICS

pytestmark = [pytest.mark.engine, pytest.mark.timeout(2400)]

BACK = "dr-back"
ONE_WAY = {"name": LINK, "reads": [{"name": "*"}]}
TWO_WAYS = ONE_WAY | {"home": "east", "back": {"name": BACK}}
CLEAR: dict[str, Any] = {"rebuild": {"clear": sorted(TOPICS)}}
KEPT: dict[str, Any] = {"rebuild": {"clear": []}}
ARMED: dict[str, object] = {"standby": "clear-armed"}
FIRED: dict[str, object] = {"standby": "clear-fired"}
DONE: dict[str, object] = {"change": "none", "standby": "mirroring"}
MIRROR = "confluentcloud:index/kafkaMirrorTopic:KafkaMirrorTopic"


def settle(gate: Gate[BothWays], name: str, *, keep: str = "", term: Term, **sections: Any) -> str:
    """A legal edit that passes the plan gate and is made; the same config again changes nothing."""
    text = gate.goes(name, keep=keep, term=term, **sections)
    again = gate.pair.stack.up("--expect-no-changes")
    assert again.ok, again.text
    return text


def refused(pair: BothWays, *said: str, **keys: object) -> None:
    """An edit that a preview refuses, without a mutation; the file is as it was afterwards."""
    before, sections = pair.stack.config(), keys.pop("sections", {})
    assert isinstance(sections, dict)
    pair.stack.edit(**keys, settings=before["kafka-dr:settings"] | sections)
    mutations = len(pair.mutations())
    ran = pair.stack.preview()
    assert not ran.ok, ran.text
    text = " ".join(ran.text.split())
    assert [words for words in said if words not in text] == [], ran.text
    assert len(pair.mutations()) == mutations
    pair.stack.configure(before)


def cleared(pair: BothWays) -> list[tuple[str, str]]:
    """Cluster and topic of every DELETE that was sent; a DELETE of anything else fails."""
    sent = [(r["cluster"], r["path"].rpartition("/topics/")[2]) for r in pair.deletes()]
    assert [name for _, name in sent if name not in TOPICS] == [], pair.deletes()
    return sorted(sent)


def syncs(pair: BothWays, site: str, link: str) -> set[str]:
    """Whether the syncs of a link on a site are on."""
    found = pair.kafka(site).get(f"/links/{link}/configs").json()["data"]
    return {c["value"] for c in found if c["name"] in {"consumer.offset.sync.enable", "acl.sync.enable"}}


def steady(pair: BothWays, primary: str, link: str) -> None:
    """One site is primary, the other one mirrors it over this link, and no record is on one of them alone."""
    standby = {"east": "west", "west": "east"}[primary]
    pair.link = link
    assert pair.mirrors(standby) == dict.fromkeys(TOPICS, "ACTIVE")
    assert syncs(pair, standby, link) == {"true"}
    assert pair.ends(EAST) == pair.ends(pair.west)
    outputs = pair.stack.outputs()
    assert (outputs["phase"], outputs["active"]["site"]) == ("steady", primary)
    assert outputs["link"] | {"name": link, "source": primary, "destination": standby} == outputs["link"]
    assert outputs["mirrors"]["states"] == {"ACTIVE": 2}


def locks(pair: BothWays) -> set[tuple[bool, bool]]:
    """Protection and retention of the mirrors in state."""
    return {(bool(r.get("protect")), bool(r.get("retainOnDelete"))) for r in pair.stack.resources(MIRROR)}


def lost(emulator: RunningEmulator, folder: Path, *, strict: bool) -> Gate[BothWays]:
    """East is failed over with four records left on it, for which somebody answered."""
    pair = build(emulator, folder, link=ONE_WAY)
    gate = Gate(pair, strict=strict)
    pair.produce("dr-topic", 100)
    for partition in range(3):
        pair.produce("orders", 10, partition)
    hand = f"/clusters/{pair.west}/links/{LINK}/mirrors/orders"
    emulator.control("PUT", hand, {"hold_lag": {"1": 4}})
    pair.produce("orders", 4, 1)
    settle(gate, "failover", term=FAILED_OVER)
    pair.produce("dr-topic", 7, cluster=pair.west)
    refused(pair, "is not acknowledged: it would be lost for good", **ARMED, sections=CLEAR)
    pair.acknowledge(pair.write_off("west", 2))
    return gate


def armed_and_disarmed(gate: Gate[BothWays]) -> None:
    """Nothing is deleted by it, and every name has to be right."""
    pair, misnamed = gate.pair, {"rebuild": {"clear": ["dr-topic", "order"]}}
    refused(pair, "does not name orders, which is mirrored", "'order'", **ARMED, sections=misnamed)
    refused(pair, "standby cannot go from retained to clear-fired", **FIRED, sections=CLEAR)
    assert "are armed, and nothing is deleted" in settle(gate, "arm", keep="arm", term=ARMED, **CLEAR)
    assert locks(pair) == {(False, True)}
    gate.goes("disarm", keep="disarm", term={"standby": "retained"}, **KEPT)
    assert locks(pair) == {(True, True)}


def fired(gate: Gate[BothWays]) -> list[tuple[str, str]]:
    """East's copies go, west's live topics stay, and a preview of it does nothing."""
    pair = gate.pair
    gate.goes("arm", term=ARMED, **CLEAR)
    before, live = pair.stack.config(), pair.ends(pair.west)
    pair.stack.edit(**FIRED)
    preview = pair.stack.preview()
    assert preview.ok, preview.text
    assert "2 stale topics on lkc-xkd1g, records that were not counted in 4 partitions, are deleted" in preview.text
    assert pair.deletes() == []
    pair.stack.configure(before)
    settle(gate, "fire", keep="fire", term=FIRED)
    stale = sorted((EAST, topic) for topic in TOPICS)
    assert cleared(pair) == stale
    assert pair.ends(pair.west) == live
    rows = [r["cleared"] for t in pair.book("west", 2)["topics"].values() for r in t["partitions"]]
    assert [bool(row["deleted"]) for row in rows] == [True] * 4
    return stale


def home_again(gate: Gate[BothWays], stale: list[tuple[str, str]]) -> None:
    """As planned: the same steps, with the parts of both links exchanged."""
    pair = gate.pair
    home = {"primary": "east", "epoch": 3, "change": "promote", "standby": "retained"}
    token = pair.hand_over("west", "east", 2)
    settle(gate, "promote", keep="home-promote", term=home | {"handover": token})
    assert pair.mirrors("east") == dict.fromkeys(TOPICS, "STOPPED")
    pair.produce("dr-topic", 1)
    gate.goes("arm", keep="home-arm", term=ARMED, **CLEAR)
    gate.passes("disarm", keep="home-disarm", term={"standby": "retained"}, **KEPT)
    gate.goes("fire", keep="home-fire", term=FIRED)
    assert cleared(pair) == sorted([*stale, *((pair.west, topic) for topic in TOPICS)])
    settle(gate, "rebuilt", keep="home-rebuilt", term=DONE | {"handover": ""}, **KEPT)
    steady(pair, "east", LINK)
    assert syncs(pair, "east", BACK) == {"false"}
    assert pair.ends(EAST) == {"dr-topic": [108], "orders": [10, 10, 15]}


# The nightly form also previews every move with each forbidden edit on top: `scripts/record` keeps them all.
@pytest.mark.parametrize("strict", [False, pytest.param(True, marks=pytest.mark.nightly)], ids=["moves", "all-edits"])
def test_there_and_back_only_the_named_topics_are_ever_deleted(
    emulator: RunningEmulator, tmp_path: Path, *, strict: bool
) -> None:
    gate = lost(emulator, tmp_path, strict=strict)
    pair = gate.pair
    armed_and_disarmed(gate)
    stale = fired(gate)
    refused(pair, "is not above 2", primary="east", epoch=1, change="none", standby="mirroring", sections=KEPT)
    refused(pair, "cannot turn round: the other way needs its own", **DONE, sections=KEPT)
    settle(gate, "rebuilt", keep="rebuilt", term=DONE, **KEPT, link=TWO_WAYS)
    steady(pair, "west", BACK)
    assert syncs(pair, "west", LINK) == {"false"}
    pair.produce("orders", 5, 2, cluster=pair.west)
    assert pair.ends(EAST)["orders"] == [10, 10, 15]

    home_again(gate, stale)
    assert pair.stack.refresh().ok
    assert pair.stack.up("--expect-no-changes").ok

    # And a pair that has been there and back can be lost like any other.
    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down")
    pair.forget_log()
    gate.goes("failover", term=FAILED_OVER | {"epoch": 4})
    assert pair.mirrors("west") == dict.fromkeys(TOPICS, "STOPPED")
    assert {r["cluster"] for r in emulator.log()} == {pair.west}  # the survivor alone (I7)
    assert pair.deletes() == []


OFFSETS: dict[str, Any] = {"enabled": True, "intervalMs": 1000, "groups": [{"name": "*"}]}
OTHER_MAKE: dict[str, Any] = {
    "link": {"name": LINK, "mode": "source-initiated"},
    "onboarding": {"mode": "auto-create", "filters": [{"name": topic} for topic in TOPICS]},
    "sync": {"offsets": OFFSETS},
    "aclLink": {"name": "dr-acls", "filters": [{}]},
}
ACL_LINK = "confluentcloud:index/clusterLink:ClusterLink"


def all_mirrored(pair: BothWays, standby: str) -> None:
    """The link has made its mirrors by itself; when, is its own affair."""
    until(lambda: pair.mirrors(standby) == dict.fromkeys(TOPICS, "ACTIVE"))


def acls_over_the_data_link(gate: Gate[BothWays]) -> None:
    """The ACL link, in quarantine since the flip, leaves the state without a call; the data link takes its part."""
    pair = gate.pair
    refused(pair, "the pair has an ACL link, which would have to turn round, too", **ARMED, sections=CLEAR)
    for found in pair.stack.resources(ACL_LINK):
        if found["inputs"]["link"] == "dr-acls":
            assert pair.stack.run("state", "unprotect", found["urn"], "--yes").ok
    settings = pair.stack.config()["kafka-dr:settings"]
    del settings["aclLink"]
    pair.stack.edit(settings=settings)
    over_data: dict[str, Any] = {"sync": {"offsets": OFFSETS, "acls": {"enabled": True, "filters": [{}]}}}
    gate.goes("edit", term={}, accepted=("dr-acl-link-source", "dr-acl-link-destination"), **over_data)
    assert syncs(pair, "west", "dr-acls") == {"false"}


def test_a_source_initiated_pair_that_mirrors_what_it_finds_and_has_an_acl_link_takes_the_same_way_back(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = build(emulator, tmp_path, **OTHER_MAKE)
    gate = Gate(pair)
    all_mirrored(pair, "west")
    pair.produce("dr-topic", 10)
    gate.goes("failover", term=FAILED_OVER)
    pair.produce("orders", 3, 2, cluster=pair.west)
    pair.acknowledge(pair.write_off("west", 2))
    acls_over_the_data_link(gate)
    gate.goes("arm", term=ARMED, **CLEAR)
    gate.goes("fire", term=FIRED)
    assert cleared(pair) == sorted((EAST, topic) for topic in TOPICS)
    back = OTHER_MAKE["link"] | {"home": "east", "back": {"name": BACK}}
    gate.goes("rebuilt", term=DONE, **KEPT, link=back)
    pair.link = BACK
    all_mirrored(pair, "east")
    assert syncs(pair, "east", BACK) == {"true"}
    assert {*syncs(pair, "west", LINK), *syncs(pair, "west", "dr-acls")} == {"false"}
    assert pair.ends(EAST) == pair.ends(pair.west) == {"dr-topic": [10], "orders": [0, 0, 3]}
    assert len(pair.deletes()) == len(TOPICS)
    assert pair.stack.up("--expect-no-changes").ok
