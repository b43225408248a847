"""The status file: what a monitor or a drain hook may know about a wrapper. No secret is in it."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from drctl.runner.machine import State
from kafkadr.pointer import utc_now
from kafkadr.remote import files


class Status:
    """One JSON file, replaced as a whole at each change.

    Args:
        path: Where; None for nowhere.
        client: Name of the client.
        pointer: Address of the pointer.
    """

    def __init__(self, path: Path | None, client: str, pointer: str) -> None:
        self._path = path
        self._head = {"version": 1, "client": client, "pointer": pointer, "wrapperPid": os.getpid()}
        self._last: dict[str, Any] = {}

    def floor(self) -> int:
        """Epoch of the last wrapper with this file and pointer, so that a restart does not go back either; else 0."""
        with suppress(OSError, ValueError, TypeError, AttributeError):
            if self._path:
                found = json.loads(self._path.read_bytes())
                if found["pointer"] == self._head["pointer"]:
                    return int(found["pointerEpoch"] or 0)
        return 0

    def show(self, state: State, pid: int | None, exit_code: int | None = None) -> None:
        """Write what has changed.

        Raises:
            DrError: It cannot be written.
        """
        if self._path is None:
            return
        running = state.running if pid else None
        document: dict[str, Any] = self._head | {
            "phase": state.phase.value if exit_code is None else "ended",
            "epoch": running.epoch if running else None,
            "site": running.site if running else None,
            "clusterId": running.cluster_id if running else None,
            "pid": pid,
            "pointerEpoch": state.active.epoch if state.active else state.floor or None,
            "pointerSite": state.active.site if state.active else None,
            "restarts": state.restarts,
            "unreadable": sorted(state.told),
            "exitCode": exit_code,
        }
        if document == self._last:
            return
        with files.told(self._path, writing=True):
            files.replace(self._path, json.dumps(document | {"since": utc_now()}, indent=1, sort_keys=True).encode())
        self._last = document
