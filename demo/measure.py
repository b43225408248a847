"""What each step cost: seconds, Pulumi's own count of resources, and the HTTP calls the cloud saw."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from demo.cloud import Cloud

MUTATING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass
class Step:
    """One step of the story."""

    name: str
    seconds: float = 0.0
    resources: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    """Calls per addressee: `cloud API` or a cluster id."""
    mutating: int = 0
    """Calls that may change something: all but GET and dry runs."""

    def to_json(self) -> dict[str, Any]:
        """Plain values for the report."""
        return {
            "name": self.name,
            "seconds": round(self.seconds, 2),
            "resources": self.resources,
            "calls": self.calls,
            "mutating": self.mutating,
        }


def is_mutation(entry: Mapping[str, Any]) -> bool:
    """Whether a call of the emulator's log may have changed something; a validate_only call cannot."""
    dry = any(name == "validate_only" and value == "true" for name, value in entry["query"])
    return entry["method"] in MUTATING and not dry


class Measure:
    """All steps so far."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.steps: list[Step] = []

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Measure one step; the cloud's request log starts empty."""
        self._cloud.control("DELETE", "/log")
        step = Step(name)
        started = time.monotonic()
        yield step
        step.seconds = time.monotonic() - started
        for entry in self._cloud.control("GET", "/log")["requests"]:
            to = entry["cluster"] or "cloud API"
            step.calls[to] = step.calls.get(to, 0) + 1
            step.mutating += is_mutation(entry)
        self.steps.append(step)
