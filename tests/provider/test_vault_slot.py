"""`VaultSlot` against files and AWS: ours and writable before a key exists, or refused with the owner's name."""

from __future__ import annotations

from typing import Any

import pytest

from kafkadr.errors import DrError
from kafkadr.vault import DeletedError, NameTakenError, ReadOnlyError, open_vault
from provider.values import NOT_KNOWN_YET
from provider.vault_slot import VaultSlotResource
from tests.provider.one_resource import OneResource
from tests.services.benches import Bench

pytestmark = pytest.mark.parametrize("bench", ["file", "aws"], indirect=True)

ENTRY, OWNER = "shop/east", "org/kafka-dr/prod/dr"


@pytest.fixture
def slot(bench: Bench) -> OneResource:
    return OneResource(VaultSlotResource(), vaultUrl=bench.vault(), entry=ENTRY, owner=OWNER)


def vault_of(slot: OneResource) -> Any:
    return open_vault(slot.base["vaultUrl"])


def test_a_preview_takes_nothing_an_update_takes_the_name(slot: OneResource) -> None:
    slot.preview()
    assert vault_of(slot).read(ENTRY) is None

    address = slot.up()["address"]

    found = vault_of(slot).read(ENTRY)
    assert (found.owner, found.values) == (OWNER, {})
    assert address == slot.id == vault_of(slot).address(ENTRY)
    assert slot.changes() == []
    assert slot.refresh() == {"address": address, "owner": OWNER}
    assert slot.changes() == []


def test_a_name_that_is_taken_is_refused_in_preview(slot: OneResource) -> None:
    vault_of(slot).reserve(ENTRY, "org/other/prod/dr")
    for attempt in (slot.preview, slot.up_without_preview):
        with pytest.raises(NameTakenError, match="belongs to org/other/prod/dr"):
            attempt()


def test_a_vault_that_we_may_only_read_is_refused_before_there_is_a_key(slot: OneResource, bench: Bench) -> None:
    with bench.acting("client", slot.base["vaultUrl"]), pytest.raises(DrError) as caught:
        slot.up()
    assert isinstance(caught.value, ReadOnlyError) or bench.proxy is None  # Other users cannot even read our files.


def test_a_renamed_stack_keeps_its_entries(slot: OneResource) -> None:
    slot.up()
    assert slot.changes(owner="org/kafka-dr/renamed/dr") == []
    assert slot.up_without_preview(owner="org/kafka-dr/renamed/dr")["owner"] == OWNER


def test_another_place_is_another_slot(slot: OneResource, bench: Bench) -> None:
    slot.up()
    assert slot.replaces(entry="shop/west") == ["entry"]
    assert slot.replaces(vaultUrl=bench.vault()) == ["vaultUrl"]


def test_an_entry_deleted_by_hand_leaves_the_state_and_is_taken_again(slot: OneResource, bench: Bench) -> None:
    address = slot.up()["address"]
    bench.remove(address)
    assert slot.refresh() is None
    if address.startswith("aws-sm:"):  # The name is blocked for days, and the refusal says how to go on.
        with pytest.raises(DeletedError, match="restore-secret"):
            slot.up()
    else:
        slot.up()
        assert vault_of(slot).read(ENTRY).owner == OWNER


def test_a_delete_gives_the_name_back_and_spares_other_owners(slot: OneResource) -> None:
    slot.up()
    slot.delete()
    assert vault_of(slot).read(ENTRY) is None
    vault_of(slot).reserve(ENTRY, "org/other/prod/dr")
    slot.delete()
    assert vault_of(slot).read(ENTRY).owner == "org/other/prod/dr"
    assert "belongs to org/other/prod/dr" in slot.said[-1]


def test_an_import_by_address(slot: OneResource) -> None:
    address = slot.up()["address"]
    adopted = OneResource(VaultSlotResource(), **slot.base)
    assert adopted.adopt(address) == slot.base
    assert adopted.changes() == []


def test_a_preview_lives_with_an_unknown_owner(slot: OneResource) -> None:
    assert slot.preview(owner=NOT_KNOWN_YET)["address"] == NOT_KNOWN_YET


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"entry": "no-site"}, "", "cannot name a vault entry"),
        ({"vaultUrl": "https://user:canary@vault"}, "", "vaultUrl, entry: the address has credentials"),
        ({"owner": ""}, "owner", "at least 1 character"),
        ({"colour": "red"}, "colour", "not permitted"),
    ],
)
def test_bad_inputs_are_named(slot: OneResource, changes: dict[str, Any], name: str, words: str) -> None:
    ((path, reason),) = slot.failures(**changes)
    assert path == name
    assert words in reason
    assert "canary" not in reason
