"""What an appended record is written with, where the client library cannot write it as it is."""

from __future__ import annotations

import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME, TIMESTAMP_NOT_AVAILABLE, Message

from kafkadr.recovery.append import Origin
from kafkadr.recovery.writing import Entry, Topic

ORIGIN = Origin("lkc-east", "t", 0, 2)


def message(kind: int, timestamp: int, value: bytes = b"value") -> Message:
    return Message(topic="t", partition=0, offset=7, key=b"k", value=value, timestamp=(kind, timestamp))


@pytest.mark.parametrize(
    ("kind", "timestamp", "written"),
    [
        (TIMESTAMP_CREATE_TIME, 1_700_000_000_000, 1_700_000_000_000),
        (TIMESTAMP_CREATE_TIME, -1, -1),
        (TIMESTAMP_CREATE_TIME, 0, 1),  # librdkafka writes the present time for 0
        (TIMESTAMP_NOT_AVAILABLE, 0, None),
    ],
)
def test_a_record_never_gets_the_present_time_in_place_of_its_own(kind: int, timestamp: int, written: int) -> None:
    assert Entry(message(kind, timestamp), []).timestamp == written


def test_a_timestamp_that_cannot_be_written_is_kept_in_a_header() -> None:
    named = dict(ORIGIN.headers(message(TIMESTAMP_CREATE_TIME, 0)))
    assert named["kafkadr.origin.timestamp"] == b"0"
    assert ORIGIN.offset_of(named.items()) == 7
    assert "kafkadr.origin.timestamp" not in dict(ORIGIN.headers(message(TIMESTAMP_CREATE_TIME, 1)))


def test_a_record_is_as_large_as_what_it_is_sent_with() -> None:
    entry = Entry(message(TIMESTAMP_CREATE_TIME, 1, b"v" * 500), [("name", b"1234"), ("null", None)])
    assert entry.size == 1 + 500 + 8 + 4
    assert entry.fits(Topic(compacted=False, largest=1000))
    assert not entry.fits(Topic(compacted=False, largest=550))
