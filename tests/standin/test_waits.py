"""The two cadences, and how a wait ends."""

import pytest

from emulator.standin.waits import MINUTE, Pace, StateWait, WaitError
from tests.standin.bench import Clock, run

MIRROR = StateWait(["ACTIVE", "PENDING_STOPPED"], "STOPPED", 2, MINUTE, 5 * MINUTE)


def polls(clock: Clock, wait: StateWait, states: list[str], *, test_mode: bool = False) -> list[float]:
    seen: list[float] = []

    async def refresh() -> str:
        seen.append(clock.seconds)
        return states.pop(0) if len(states) > 1 else states[0]

    run(wait.run(clock.pace(test_mode=test_mode), refresh))
    return seen


def test_normal_cadence_polls_at_2_62_122() -> None:
    assert polls(Clock(), MIRROR, ["ACTIVE", "PENDING_STOPPED", "STOPPED"]) == [2, 62, 122]


def test_acceptance_cadence_polls_each_second() -> None:
    assert polls(Clock(), MIRROR, ["ACTIVE", "ACTIVE", "STOPPED"], test_mode=True) == [1, 2, 3]


@pytest.mark.parametrize("test_mode", [False, True])
def test_the_limit_counts_from_the_start(*, test_mode: bool) -> None:
    clock = Clock()
    with pytest.raises(WaitError, match=r"state to become 'STOPPED' \(last state: 'ACTIVE', timeout: 5m0s\)"):
        polls(clock, MIRROR, ["ACTIVE"], test_mode=test_mode)
    assert clock.seconds == 5 * MINUTE


def test_a_state_that_is_neither_pending_nor_target_ends_the_wait() -> None:
    with pytest.raises(WaitError, match="unexpected state 'FAILED', wanted target 'STOPPED'"):
        polls(Clock(), MIRROR, ["FAILED"])


def test_hits_must_be_in_a_row() -> None:
    wait = StateWait(["NO"], "YES", 0, 1, MINUTE, hits=2)
    assert len(polls(Clock(), wait, ["YES", "NO", "YES", "YES"])) == 4


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [({}, 10), ({"TF_ACC": "1"}, 0.5), ({"TF_ACC": "true"}, 10), ({"TF_ACC": "1", "TF_ACC_PROD": "1"}, 10)],
)
def test_plain_sleeps_follow_the_two_switches(environ: dict[str, str], seconds: float) -> None:
    clock, read = Clock(), Pace.of_environment(environ)
    pace = Pace(test_mode=read.test_mode, live_production=read.live_production, sleep=clock.sleep)
    run(pace.settle(10))
    assert clock.slept == [seconds]
