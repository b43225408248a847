"""12 statuses x 4 wishes: the preview's verdict, the update's and the table's are one, and the server agrees.

The provider's own resource against the emulator, without the engine; tests/engine samples the same through `pulumi`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafkadr.desired import Desired
from kafkadr.errors import DrError
from kafkadr.verdicts import TABLE, Action
from provider.mirror_state import MirrorStateResource
from provider.resource import Log
from provider.values import plain, wrap
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked


def quiet(_: str) -> None:
    return


QUIET = Log(quiet, quiet, quiet)


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with in_thread() as running:
        yield running


def build(emulator: RunningEmulator, status: str) -> None:
    emulator.reset()
    emulator.control("POST", "/clock", {"mode": "manual"})
    linked.build(emulator, 1)
    emulator.control("PUT", f"/clusters/{linked.DESTINATION}/links/dr/mirrors/t0", {"status": status})


def verdict(emulator: RunningEmulator, desired: Desired, ledger: Path, *, preview: bool) -> str:
    """`ok` or `refused`, and for an update the status that the server shows afterwards."""
    inputs = {
        "restEndpoint": f"{emulator.url}/k/{linked.DESTINATION}",
        "clusterId": linked.DESTINATION,
        "linkName": "dr",
        "credentials": {"key": "DST", "secret": "dst-secret"},
        "desired": desired.value,
        "ledgerUrl": ledger.as_uri(),
        "budgetSeconds": 5,
    }
    resource = MirrorStateResource()
    properties = {name: wrap(value) for name, value in inputs.items()}
    try:
        outputs = asyncio.run(resource.update({}, properties, QUIET, preview=preview))
    except DrError:
        return "refused"
    return "ok" if plain(outputs["total"]) == 1 else "empty"


@pytest.mark.parametrize("desired", list(Desired))
@pytest.mark.parametrize("status", sorted(TABLE))
def test_preview_update_and_table_agree(
    emulator: RunningEmulator, tmp_path: Path, status: str, desired: Desired
) -> None:
    cell = TABLE[status][desired.verb]
    build(emulator, status)
    told = verdict(emulator, desired, tmp_path, preview=True)
    mutations = [r for r in emulator.log() if r["method"] == "POST" and "mirrors:" in r["path"]]
    assert all("validate_only" in str(r["query"]) for r in mutations)

    if cell == Action.WAIT:  # Nothing to call: what follows is the server's own next step.
        assert told == "ok"
        emulator.control("PUT", f"/clusters/{linked.DESTINATION}/links/dr/mirrors/t0", {"status": desired.target})
    done = verdict(emulator, desired, tmp_path, preview=False)

    assert told == done == ("ok" if cell in {Action.CALL, Action.WAIT, Action.DONE} else "refused")
    if cell == Action.CALL:
        listed = linked.destination(emulator).get("/links/dr/mirrors/t0").json()
        assert listed["mirror_status"] == desired.target
