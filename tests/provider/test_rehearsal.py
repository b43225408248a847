"""The preview of a flip, run before there is a disaster, finds a standby key that would not carry the flip out.

It asks with the very key and the very call (`validate_only`); so a scheduled preview is the proof that it still works.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kafkadr.errors import ApiError
from provider.mirror_state import MirrorStateResource
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked
from tests.emulator.linked import DESTINATION
from tests.provider.one_resource import OneResource

FLIP = {"desired": "FAILED_OVER", "epoch": 2}


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with in_thread() as running:
        linked.build(running, 2)
        weak = {"key": "WEAK", "secret": "dst-secret", "owner": "sa-weak", "resource": DESTINATION}
        sees = {"resource_type": "CLUSTER", "resource_name": "kafka-cluster", "operation": "DESCRIBE"}
        acl = sees | {"cluster": DESTINATION, "principal": "User:sa-weak"}
        running.seed({"api_keys": [weak], "acls": [acl]})
        yield running


def standby(emulator: RunningEmulator, folder: Path, key: str, secret: str) -> OneResource:
    state = OneResource(
        MirrorStateResource(),
        restEndpoint=f"{emulator.url}/k/{DESTINATION}",
        clusterId=DESTINATION,
        linkName="dr",
        credentials={"key": "DST", "secret": "dst-secret"},
        desired="ACTIVE",
        ledgerUrl=folder.as_uri(),
        budgetSeconds=5,
    )
    state.up()
    state.base |= {"credentials": {"key": key, "secret": secret}}
    return state


@pytest.mark.parametrize(
    ("key", "secret", "status", "remedy"),
    [
        ("GONE", "dst-secret", 401, "not revoked"),
        ("DST", "another-secret", 401, "not revoked"),
        ("WEAK", "dst-secret", 403, "ALTER and DESCRIBE"),
    ],
)
def test_a_key_that_could_not_flip_is_found_by_the_preview(
    emulator: RunningEmulator, tmp_path: Path, key: str, secret: str, status: int, remedy: str
) -> None:
    state = standby(emulator, tmp_path, key, secret)
    with pytest.raises(ApiError) as refused:
        state.preview(**FLIP)
    assert refused.value.status == status
    assert remedy in refused.value.remedy
    assert secret not in f"{refused.value}{refused.value!r}"
    assert set(linked.statuses(linked.destination(emulator)).values()) == {"ACTIVE"}


def test_a_key_that_can_flip_passes_and_nothing_happens(emulator: RunningEmulator, tmp_path: Path) -> None:
    state = standby(emulator, tmp_path, "DST", "dst-secret")
    emulator.control("DELETE", "/log")
    state.preview(**FLIP)
    calls = [r for r in emulator.log() if r["method"] != "GET"]
    assert [r["template"].rpartition("/")[2] for r in calls] == ["mirrors:failover"]
    assert "validate_only" in str(calls[0]["query"])
    assert set(linked.statuses(linked.destination(emulator)).values()) == {"ACTIVE"}
