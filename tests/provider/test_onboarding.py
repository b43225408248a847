"""`MirrorState` in the preview of an update that is still to make what it looks at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kafkadr.errors import DrError
from provider.mirror_state import MirrorStateResource
from provider.values import NOT_KNOWN_YET, plain
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked
from tests.provider.one_resource import OneResource


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with in_thread() as running:
        yield running


@pytest.fixture
def mirrors(emulator: RunningEmulator, tmp_path: Path) -> OneResource:
    return OneResource(
        MirrorStateResource(),
        restEndpoint=f"{emulator.url}/k/{linked.DESTINATION}",
        clusterId=linked.DESTINATION,
        linkName="dr",
        credentials={"key": "DST", "secret": "dst-secret"},
        desired="ACTIVE",
        topics=["t0"],
        ledgerUrl=tmp_path.as_uri(),
        budgetSeconds=5,
    )


def test_a_link_that_is_still_to_be_made_stops_no_preview_but_the_update(
    mirrors: OneResource, emulator: RunningEmulator
) -> None:
    emulator.seed(linked.WORLD)
    assert mirrors.preview()["total"] == NOT_KNOWN_YET
    with pytest.raises(DrError, match="does not exist"):
        mirrors.up_without_preview()


def test_a_topic_that_is_still_to_be_mirrored_stops_no_preview_but_the_update(
    mirrors: OneResource, emulator: RunningEmulator
) -> None:
    linked.build(emulator, 1)
    mirrors.up()
    assert plain(mirrors.preview(topics=["t0", "new"])["total"]) == 1
    with pytest.raises(DrError, match="no mirror of that name on link dr"):
        mirrors.up_without_preview(topics=["t0", "new"])
    with pytest.raises(DrError, match="no mirror of that name on link dr"):
        mirrors.preview(topics=["t0", "new"], desired="PROMOTED")
