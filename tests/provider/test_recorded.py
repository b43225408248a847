"""A record that this version cannot read is never taken for none: what it guards stays refused, and says why."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kafkadr.errors import RefusedError
from kafkadr.ledger import Ledger
from provider.active_pointer import ActivePointerResource
from provider.clearance import ClearanceResource
from provider.key_ring import KeyRingResource
from provider.link_guard import LinkGuardResource
from provider.mirror_state import MirrorStateResource
from provider.resource import Log
from provider.transition import TransitionResource
from provider.values import Properties, changed, wrap

FAILED_OVER: dict[str, Any] = {
    "sites": ["east", "west"],
    "primary": "west",
    "epoch": 5,
    "change": "failover",
    "standby": "retained",
    "topics": ["orders"],
    "link": "dr",
    "mode": "destination",
}
STALE = FAILED_OVER | {"primary": "east", "epoch": 4, "change": "none", "standby": "mirroring"}
UNANSWERED = FAILED_OVER | {"change": "none", "standby": "mirroring"}
LEGAL = FAILED_OVER | {"released": ["east"]}
UNREADABLE = {
    "a property of another version": ({"region": "eu"}, "region: Extra inputs are not permitted"),
    "a bound that was tightened": ({"sites": ["a", "b", "c"]}, "sites: List should have at most 2 items"),
    "another type": ({"epoch": "5"}, "epoch: Input should be a valid integer"),
    "a property that is gone": ({"primary": None}, "primary: Field required"),
}
WAY_OUT = ("Run the version of kafka-dr that wrote", "pulumi stack export --file", "pulumi stack import --file")
LOG = Log(print, print, print)


def properties(values: dict[str, Any]) -> Properties:
    return {name: wrap(value) for name, value in values.items() if value is not None}


@pytest.mark.parametrize("new", [STALE, UNANSWERED, LEGAL, FAILED_OVER], ids=["stale", "unanswered", "legal", "same"])
@pytest.mark.parametrize(("flaw", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_guard_that_cannot_read_its_record_refuses_every_edit(
    flaw: dict[str, Any], said: str, new: dict[str, Any]
) -> None:
    guard, broken = TransitionResource(), properties(FAILED_OVER | flaw)
    (failure,) = guard.check(broken, properties(new))
    for words in (said, "cannot be read by this version", *WAY_OUT, "drctl failover"):
        assert words in failure.reason
    with pytest.raises(RefusedError, match=said):
        asyncio.run(guard.diff(broken, properties(new)))


def test_a_guard_whose_history_cannot_be_read_refuses_as_well() -> None:
    state = properties(FAILED_OVER | {"pastTerms": [], "phase": "failed-over", "demotion": {}})
    with pytest.raises(RefusedError, match="pastTerms: Extra inputs"):
        asyncio.run(TransitionResource().diff(state, properties(LEGAL)))


def test_no_record_at_all_is_a_new_pair() -> None:
    assert TransitionResource().check({}, properties(STALE | {"epoch": 1})) == []


RING: dict[str, Any] = {
    "holder": "client shop",
    "live": [1, 2],
    "current": 1,
    "keys": {"east": {"1": "E1", "2": "E2"}},
    "entries": {"east": "shop/east"},
}


@pytest.mark.parametrize("gone", ["live", "current"])
def test_a_ring_that_cannot_tell_which_key_was_in_use_revokes_none(gone: str) -> None:
    ring = KeyRingResource()
    revoking = properties(RING | {"live": [2], "current": 2})
    (failure,) = ring.check(properties(RING | {gone: None}), revoking)
    assert f"{gone}: Field required" in failure.reason
    assert ring.check(properties(RING | {"region": "eu"}), properties(RING)) == [], "a failover does not wait for it"
    with pytest.raises(RefusedError, match="vault: Extra inputs"):
        asyncio.run(ring.update(properties(RING | {"vault": "file:///renamed"}), revoking, LOG, preview=True))


def test_a_link_goes_only_when_the_record_of_its_ledgers_can_be_read(tmp_path: Path) -> None:
    url = (tmp_path / "ledger").as_uri()
    renamed = properties({"ledgers": [], "books": [{"clusterId": "lkc-west", "linkName": "dr"}], "ledgerUrl": url})
    guard = LinkGuardResource()
    with pytest.raises(RefusedError, match="books: Extra inputs"):
        asyncio.run(guard.delete(renamed, LOG))
    with pytest.raises(RefusedError, match="books: Extra inputs"):
        asyncio.run(guard.update(renamed, properties({"ledgers": []}), LOG, preview=True))

    mirrors = {
        "restEndpoint": "https://west.invalid",
        "clusterId": "lkc-west",
        "linkName": "dr",
        "credentials": {"key": "K", "secret": "canary"},
        "desired": "FAILED_OVER",
    }
    with pytest.raises(RefusedError, match="ledgerAddress: Extra inputs") as refused:
        asyncio.run(MirrorStateResource().delete(properties(mirrors | {"ledgerAddress": url}), LOG))
    assert "canary" not in str(refused.value)
    known = mirrors | {"ledgerUrl": url, "ledger": {"url": Ledger(url, "lkc-west", "dr", 2).address, "term": 2}}
    with pytest.raises(RefusedError, match="which term's ledger"):
        asyncio.run(MirrorStateResource().delete(properties(known), LOG))


def test_a_pointer_never_moves_back_because_its_record_cannot_be_read(tmp_path: Path) -> None:
    place = {"clusterId": "lkc-e", "bootstrapEndpoint": "e:9092", "clusters": ["lkc-e", "lkc-w"]}
    pointer = place | {"url": (tmp_path / "pointer").as_uri(), "epoch": 3, "site": "east"}
    renamed = {k: v for k, v in pointer.items() if k != "epoch"} | {"term": 3}
    (failure,) = ActivePointerResource().check(properties(renamed), properties(pointer | {"epoch": 2}))
    assert "epoch: Field required" in failure.reason
    assert ActivePointerResource().check(properties(pointer | {"region": "eu"}), properties(pointer)) == []


def test_nothing_is_deleted_when_it_cannot_be_read_what_was_armed(tmp_path: Path) -> None:
    clearance: dict[str, Any] = {
        "linkName": "dr",
        **{f"{side}RestEndpoint": f"https://{side}.invalid" for side in ("old", "new")},
        **{f"{side}ClusterId": f"lkc-{side}" for side in ("old", "new")},
        **{f"{side}Credentials": {"key": "K", "secret": "canary"} for side in ("old", "new")},
        "oldBootstrapEndpoint": "old.invalid:9092",
        "topics": ["orders"],
        "epoch": 2,
        "primary": "west",
        "ledgerUrl": (tmp_path / "ledger").as_uri(),
    }
    armed = properties(clearance | {"region": "eu"})
    (failure,) = ClearanceResource().check(armed, properties(clearance | {"fire": True}))
    assert "region: Extra inputs" in failure.reason
    assert "nothing was armed" not in failure.reason


def test_an_input_that_leaves_the_program_is_a_change_and_an_output_is_none() -> None:
    names = ["rpoMessages", "epoch"]
    state = properties({"rpoMessages": 5, "epoch": 1, "states": {"STOPPED": 1}})
    assert changed(state, properties({"epoch": 1}), names) == ["rpoMessages"]
    assert changed(state, properties({"epoch": 1, "rpoMessages": 5}), names) == []
