"""What every pointer does, whichever service keeps it."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.config import Config

from kafkadr.errors import UnreachableError
from kafkadr.pointer import (
    Active,
    DamagedError,
    DeletedError,
    DeniedError,
    LostRaceError,
    PointerStore,
    ReadOnlyError,
    StaleEpochError,
    consul,
    open_pointer,
)
from kafkadr.remote import aws, hashicorp
from tests.core.conftest import STARTS
from tests.core.pointer.samples import active
from tests.services.benches import Bench

REMOTE = [name for name in STARTS if name != "file"]
every = pytest.mark.parametrize("bench", STARTS, indirect=True)
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


@pytest.mark.parametrize("bench", [name for name in STARTS if name != "aws"], indirect=True)
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


@pytest.mark.parametrize("bench", ["file", "consul", "consul-real"], indirect=True)
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


@remote
@pytest.mark.parametrize("fault", ["drop", "busy", "lose"])
def test_one_failure_goes_unnoticed(bench: Bench, pointer: PointerStore, fault: str) -> None:
    assert bench.proxy is not None
    for move in (active(1, "east"), active(2, "west")):
        bench.proxy.fail(fault, times=1)  # type: ignore[arg-type]
        assert pointer.move(move) == move
    bench.proxy.fail(fault, times=1)  # type: ignore[arg-type]
    assert pointer.read() == active(2, "west")
    assert pointer.history() == [active(2, "west"), active(1, "east")]


@pytest.mark.parametrize(
    ("bench", "write"),
    [
        ("aws", "secretsmanager.UpdateSecretVersionStage"),
        ("aws", "secretsmanager.PutSecretValue"),
        ("vault", "POST"),
        ("vault-real", "POST"),
        ("consul", "PUT"),
        ("consul-real", "PUT"),
    ],
    indirect=["bench"],
)
def test_a_move_whose_answer_got_lost_is_found_done(bench: Bench, pointer: PointerStore, write: str) -> None:
    assert bench.proxy is not None
    pointer.move(active(1, "east"))
    bench.proxy.fail("lose", times=1, only=write)
    assert pointer.move(active(2, "west")) == active(2, "west")
    assert pointer.history() == [active(2, "west"), active(1, "east")]


@remote
@pytest.mark.parametrize("fault", ["drop", "busy"])
def test_failing_always_is_unreachable_and_moves_nothing(bench: Bench, pointer: PointerStore, fault: str) -> None:
    assert bench.proxy is not None
    pointer.move(active(1, "east"))
    bench.proxy.fail(fault)  # type: ignore[arg-type]
    for attempt in (pointer.read, pointer.history, lambda: pointer.move(active(2, "west"))):
        with pytest.raises(UnreachableError):
            attempt()
    bench.proxy.heal()
    assert pointer.read() == active(1, "east")


@remote
def test_a_service_that_hangs_is_left_in_bounded_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bench.proxy is not None
    monkeypatch.setattr(aws, "_BOUNDS", aws._BOUNDS.merge(Config(read_timeout=0.2)))  # noqa: SLF001
    monkeypatch.setattr(hashicorp, "TIMEOUTS", (3.0, 0.2))
    monkeypatch.setattr(consul, "TIMEOUTS", (3.0, 0.2))
    bench.proxy.requests.clear()
    bench.proxy.fail("hang")
    with pytest.raises(UnreachableError):
        open_pointer(bench.pointer()).read()
    assert len(bench.proxy.requests) == 3


@every
def test_fifty_races_have_one_winner_each_and_the_loser_knows_it(bench: Bench) -> None:
    address = bench.pointer()
    stores = {site: open_pointer(address) for site in ("east", "west")}
    winners = [_race(stores, epoch) for epoch in range(1, 51)]
    history = stores["east"].history()
    assert history[0] == winners[-1]
    if not address.startswith("vault+"):  # whose engine keeps ten versions
        assert history == winners[::-1]


def _race(stores: dict[str, PointerStore], epoch: int) -> Active:
    """Two writers want the same epoch at once; the winner, after the loser's words were judged."""
    start = threading.Barrier(len(stores))
    told: dict[str, Active | Exception] = {}

    def run(site: str) -> None:
        start.wait()
        try:
            told[site] = stores[site].move(active(epoch, site, when=f"2026-11-24T01:00:00.{epoch:03}Z"))
        except Exception as error:  # noqa: BLE001
            told[site] = error

    threads = [threading.Thread(target=run, args=(site,)) for site in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = [result for result in told.values() if isinstance(result, Active)]
    losers = [result for result in told.values() if isinstance(result, LostRaceError)]
    assert (len(winner), len(losers)) == (1, 1), told
    assert losers[0].winner == winner[0]
    assert f"{winner[0].who} moved the pointer to {winner[0].site} in epoch {epoch} at {winner[0].when}" in str(
        losers[0]
    )
    return winner[0]


def test_a_move_that_a_killed_run_wrote_down_and_did_not_make_is_no_history(tmp_path: Path) -> None:
    pointer = open_pointer((tmp_path / "active.json").as_uri())
    pointer.move(active(1, "east"))
    with (tmp_path / "active.json.history").open("a", encoding="utf-8") as file:
        file.write(active(2, "nowhere").to_json() + "\n")
    assert pointer.history() == [active(1, "east")]
    pointer.move(active(2, "west"))
    assert pointer.history() == [active(2, "west"), active(1, "east")]


@pytest.mark.parametrize("bench", ["aws"], indirect=True)
def test_a_secret_that_others_made_empty_is_used(bench: Bench) -> None:
    address = bench.pointer()
    bench.plant(address, "")
    pointers = {site: open_pointer(address) for site in ("east", "west")}
    assert pointers["east"].read() is None
    winner = _race(pointers, 1)
    assert pointers["east"].history() == [winner]
    assert _race(pointers, 2).epoch == 2


def test_files_are_private(tmp_path: Path) -> None:
    pointer = open_pointer((tmp_path / "sub" / "active.json").as_uri())
    pointer.move(active(1, "east"))
    for name in ("active.json", "active.json.history"):
        assert (tmp_path / "sub" / name).stat().st_mode & 0o777 == 0o600
