"""The faults in force, and the outage of the cloud API."""

import random
from dataclasses import dataclass, field
from typing import Any, Literal

from emulator.call import Call
from emulator.clock import Clock
from emulator.faults.model import FaultSpec, Throttle

Outage = Literal["close", "hang", "503"]


@dataclass
class Fault:
    """A fault in force with its counters."""

    id: int
    spec: FaultSpec
    seen: int = 0
    fired: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)
    _buckets: dict[str | None, tuple[float, int]] = field(default_factory=dict, repr=False)

    def fires(self, call: Call) -> bool:
        """Count the call and decide."""
        match = self.spec.match
        if not match.meets(call):
            return False
        self.seen += 1
        limit = match.times or (1 if match.nth else None)
        if self.seen < (match.nth or 1) or (limit is not None and self.fired >= limit):
            return False
        if self.dice.random() >= match.probability:
            return False
        self.fired += 1
        return True

    def admits(self, throttle: Throttle, cluster: str | None, now_ms: int) -> bool:
        """Take a token of the cluster's bucket, or say there is none."""
        tokens, since_ms = self._buckets.get(cluster, (float(throttle.burst), now_ms))
        tokens = min(throttle.burst, tokens + (now_ms - since_ms) / 1000 * throttle.rate)
        admitted = tokens >= 1
        self._buckets[cluster] = (tokens - 1 if admitted else tokens, now_ms)
        return admitted

    def dump(self) -> dict[str, Any]:
        """JSON form."""
        return {"id": self.id, "seen": self.seen, "fired": self.fired} | self.spec.model_dump()


class FaultBox:
    """All faults in force, in the order in which they were added."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.cloud_outage: Outage | None = None
        self._faults: dict[int, Fault] = {}
        self._last_id = 0

    def add(self, spec: FaultSpec) -> Fault:
        """Put a fault in force."""
        self._last_id += 1
        fault = Fault(self._last_id, spec, dice=random.Random(spec.match.seed))  # noqa: S311 (reproducible, not secret)
        self._faults[fault.id] = fault
        return fault

    def remove(self, fault_id: int) -> bool:
        """Lift a fault; False when there is none of this id."""
        return self._faults.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Lift all faults and the outage of the cloud API."""
        self._faults.clear()
        self.cloud_outage = None

    def firing(self, call: Call) -> list[Fault]:
        """The faults that this call meets."""
        return [fault for fault in self._faults.values() if fault.fires(call)]

    def dump(self) -> list[dict[str, Any]]:
        """JSON form of all faults."""
        return [fault.dump() for fault in self._faults.values()]
