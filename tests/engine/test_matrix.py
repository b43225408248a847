"""12 statuses x 4 wishes on the real engine: verdict of the preview = verdict of the update = the table's.

All 48 stand in one stack, each a `MirrorState` with a mirror of its own that a lever has put into its status.
tests/provider/test_matrix.py asks the provider's resource the same, cell by cell.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from kafkadr.desired import Desired
from kafkadr.verdicts import TABLE, Action
from tests.emulation import RunningEmulator
from tests.engine.events import run_told
from tests.engine.pairs import Pair, build

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

TOKEN = "kafkadr:index:MirrorState"
CELLS = [(status, desired) for status in sorted(TABLE) for desired in Desired]
TOPIC = {cell: f"t{number}" for number, cell in enumerate(CELLS)}
GOOD = frozenset({Action.CALL, Action.WAIT, Action.DONE})
CALLED_SECONDS = 120
MANY = ("--parallel", "64")  # mirrors that wait for the server must not keep the others waiting


def verdict(cell: tuple[str, Desired]) -> str:
    status, desired = cell
    return TABLE[status][desired.verb]


def name(cell: tuple[str, Desired]) -> str:
    return f"{cell[0]}-{cell[1].verb}"


ALLOWED = [cell for cell in CELLS if verdict(cell) in GOOD]
REFUSED = [cell for cell in CELLS if verdict(cell) not in GOOD]


def declare(pair: Pair, cells: Iterable[tuple[str, Desired]], *, steady: bool = False) -> None:
    """A `MirrorState` per cell with its wish; `steady`: with one that makes the cell's own wish a change."""

    def wish(desired: Desired) -> Desired:
        return desired if not steady else Desired.PAUSED if desired is Desired.ACTIVE else Desired.ACTIVE

    pair.want_each({name(c): {"desired": wish(c[1]).value, "topics": [TOPIC[c]], "only_declared": True} for c in cells})


def force(pair: Pair, *, only: Action | None = None) -> None:
    """Put each cell's mirror into the cell's status; `only` cells with that verdict into the one they wait for."""
    for cell in CELLS:
        if only is None:
            pair.hand(TOPIC[cell], status=cell[0])
        elif verdict(cell) == only:
            pair.hand(TOPIC[cell], status=cell[1].target)


def arrive(pair: Pair, calls: int) -> None:
    """Play the server's part for mirrors on their way: once every batch call was made, they arrive."""
    end = time.monotonic() + CALLED_SECONDS
    while len(pair.mutations()) < calls and time.monotonic() < end:
        time.sleep(0.2)
    force(pair, only=Action.WAIT)


def test_all_48_verdicts_are_the_tables_in_preview_and_in_up(emulator: RunningEmulator, tmp_path: Path) -> None:
    emulator.control("POST", "/clock", {"mode": "manual"})
    pair = build(emulator, tmp_path, len(CELLS))
    declare(pair, CELLS, steady=True)
    ran = pair.stack.run("up", "--yes", "--skip-preview", *MANY)
    assert ran.ok, ran.text
    force(pair)
    pair.forget_log()
    log, allowed, refused = tmp_path / "events.json", frozenset(map(name, ALLOWED)), frozenset(map(name, REFUSED))
    assert (len(allowed), len(refused)) == (23, 25)

    declare(pair, ALLOWED)
    good = run_told(pair.stack, log, TOKEN, "preview", *MANY)
    assert (good.ran.ok, good.passed, good.failed) == (True, allowed, frozenset())
    declare(pair, CELLS)
    first = run_told(pair.stack, log, TOKEN, "preview", *MANY)
    assert not first.ran.ok
    assert (first.passed - allowed, first.failed - refused) == (frozenset(), frozenset())
    # `pulumi preview` ends with the first refusal; the same preview as a part of `up` can go on to the others.
    preview = run_told(pair.stack, log, TOKEN, "up", "--yes", "--continue-on-error", *MANY)
    assert (preview.ran.ok, preview.passed, preview.failed) == (False, allowed, refused)
    assert pair.mutations() == []

    calls = sum(verdict(cell) == Action.CALL for cell in CELLS)
    server = threading.Thread(target=arrive, args=(pair, calls))
    server.start()
    update = run_told(pair.stack, log, TOKEN, "up", "--yes", "--skip-preview", "--continue-on-error", *MANY)
    server.join()
    assert (update.ran.ok, update.passed, update.failed) == (False, allowed, refused)
    assert len(pair.mutations()) == calls
    statuses = pair.statuses()
    assert {c: statuses[TOPIC[c]] for c in REFUSED} == {c: c[0] for c in REFUSED}
    assert {c: statuses[TOPIC[c]] for c in ALLOWED if c[0] != "SOURCE_UNAVAILABLE"} == {
        c: c[1].target for c in ALLOWED if c[0] != "SOURCE_UNAVAILABLE"
    }
