"""`VaultSecret` against files and AWS, with an emulator to prove keys at: stored, proven, never shown, put right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi.provider.experimental.property_value import PropertyValue
from pydantic import SecretStr

from kafkadr.errors import DrError
from kafkadr.proof import IN_A_ROW, UnprovenError
from kafkadr.vault import NameTakenError, open_vault
from provider.values import NOT_KNOWN_YET, wrap
from provider.vault_secret import UnstoredError, VaultSecretResource
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked
from tests.provider.one_resource import OneResource
from tests.services.benches import Bench

pytestmark = pytest.mark.parametrize("bench", ["file", "aws"], indirect=True)

ENTRY, OWNER = "shop/west", "org/kafka-dr/prod/dr"
VALUES = {"key": "DST", "secret": "dst-secret", "clusterId": linked.DESTINATION, "bootstrapEndpoint": "w:9092"}
TOPICS = "/kafka/v3/clusters/{cluster_id}/topics"


def secret(**changes: Any) -> PropertyValue:
    return wrap(VALUES | changes).with_secret(True)


@pytest.fixture(scope="module")
def cloud() -> Iterator[RunningEmulator]:
    with in_thread() as found:
        yield found


@pytest.fixture
def emulator(cloud: RunningEmulator) -> RunningEmulator:
    cloud.reset()
    cloud.seed(linked.WORLD)
    return cloud


@pytest.fixture
def entry(bench: Bench, emulator: RunningEmulator) -> OneResource:
    url = bench.vault()
    open_vault(url).reserve(ENTRY, OWNER)
    return OneResource(
        VaultSecretResource(),
        vaultUrl=url,
        entry=ENTRY,
        owner=OWNER,
        values=secret(),
        restEndpoint=f"{emulator.url}/k/{linked.DESTINATION}",
        proofSeconds=60,
    )


def vault_of(entry: OneResource) -> Any:
    return open_vault(entry.base["vaultUrl"])


def stored(entry: OneResource) -> dict[str, str]:
    found = vault_of(entry).read(ENTRY)
    return {k: v.get_secret_value() for k, v in found.values.items()} if found else {}


def test_a_preview_stores_nothing_an_update_stores_and_proves(entry: OneResource, emulator: RunningEmulator) -> None:
    assert entry.preview()["version"] == NOT_KNOWN_YET
    assert stored(entry) == {}

    outputs = entry.up()

    assert stored(entry) == VALUES
    assert outputs["proven"] == "DST"
    assert outputs["version"] == vault_of(entry).read(ENTRY).version
    assert entry.id == outputs["address"] == vault_of(entry).address(ENTRY)
    assert len(emulator.log(template=TOPICS)) == IN_A_ROW


def test_no_change_asks_neither_vault_nor_cluster(entry: OneResource, emulator: RunningEmulator, bench: Bench) -> None:
    entry.up()
    calls = len(emulator.log())
    with bench.acting("stranger", entry.base["vaultUrl"]):
        assert entry.changes() == []
        assert entry.changes(owner="org/kafka-dr/renamed/dr", proofSeconds=7) == []
    assert len(emulator.log()) == calls


def test_state_holds_no_secret_but_the_marked_input(entry: OneResource) -> None:
    entry.up()
    assert entry.state is not None
    plain_state = {k: repr(v) for k, v in entry.state.items() if not v.is_secret}
    assert set(entry.state) - set(plain_state) == {"values"}
    assert "dst-secret" not in json.dumps(plain_state)
    assert "dst-secret" not in "".join(entry.said)


def test_a_new_key_is_waited_for(entry: OneResource, emulator: RunningEmulator) -> None:
    emulator.fault({"status": 401, "body": {"error_code": 40101, "message": "Authentication failed"}}, times=2)
    assert entry.up()["proven"] == "DST"
    assert [line for line in entry.said if line.startswith("key DST does not work yet")]


@pytest.mark.parametrize("wrong", [{"secret": "stale"}, {"key": "OTHER"}])
def test_a_key_that_never_works_is_named_and_a_rerun_converges(entry: OneResource, wrong: dict[str, str]) -> None:
    with pytest.raises(UnprovenError, match=f"key {(VALUES | wrong)['key']} does not authenticate against lkc-dst"):
        entry.up(values=secret(**wrong), proofSeconds=1)
    assert entry.up()["proven"] == "DST"


def test_a_cluster_that_does_not_answer_ends_the_proof_in_time(entry: OneResource) -> None:
    with pytest.raises(UnprovenError, match="does not authenticate"):
        entry.up(restEndpoint="http://127.0.0.1:1", proofSeconds=1)


def test_without_an_endpoint_there_is_no_proof(entry: OneResource, emulator: RunningEmulator) -> None:
    assert entry.up(restEndpoint="")["proven"] == ""
    assert emulator.log() == []


def test_a_rotated_key_is_proven_before_it_takes_the_place_of_one_that_works(
    entry: OneResource, emulator: RunningEmulator
) -> None:
    entry.up()
    with pytest.raises(UnprovenError):
        entry.up(values=secret(key="NEW", secret="new-secret"), proofSeconds=1)
    assert stored(entry) == VALUES

    key = {"key": "NEW", "secret": "new-secret", "owner": "sa-op", "resource": linked.DESTINATION}
    emulator.seed({"api_keys": [key]})
    version = entry.state["version"] if entry.state else wrap("")
    outputs = entry.up(values=secret(key="NEW", secret="new-secret"))
    assert outputs["proven"] == stored(entry)["key"] == "NEW"
    assert outputs["version"] != version.value


def test_an_entry_changed_by_hand_is_noticed_and_written_again(entry: OneResource, emulator: RunningEmulator) -> None:
    entry.up()
    vault_of(entry).write(ENTRY, {"key": SecretStr("HAND")}, OWNER)
    found = entry.refresh()
    assert found is not None
    assert found["version"] == ""
    assert entry.changes() == ["version"]
    calls = len(emulator.log())

    assert entry.up()["version"] == vault_of(entry).read(ENTRY).version
    assert stored(entry) == VALUES
    assert entry.changes() == []
    assert len(emulator.log()) == calls  # The key was proven before: a dead site need not answer.


def test_an_entry_deleted_by_hand_is_written_again(entry: OneResource, bench: Bench) -> None:
    address = entry.up()["address"]
    bench.remove(address)
    found = entry.refresh()
    assert found is not None
    assert found["version"] == ""
    if address.startswith("aws-sm:"):
        with pytest.raises(UnstoredError, match=r"key DST exists and is not in the vault.*restore-secret"):
            entry.up()
    else:
        entry.up()
        assert stored(entry) == VALUES


def test_the_same_values_by_another_hand_are_no_drift(entry: OneResource) -> None:
    entry.up()
    vault_of(entry).write(ENTRY, {"key": SecretStr("HAND")}, OWNER)
    version = vault_of(entry).write(ENTRY, {k: SecretStr(v) for k, v in VALUES.items()}, OWNER)
    found = entry.refresh()
    assert found is not None
    assert found["version"] == version
    assert entry.changes() == []


def test_a_failed_write_names_the_key_without_a_vault(entry: OneResource, bench: Bench) -> None:
    with bench.acting("client", entry.base["vaultUrl"]), pytest.raises(UnstoredError) as caught:
        entry.up_without_preview()
    assert "key DST exists and is not in the vault" in str(caught.value)
    assert "dst-secret" not in str(caught.value)
    assert entry.up()["proven"] == "DST"


def test_another_owners_entry_is_refused_in_preview(entry: OneResource) -> None:
    for change in ({}, {"values": secret(clusterId="lkc-x")}):
        with pytest.raises(NameTakenError):
            entry.preview(**change, owner="org/other/prod/dr")


def test_another_address_is_another_entry(entry: OneResource, bench: Bench) -> None:
    entry.up()
    assert entry.replaces(vaultUrl=bench.vault()) == ["vaultUrl"]
    assert entry.changes(values=secret(bootstrapEndpoint="w2:9092")) == ["values"]
    assert entry.replaces(values=secret(bootstrapEndpoint="w2:9092")) == []


def test_a_delete_takes_the_entry_along(entry: OneResource) -> None:
    entry.up()
    entry.delete()
    assert vault_of(entry).read(ENTRY) is None


def test_an_import_keeps_the_values_secret(entry: OneResource) -> None:
    address = entry.up()["address"]
    adopted = OneResource(VaultSecretResource(), **entry.base)
    assert adopted.adopt(address)["values"] == VALUES
    assert adopted.inputs["values"].is_secret
    assert adopted.changes(restEndpoint="") == ["restEndpoint"] or adopted.changes() == ["restEndpoint"]


def test_an_import_of_nothing_says_so(entry: OneResource) -> None:
    with pytest.raises(DrError, match="there is no entry at"):
        entry.adopt(vault_of(entry).address("no/body"))


def test_a_preview_lives_with_a_key_that_is_not_made_yet(entry: OneResource) -> None:
    half = PropertyValue({"key": NOT_KNOWN_YET, "secret": NOT_KNOWN_YET, "clusterId": wrap("lkc-dst")})
    assert entry.preview(values=half)["version"] == NOT_KNOWN_YET
    entry.up()
    assert entry.changes(values=half) == ["values"]
    assert entry.preview(values=half)["version"] == NOT_KNOWN_YET


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"values": secret(secret="")}, "", "values: secret missing"),
    ({"values": wrap({"token": "canary"}).with_secret(True)}, "", "values: clusterId, key, secret missing"),
    ({"values": wrap("canary")}, "", "values"),
    ({"proofSeconds": 0}, "proofSeconds", "greater than or equal to 1"),
    ({"entry": "a"}, "", "cannot name a vault entry"),
]


@pytest.mark.parametrize(("changes", "name", "words"), WRONG)
def test_bad_inputs_are_named_without_a_secret(
    entry: OneResource, changes: dict[str, Any], name: str, words: str
) -> None:
    found = entry.failures(**changes)
    assert [path for path, _ in found] == [name]
    assert words in found[0][1]
    assert "canary" not in found[0][1]


def test_a_renamed_stack_goes_on_with_its_entry(entry: OneResource) -> None:
    entry.up()
    entry.base["owner"] = "org/kafka-dr/renamed/dr"
    entry.inputs = entry.want()  # no change to the engine, which keeps the outputs and takes the new inputs
    assert entry.changes() == []
    found = entry.refresh()
    assert found is not None
    assert found["version"] != ""
    assert entry.up(values=secret(bootstrapEndpoint="w2:9092"))["owner"] == OWNER
    entry.delete()
    assert stored(entry) == {}
