"""`scripts/drill`: see the package's docstring."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import httpx2
from confluent_kafka import KafkaException

from demo.cloud import PREFERRED_PORT, Cloud, CloudError, free_port
from demo.engine import EngineError
from demo.screen import Screen
from demo.story import StoryError
from demo.workspace import ROOT, Workspace, WorkspaceError
from drill.clients import ClientError
from drill.page import page
from drill.story import Drill, report_of, write
from kafkadr.errors import DrError

_FAILURES = (
    StoryError, EngineError, CloudError, WorkspaceError, ClientError, DrError, KafkaException, ValueError,
    httpx2.HTTPError,
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Play the drill; 0 when every claim held, 1 when one did not, 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="scripts/drill", description=sys.modules["drill"].__doc__)
    parser.add_argument("--json", action="store_true", help="print the report and nothing else")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".local" / "drill", help="work copy, emptied (default: .local/drill)"
    )
    parser.add_argument(
        "--report", type=Path, help="folder for report.json and report.html (default: in the work copy)"
    )
    parser.add_argument("--lag", type=int, default=0, help="heartbeats kept from being mirrored, to have a loss")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    screen = Screen(quiet=options.json)
    folder = options.folder.resolve()
    try:
        report = _play(folder, screen, (options.report or folder / "report").resolve(), options.lag)
    except KeyboardInterrupt:
        return _failed(screen, "interrupted", 130)
    except _FAILURES as error:
        return _failed(screen, str(error), 1)
    screen.result(report)
    return 0


def _play(folder: Path, screen: Screen, out: Path, lag: int) -> dict[str, Any]:
    port = free_port()
    with (
        Workspace(folder, port, PREFERRED_PORT) as workspace,
        Cloud(port, folder / "emulator.log", data_plane="kafka") as cloud,
    ):
        drill = Drill(cloud, workspace, screen, lag)
        drill.play()
        report = report_of(drill)
        write(report, page(report), out)
        _summary(report, screen, out)
    return report


def _summary(report: dict[str, Any], screen: Screen, out: Path) -> None:
    rto, rpo = report["rto"], report["rpo"]
    rows = [[stage["name"], stage["seconds"]] for stage in rto["stages"]]
    rows.append(["together: RTO as a writing client sees it", rto["seconds"]])
    rows.append(["and as a reading one", rto["readingSeconds"]])
    screen.table(["stage", "seconds"], rows, title="Without service")
    screen.say(
        f"RPO: {rpo['records']} acknowledged writes were not mirrored, {rpo['seconds']} s of them; recovered since."
        f" Read twice: {report['duplicates']['records']}. Report: {out / 'report.html'}"
    )


def _failed(screen: Screen, reason: str, code: int) -> int:
    screen.failure(reason)
    screen.result({"ok": False, "error": reason})
    return code


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
