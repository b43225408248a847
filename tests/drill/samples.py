"""A small report, as a drill makes it."""

from __future__ import annotations

from typing import Any

from drill.figures import DISASTER, DONE, LOOKED, ORDERED, figures
from drill.heartbeat import Beat, Read, Record

MARKS = {DISASTER: 10.5, LOOKED: 14.0, ORDERED: 15.0, DONE: 21.0}
GROUPS = [
    {"group": "g", "topic": "heartbeat", "partition": 0, "restartAt": 7},
    {"group": "a", "topic": "heartbeat", "partition": 0, "restartAt": 8, "clampedFrom": 9, "clampedTo": 7},
]


def record() -> Record:
    """Ten writes on east, one per second, the last two not mirrored; two unknown; writing on west from second 20 on."""
    beats = [Beat(n, "east", n - 0.1, float(n), n) for n in range(1, 11)]
    beats += [Beat(11, "east", 11.0), Beat(12, "east", 12.0)]
    beats += [Beat(n, "west", n + 6.9, n + 7.0, n - 4) for n in range(13, 17)]
    reads = [Read(n, "east", n + 0.05) for n in range(1, 11)]
    reads += [Read(n, "west", 20.0 + n / 10) for n in (7, 8, 13, 14)]
    return Record(beats, reads, {"east": 0.0, "west": 19.5})


def report() -> dict[str, Any]:
    """The whole document."""
    seen = record()
    found = figures(seen, MARKS, "east", "west", 8, GROUPS)
    appended = {"topic": "heartbeat", "partition": 0, "offsets": [9, 10], "records": 2, "appended": 2}
    return found.to_json() | {
        "steps": [{"name": "pre<view>", "start": 10.5, "end": 14.0}, {"name": "flip", "start": 15.0, "end": 21.0}],
        "consumed": list(range(6, 16)),
        "recovery": {"missing": [[9, 10]], "appended": [appended | {"already there": 0}], "settled": True},
        "marks": MARKS,
        "beats": [[b.number, b.site, b.sent, b.acked, b.offset] for b in seen.beats],
        "reads": [[r.number, r.site, r.at] for r in seen.reads],
    }
