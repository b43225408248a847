"""`KeyRing`: rotation in four reviewed edits, and no step of it skipped."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from kafkadr.errors import DrError
from kafkadr.pointer import Active, open_pointer, utc_now
from kafkadr.vault import open_vault
from provider.key_ring import KeyInUseError, KeyRingResource
from provider.values import NOT_KNOWN_YET
from tests.provider.one_resource import OneResource, RefusedByCheckError
from tests.services.benches import Bench

pytestmark = pytest.mark.parametrize("bench", ["file", "aws"], indirect=True)

OWNER = "org/kafka-dr/prod/dr"
BOTH: dict[str, Any] = {"live": [1, 2], "keys": {"east": {"1": "E1", "2": "E2"}, "west": {"1": "W1", "2": "W2"}}}
SECOND: dict[str, Any] = {"live": [2], "current": 2, "keys": {"east": {"2": "E2"}, "west": {"2": "W2"}}}


@pytest.fixture
def ring(bench: Bench) -> OneResource:
    url = bench.vault()
    found = OneResource(
        KeyRingResource(),
        holder="client shop",
        live=[1],
        current=1,
        keys={"east": {"1": "E1"}, "west": {"1": "W1"}},
        entries={"east": "shop/east", "west": "shop/west"},
        vaultUrl=url,
    )
    hand_out(url, "E1", "W1")
    return found


def hand_out(url: str, east: str, west: str) -> None:
    """Store keys, as `VaultSecret` does."""
    for site, key in (("east", east), ("west", west)):
        open_vault(url).write(f"shop/{site}", {"key": SecretStr(key), "secret": SecretStr("s")}, OWNER)


def test_the_four_edits_of_a_rotation(ring: OneResource) -> None:
    ring.up()
    assert ring.changes() == ring.changes(holder="other words") == []
    assert ring.changes(**BOTH) == ["keys", "live"]
    ring.up(**BOTH)
    hand_out(ring.base["vaultUrl"], "E2", "W2")
    ring.up(**BOTH, current=2)
    ring.up(**SECOND)
    assert ring.refresh() == {}


def test_a_generation_that_was_current_is_not_revoked_in_the_edit_that_replaces_it(ring: OneResource) -> None:
    ring.up(**BOTH)
    with pytest.raises(RefusedByCheckError, match=r"live: generation 1 is still in use: .* in an edit of its own"):
        ring.preview(**SECOND)


def test_an_update_that_failed_half_way_does_not_count_as_taken_over(ring: OneResource) -> None:
    ring.up(**BOTH)
    # `current: 2` was asked for, but the vault failed, so the engine kept the old record of this resource.
    with pytest.raises(RefusedByCheckError, match="generation 1 is still in use"):
        ring.preview(**SECOND)


def test_a_key_that_the_vault_still_hands_out_is_not_revoked(ring: OneResource) -> None:
    ring.up(**BOTH)
    hand_out(ring.base["vaultUrl"], "E2", "W2")
    ring.up(**BOTH, current=2)
    hand_out(ring.base["vaultUrl"], "E2", "W1")  # somebody put the old one back
    for attempt in (ring.preview, ring.up_without_preview):
        with pytest.raises(KeyInUseError, match=r"key W1 of client shop at west is to be revoked, .*shop/west still"):
            attempt(**SECOND)


def test_a_key_in_the_vault_that_the_pointer_names_is_not_revoked(ring: OneResource, bench: Bench) -> None:
    pointer, former = bench.pointer(), bench.vault()
    audit = {"who": "a", "why": "", "when": utc_now()}
    active = {"epoch": 1, "site": "east", "cluster_id": "lkc-e", "bootstrap_endpoint": "e:9092", "rest_endpoint": ""}
    open_pointer(pointer).move(Active.model_validate(active | audit | {"secrets": former}))
    hand_out(former, "E1", "W1")
    ring.base["pointerUrl"] = pointer
    ring.up(**BOTH)
    hand_out(ring.base["vaultUrl"], "E2", "W2")
    ring.up(**BOTH, current=2)
    with pytest.raises(KeyInUseError, match="key E1"):
        ring.preview(**SECOND)
    hand_out(former, "E2", "W2")
    ring.up(**SECOND)


def test_a_vault_that_cannot_be_asked_stops_a_revocation_but_no_other_edit(ring: OneResource, bench: Bench) -> None:
    ring.up()
    with bench.acting("stranger", ring.base["vaultUrl"]):
        ring.up(**BOTH)
        ring.up(**BOTH, current=2)
        with pytest.raises(DrError):
            ring.preview(**SECOND)


def test_a_new_generation_may_be_taken_back_before_it_is_used(ring: OneResource) -> None:
    ring.up(**BOTH)
    ring.up()
    ring.up(**BOTH)


def test_a_revoked_generation_does_not_come_back(ring: OneResource) -> None:
    hand_out(ring.base["vaultUrl"], "E2", "W2")
    ring.up(**SECOND)
    with pytest.raises(RefusedByCheckError, match=r"generation 1 was revoked .* The next one is 3"):
        ring.preview(**BOTH, current=2)


def test_without_a_vault_the_record_alone_decides(ring: OneResource) -> None:
    ring.base |= {"vaultUrl": "", "entries": {}}
    ring.up(**BOTH)
    ring.up(**BOTH, current=2)
    ring.up(**SECOND)


def test_a_preview_lives_with_keys_that_are_not_made_yet(ring: OneResource) -> None:
    ring.preview(keys=NOT_KNOWN_YET)
    ring.up()
    assert ring.changes(live=[1, 2], keys=NOT_KNOWN_YET) == ["keys", "live"]
    ring.preview(live=[1, 2], keys=NOT_KNOWN_YET)


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"current": 2}, "current", "is none of the live generations 1"),
        ({"live": [1, 1]}, "live", "names a generation twice"),
        ({"live": [1, 2, 3]}, "live", "at most 2 items"),
        ({"live": []}, "live", "at least 1 item"),
        ({"size": 1}, "size", "not permitted"),
    ],
)
def test_bad_inputs_are_named(ring: OneResource, changes: dict[str, Any], name: str, words: str) -> None:
    ((path, reason),) = ring.failures(**changes)
    assert path == name
    assert words in reason
