"""What the guard decided in this run of the engine, for the resources that come after it: one thing at a time.

The engine checks the guard before all that depends on it, in the same process, in each preview and each update.
"""

from __future__ import annotations

from typing import Final

from kafkadr.model.table import Kind


class Run:
    """Decisions of this process, by address of the record."""

    def __init__(self) -> None:
        self._kinds: dict[str, Kind] = {}

    def decided(self, record_url: str, kind: Kind) -> None:
        """Remember what the update is."""
        self._kinds[record_url] = kind

    def kind(self, record_url: str) -> Kind | None:
        """What the update is; None when no guard of this record has been checked, as in a team's own stack."""
        return self._kinds.get(record_url)


RUN: Final = Run()
