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
        self._active: dict[str, str] = {}

    def decided(self, record_url: str, kind: Kind, active: str) -> None:
        """Remember what the update is, and the cluster that is active once it has ended."""
        self._kinds[record_url] = kind
        self._active[record_url] = active

    def active(self, record_url: str) -> str:
        """Cluster that is active once the update has ended, for a preview of a birth; empty when nobody has decided."""
        return self._active.get(record_url, "")

    def kind(self, record_url: str) -> Kind | None:
        """What the update is; None when no guard of this record has been checked, as in a team's own stack."""
        return self._kinds.get(record_url)


RUN: Final = Run()
