"""The seed's three numeric cases, and that the forecast adds up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kafkadr.filters import NameFilter, select
from kafkadr.forecast import Forecast, missing_of, restarts_of
from kafkadr.wire import GroupLag, Mirror, PartitionLag


def mirror(name: str, *lags: tuple[int, int]) -> Mirror:
    found = [PartitionLag(partition=i, lag=lag, last_source_fetch_offset=last) for i, (last, lag) in enumerate(lags)]
    return Mirror(mirror_topic_name=name, mirror_status="ACTIVE", mirror_lags=found)


def group(current: int, end: int) -> GroupLag:
    return GroupLag(topic_name="orders", partition_id=0, current_offset=current, log_end_offset=end)


def test_source_at_105_destination_at_100_leaves_101_to_105_behind() -> None:
    price = Forecast(missing_of([mirror("orders", (100, 5))]), ())

    assert price.at_risk == 5
    assert price.to_json(10)["rows"] == [{"topic": "orders", "partition": 0, "lag": 5, "from": 101, "to": 105}]


def test_group_synced_at_95_of_100_reads_96_to_100_again() -> None:
    (restart,) = restarts_of("billing", [group(96, 101)], frozenset({"orders"}))

    assert restart.to_json() == {
        "group": "billing",
        "topic": "orders",
        "partition": 0,
        "restartAt": 96,
        "repeatsFrom": 96,
        "repeatsTo": 100,
    }


def test_group_at_105_with_data_to_100_is_clamped_to_100() -> None:
    (restart,) = restarts_of("billing", [group(106, 101)], frozenset({"orders"}))

    assert restart.to_json() == {
        "group": "billing",
        "topic": "orders",
        "partition": 0,
        "restartAt": 101,
        "clampedFrom": 105,
        "clampedTo": 100,
    }


def test_partitions_of_other_topics_are_out_of_scope() -> None:
    assert restarts_of("billing", [group(1, 2)], frozenset({"payments"})) == ()


@given(st.lists(st.tuples(st.integers(-1, 10**9), st.integers(0, 10**6)), min_size=1, max_size=12), st.integers(1, 5))
def test_totals_do_not_depend_on_how_many_rows_are_shown(lags: list[tuple[int, int]], rows: int) -> None:
    price = Forecast(missing_of([mirror("orders", *lags)]), ())
    shown = price.to_json(rows)

    assert shown["messagesAtRisk"] == sum(lag for _, lag in lags)
    assert len(shown["rows"]) <= rows
    for row in shown["rows"]:
        assert row["to"] - row["from"] + 1 == row["lag"]


def test_an_exclude_wins_over_every_include() -> None:
    filters = [
        NameFilter(name="*"),
        NameFilter(name="test-", pattern_type="PREFIXED", filter_type="EXCLUDE"),
    ]

    assert select(["billing", "test-1"], filters) == ["billing"]
    assert select(["billing"], []) == []
