"""`ActivePointer` whose store hangs: a warning before the flip, and an error in time after it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kafkadr.errors import UnreachableError
from kafkadr.remote import calls
from provider import pointing
from provider.active_pointer import ActivePointerResource
from tests.provider.one_resource import OneResource


def test_it_is_a_warning_and_then_an_error_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pointer"
    monkeypatch.setattr(pointing, "READ_SECONDS", 0.5)
    monkeypatch.setattr(calls, "CALL_SECONDS", 0.5)
    pointer = OneResource(
        ActivePointerResource(),
        url=path.as_uri(),
        epoch=1,
        site="east",
        clusterId="lkc-e",
        bootstrapEndpoint="e:9092",
        clusters=["lkc-e", "lkc-w"],
    )
    pointer.up()
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(UnreachableError, match="the pointer has not answered"):
        pointer.up_without_preview(site="west", epoch=2, clusterId="lkc-w", change="failover")
    assert any("clients will not follow" in line for line in pointer.said)
    os.close(os.open(path, os.O_RDWR))
