"""There and back on a bidirectional link: two flips, two restores, and not one DELETE."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.engine.both_ways import FAILED_OVER, BothWays, build
from tests.engine.standing import EAST, LINK

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]

WAIVED = {"restore": {"archive": "waived"}}
OFF = {"consumer.offset.sync.enable": "false", "acl.sync.enable": "false"}
ON = dict.fromkeys(OFF, "true")


def syncs(pair: BothWays, site: str) -> dict[str, str]:
    return {name: value for name, value in pair.switches(site).items() if name in OFF}


def steady(pair: BothWays, primary: str) -> None:
    """One site is primary, the other one mirrors it, syncs flow one way, and nothing is left to do."""
    standby = {"east": "west", "west": "east"}[primary]
    assert set(pair.mirrors(standby).values()) == {"ACTIVE"}
    assert syncs(pair, standby) == ON
    assert syncs(pair, primary) == OFF
    outputs = pair.stack.outputs()
    assert outputs["phase"] == "steady"
    assert outputs["active"]["site"] == primary
    assert outputs["mirrors"]["states"] == {"ACTIVE": 2}
    again = pair.stack.up("--expect-no-changes")
    assert again.ok, again.text


def lost(emulator: RunningEmulator, folder: Path) -> BothWays:
    """East is failed over with four records left on it, and three strays written to it afterwards."""
    pair = build(emulator, folder)
    pair.produce("dr-topic", 100)
    pair.commit("app", "dr-topic", 100)
    for partition in range(3):
        pair.produce("orders", 10, partition)
    hand = f"/clusters/{pair.west}/links/{LINK}/mirrors/orders"
    emulator.control("PUT", hand, {"hold_lag": {"1": 4}})
    pair.produce("orders", 4, 1)
    pair.forget_log()

    pair.stack.edit(**FAILED_OVER)
    flip = pair.stack.up()
    assert flip.ok, flip.text
    pair.produce("dr-topic", 7, cluster=pair.west)
    pair.produce("dr-topic", 3)  # a stray: somebody still writes to the old primary
    return pair


def refused_away_from_home(pair: BothWays) -> None:
    """Neither may the link's home be edited, nor a topic be declared while the data flows away from it."""
    settings = pair.stack.config()["kafka-dr:settings"]
    onboarding = settings["onboarding"] | {"topics": ["dr-topic", "new", "orders"]}
    pair.stack.edit(settings=settings | {"link": settings["link"] | {"home": "west"}, "onboarding": onboarding})
    preview = pair.stack.preview()
    said = " ".join(preview.text.split())
    assert not preview.ok
    assert "the link's home changes from east to west" in said
    assert "the declared topics change (new) while west is primary and the link's home is east" in said
    pair.stack.edit(settings=settings)


def test_there_and_back_without_a_single_delete(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = lost(emulator, tmp_path)
    pair.stack.edit(standby="restoring")
    unsaid = pair.stack.preview()
    assert not unsaid.ok
    assert "is not acknowledged: it would be lost for good" in " ".join(unsaid.text.split())
    receipt = pair.write_off("west", 2)
    pair.acknowledge(receipt)
    unreadable = pair.stack.preview()
    assert not unreadable.ok
    assert "7 records would be cut and cannot be archived" in " ".join(unreadable.text.split())
    assert pair.mirrors("east") == {}
    pair.acknowledge(receipt, **WAIVED)
    preview = pair.stack.preview()
    assert preview.ok, preview.text
    assert "7 records in 2 partitions are cut, LOST: the archive is waived" in preview.text
    before = pair.ends(EAST)
    restore = pair.stack.up()
    assert restore.ok, restore.text

    assert pair.ends(EAST) == pair.ends(pair.west) == {"dr-topic": [107], "orders": [10, 10, 10]}
    rows = {
        (n, r["partition"]): r.get("cut") for n, t in pair.book("west", 2)["topics"].items() for r in t["partitions"]
    }
    assert {place: (cut["from"], cut["records"], cut["truncated"]) for place, cut in rows.items() if cut} == {
        ("dr-topic", 0): (100, 3, 3),
        ("orders", 1): (10, 4, 4),
    }
    # Previewed = cut = what the server says it cut = what was there beyond the flip's offsets.
    assert before == {"dr-topic": [100 + 3], "orders": [10, 10 + 4, 10]}
    assert pair.stack.up("--expect-no-changes").ok
    pair.stack.edit(change="none", standby="mirroring")
    restored = pair.stack.up()
    assert restored.ok, restored.text
    steady(pair, "west")
    refused_away_from_home(pair)

    pair.produce("orders", 5, 2, cluster=pair.west)
    back = {"primary": "east", "epoch": 3, "change": "promote", "standby": "retained"}
    pair.stack.edit(**back, handover=pair.hand_over("west", "east", 2))
    home = pair.stack.up()
    assert home.ok, home.text
    assert set(pair.mirrors("east").values()) == {"STOPPED"}
    pair.stack.edit(standby="restoring")
    again = pair.stack.up()
    assert again.ok, again.text
    pair.stack.edit(change="none", standby="mirroring", handover="")
    assert pair.stack.up().ok
    steady(pair, "east")
    pair.produce("orders", 1)
    assert pair.ends(EAST) == pair.ends(pair.west) == {"dr-topic": [107], "orders": [11, 10, 15]}
    assert pair.deletes() == []
    assert pair.stack.refresh().ok
    assert pair.stack.up("--expect-no-changes").ok
