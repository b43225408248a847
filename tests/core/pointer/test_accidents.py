"""What every pointer does when two move it at once, and when its service fails once, always or in the middle."""

import itertools
import threading
from pathlib import Path

import pytest
from botocore.config import Config

from kafkadr.errors import UnreachableError
from kafkadr.pointer import Active, LostRaceError, PointerStore, consul, open_pointer
from kafkadr.remote import aws, hashicorp
from tests.core.conftest import here
from tests.core.pointer.samples import active
from tests.core.pointer.test_contract import every, remote
from tests.services.benches import Bench


@pytest.fixture
def pointer(bench: Bench) -> PointerStore:
    return open_pointer(bench.pointer())


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
        *itertools.product(here("vault", "vault-real"), ["POST"]),
        *itertools.product(here("consul", "consul-real"), ["PUT"]),
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
