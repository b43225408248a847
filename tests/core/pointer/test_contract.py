"""What every pointer does, whichever service keeps it."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from kafkadr.pointer import (
    DamagedError,
    DeletedError,
    DeniedError,
    LostRaceError,
    PointerStore,
    ReadOnlyError,
    StaleEpochError,
    open_pointer,
)
from tests.core.conftest import HERE, here
from tests.core.pointer.samples import active
from tests.services.benches import Bench

REMOTE = [name for name in HERE if name != "file"]
every = pytest.mark.parametrize("bench", HERE, indirect=True)
remote = pytest.mark.parametrize("bench", REMOTE, indirect=True)


@pytest.fixture
def pointer(bench: Bench) -> PointerStore:
    return open_pointer(bench.pointer())


@every
def test_it_stands_where_it_was_moved_and_its_address_leads_to_it(pointer: PointerStore) -> None:
    assert pointer.read() is None
    assert pointer.history() == []
    assert pointer.move(active(1, "east")) == active(1, "east")
    assert pointer.read() == active(1, "east")
    assert pointer.move(active(2, "west")) == active(2, "west")
    assert open_pointer(pointer.address()).read() == active(2, "west")


@every
def test_epochs_may_be_skipped(pointer: PointerStore) -> None:
    pointer.move(active(3, "east"))
    pointer.move(active(7, "west"))
    assert pointer.read() == active(7, "west")


@every
def test_an_old_epoch_never_moves_it_back(pointer: PointerStore) -> None:
    pointer.move(active(1, "east"))
    pointer.move(active(2, "west"))
    for site in ("east", "west"):
        with pytest.raises(StaleEpochError, match="west-operator moved the pointer to west in epoch 2 at 2026-11-24"):
            pointer.move(active(1, site))
    assert pointer.read() == active(2, "west")
    assert len(pointer.history()) == 2


@every
def test_another_site_in_the_same_epoch_loses_and_is_told(pointer: PointerStore) -> None:
    pointer.move(active(2, "west"))
    with pytest.raises(LostRaceError, match="west-operator moved the pointer to west in epoch 2") as caught:
        pointer.move(active(2, "east"))
    assert caught.value.winner == active(2, "west")
    assert pointer.read() == active(2, "west")


@every
def test_the_same_move_again_is_no_write(bench: Bench, pointer: PointerStore) -> None:
    pointer.move(active(2, "west"))
    if bench.proxy:
        bench.proxy.requests.clear()
    assert pointer.move(active(2, "west", who="me", why="again", when="2027-01-01T00:00:00Z")) == active(2, "west")
    assert bench.proxy is None or len(bench.proxy.requests) == 1
    assert pointer.history() == [active(2, "west")]


@every
def test_endpoints_may_be_corrected_within_an_epoch(pointer: PointerStore) -> None:
    pointer.move(active(2, "west"))
    corrected = active(2, "west", bootstrap_endpoint="SASL_SSL://other.example:9092", who="me")
    assert pointer.move(corrected) == corrected
    assert pointer.read() == corrected
    assert pointer.history() == [corrected, active(2, "west")]


@every
def test_history_is_newest_first_without_losers(pointer: PointerStore) -> None:
    for epoch in range(1, 6):
        pointer.move(active(epoch, "east" if epoch % 2 else "west"))
        with contextlib.suppress(LostRaceError):
            pointer.move(active(epoch, "nowhere"))
    assert [(move.epoch, move.who) for move in pointer.history()] == [
        (5, "east-operator"),
        (4, "west-operator"),
        (3, "east-operator"),
        (2, "west-operator"),
        (1, "east-operator"),
    ]


@remote
def test_reading_is_one_call(bench: Bench, pointer: PointerStore) -> None:
    assert bench.proxy is not None
    pointer.move(active(1, "east"))
    bench.proxy.requests.clear()
    pointer.read()
    assert len(bench.proxy.requests) == 1


@every
@pytest.mark.parametrize("text", ['{"epoch": 9}', '{"version": 2, "epoch": 1}', "{}"])
def test_what_is_no_pointer_is_neither_read_nor_overwritten(bench: Bench, text: str) -> None:
    address = bench.pointer()
    bench.plant(address, text)
    attempts: list[Callable[[], object]] = [
        open_pointer(address).read,
        lambda: open_pointer(address).move(active(1, "east")),
    ]
    for attempt in attempts:
        with pytest.raises(DamagedError, match="not a pointer"):
            attempt()


@pytest.mark.parametrize("bench", [name for name in HERE if name != "aws"], indirect=True)
def test_deleting_it_by_hand_does_not_turn_the_epochs_back(bench: Bench, pointer: PointerStore) -> None:
    pointer.move(active(1, "east"))
    pointer.move(active(2, "west"))
    bench.remove(pointer.address())
    assert pointer.read() is None
    with pytest.raises((StaleEpochError, LostRaceError)):
        pointer.move(active(1, "west"))
    assert pointer.read() is None
    pointer.move(active(3, "east"))
    assert pointer.read() == active(3, "east")


@pytest.mark.parametrize("bench", here("file", "consul", "consul-real"), indirect=True)
def test_deleted_by_hand_the_same_move_puts_it_back(bench: Bench, pointer: PointerStore) -> None:
    pointer.move(active(2, "west"))
    bench.remove(pointer.address())
    assert pointer.move(active(2, "west")) == active(2, "west")
    assert pointer.read() == active(2, "west")


@pytest.mark.parametrize("bench", ["aws"], indirect=True)
def test_aws_refuses_a_pointer_deleted_by_hand_and_tells_both_ways_out(bench: Bench, pointer: PointerStore) -> None:
    pointer.move(active(2, "west"))
    bench.remove(pointer.address())
    for attempt in (pointer.read, lambda: pointer.move(active(3, "east"))):
        with pytest.raises(DeletedError, match=r"restore-secret.*--force-delete-without-recovery"):
            attempt()


@remote
def test_the_documented_rights_suffice_and_a_client_may_only_read(bench: Bench) -> None:
    address = bench.pointer()
    with bench.acting("deployer", address):
        pointer = open_pointer(address)
        for epoch, site in ((1, "east"), (2, "west"), (3, "east")):
            pointer.move(active(epoch, site))
        assert len(pointer.history()) == 3
    with bench.acting("client", address):
        assert open_pointer(address).read() == active(3, "east")
        with pytest.raises(ReadOnlyError):
            open_pointer(address).move(active(4, "west"))
    assert open_pointer(address).read() == active(3, "east")


@every
def test_a_stranger_is_denied(bench: Bench) -> None:
    address = bench.pointer()
    open_pointer(address).move(active(1, "east"))
    with bench.acting("stranger", address):
        with pytest.raises(DeniedError):
            open_pointer(address).read()
        with pytest.raises(DeniedError):
            open_pointer(address).move(active(2, "west"))


def test_files_are_private(tmp_path: Path) -> None:
    pointer = open_pointer((tmp_path / "sub" / "active.json").as_uri())
    pointer.move(active(1, "east"))
    for name in ("active.json", "active.json.history"):
        assert (tmp_path / "sub" / name).stat().st_mode & 0o777 == 0o600
