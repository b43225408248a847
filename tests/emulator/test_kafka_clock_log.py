"""Clock and partition logs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.clock import Clock
from emulator.kafka.log import Partition, Record


@pytest.mark.parametrize("mode", ["real", "manual"])
def test_a_jump_plays_every_period_at_its_own_moment(mode: str) -> None:
    clock = Clock("real" if mode == "real" else "manual", wall=lambda: 1000.0)
    seen: list[int] = []
    clock.every(10, lambda: seen.append(clock.now_ms()))
    clock.after(25, lambda: seen.append(-clock.now_ms()))
    clock.advance(31)
    assert seen == [1_010_000, 1_020_000, -1_025_000, 1_030_000]
    assert clock.now_ms() == 1_031_000


def test_manual_time_stands_still_and_real_time_goes_on_after_a_change_of_mode() -> None:
    wall = [100.0]
    clock = Clock("real", wall=lambda: wall[0])
    clock.advance(50)
    clock.set_mode("manual")
    wall[0] += 7
    assert clock.now_ms() == 150_000
    clock.set_mode("real")
    wall[0] += 1
    assert clock.now_ms() == 151_000


def test_cancelled_jobs_do_not_run_and_time_never_goes_back() -> None:
    clock = Clock("manual", wall=lambda: 0.0)
    seen: list[str] = []
    job = clock.every(1, lambda: seen.append("cancelled"))
    clock.every(1, lambda: seen.append("forgotten"))
    job.cancel()
    clock.cancel_all()
    clock.after(1, lambda: seen.append("kept"))
    clock.advance(5)
    assert seen == ["kept"]
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)


def test_a_job_may_cancel_itself_and_schedule_another() -> None:
    clock = Clock("manual", wall=lambda: 0.0)
    seen: list[int] = []

    def once() -> None:
        seen.append(clock.now_ms())
        job.cancel()
        clock.after(2, lambda: seen.append(clock.now_ms()))

    job = clock.every(1, once)
    clock.advance(10)
    assert seen == [1000, 3000]


def test_records_keep_offset_payload_and_time_on_their_way() -> None:
    source, mirror = Partition(), Partition()
    source.append_count(1_000_000, 1)
    assert len(source.batches) == 1
    offset = source.append(Record(b"v", b"k"), 2)
    source.append_count(3, 3)
    assert mirror.copy_from(source, source.end - 2) == 1_000_002
    assert [(batch.base, batch.count, batch.timestamp_ms) for batch in mirror.batches] == [
        (0, 1_000_000, 1),
        (offset, 1, 2),
        (offset + 1, 1, 3),
    ]
    assert mirror.copy_from(source, source.end) == 2
    assert next(mirror.payloads()).record == Record(b"v", b"k")
    assert source.offset_at(3) == offset + 1
    assert source.offset_at(9) == source.end


def test_a_log_that_starts_later_is_mirrored_from_its_start() -> None:
    source, mirror = Partition(40), Partition()
    source.append_count(5, 0)
    assert mirror.copy_from(source, source.end) == 5
    assert (mirror.start, mirror.end) == (40, 45)


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=20), st.integers(0, 60), st.integers(0, 60))
def test_copies_are_prefixes_and_truncation_forgets_exactly_the_tail(
    writes: list[tuple[int, bool]], upto: int, cut: int
) -> None:
    source, mirror = Partition(), Partition()
    for count, single in writes:
        if single:
            source.append(Record(str(count).encode()), count)
        else:
            source.append_count(count, count)
    mirror.copy_from(source, min(upto, source.end))
    assert mirror.end == min(upto, source.end)
    removed = mirror.truncate(cut)
    assert removed == max(0, min(upto, source.end) - cut)
    assert sum(batch.count for batch in mirror.batches) == mirror.end
    mirror.copy_from(source, source.end)
    expected = [(batch.base, batch.record) for batch in source.payloads()]
    assert [(batch.base, batch.record) for batch in mirror.payloads()] == expected
