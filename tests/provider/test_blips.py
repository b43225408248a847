"""One 404 in a refresh may be a blip: only two looks that agree let a link leave the state (failure mode 33)."""

from __future__ import annotations

from pathlib import Path

import pytest

from provider.mirror_state import MirrorStateResource
from tests.emulation import in_thread
from tests.emulator import linked
from tests.provider.one_resource import OneResource


@pytest.mark.parametrize(("times", "stays"), [(1, True), (2, False)])
def test_a_link_is_gone_when_two_looks_agree(times: int, stays: bool, tmp_path: Path) -> None:
    with in_thread() as emulator:
        linked.build(emulator, 2)
        mirrors = OneResource(
            MirrorStateResource(),
            restEndpoint=f"{emulator.url}/k/{linked.DESTINATION}",
            clusterId=linked.DESTINATION,
            linkName="dr",
            credentials={"key": "DST", "secret": "dst-secret"},
            desired="ACTIVE",
            ledgerUrl=tmp_path.as_uri(),
        )
        mirrors.up()
        emulator.fault({"status": 404}, path="/links/{l}/mirrors", times=times)
        found = mirrors.refresh()
        assert (found is not None) == stays
        assert not found or found["states"] == {"ACTIVE": 2}
