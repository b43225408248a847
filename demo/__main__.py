"""`scripts/demo`: see the package's docstring."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

import httpx2

from demo.cloud import PREFERRED_PORT, Cloud, CloudError, free_port
from demo.engine import EngineError
from demo.screen import Screen
from demo.story import PRIMARY, Story, StoryError
from demo.workspace import ROOT, Workspace, WorkspaceError


def main(arguments: list[str] | None = None) -> int:
    """Play the story; 0 when every claim held, 1 when one did not, 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=sys.modules["demo"].__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    parser.add_argument(
        "--port", type=int, help=f"port of the emulator, 0 for any (default: {PREFERRED_PORT}, or any when it is taken)"
    )
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".local" / "demo", help="work copy, emptied (default: .local/demo)"
    )
    options = parser.parse_args(arguments)
    preferred = (PREFERRED_PORT,) if options.port is None else ()
    signal.signal(signal.SIGTERM, _stop)
    screen = Screen(quiet=options.json)
    try:
        story = _play(options.port or free_port(*preferred), options.folder.resolve(), screen)
    except KeyboardInterrupt:
        return _failed(screen, "interrupted", 130)
    except (StoryError, EngineError, CloudError, WorkspaceError, httpx2.HTTPError) as error:
        return _failed(screen, str(error), 1)
    screen.result({"ok": True, "steps": [step.to_json() for step in story.measure.steps]} | story.result)
    return 0


def _failed(screen: Screen, reason: str, code: int) -> int:
    screen.failure(reason)
    screen.result({"ok": False, "error": reason})
    return code


def _play(port: int, folder: Path, screen: Screen) -> Story:
    with Workspace(folder, port, PREFERRED_PORT) as workspace, Cloud(port, folder / "emulator.log") as cloud:
        story = Story(cloud, workspace, screen)
        story.play()
        _summary(story, screen)
    return story


def _summary(story: Story, screen: Screen) -> None:
    columns = ["step", "seconds", "Pulumi", "cloud API", "old primary", "survivor", "mutating"]
    rows = [
        [
            step.name,
            step.seconds,
            _resources(step.resources),
            step.calls.get("cloud API", 0),
            step.calls.get(PRIMARY, 0),
            step.calls.get(story.standby, 0),
            step.mutating,
        ]
        for step in story.measure.steps
    ]
    screen.table(columns, rows, title="What it took: seconds, resources, and HTTP calls the cloud saw")
    screen.say(
        f"The work copy with its stack file, state and ledger stays in {story.workspace.folder.name}/ under .local."
    )


def _resources(counts: dict[str, int]) -> str:
    changed = {verb: count for verb, count in counts.items() if verb != "unchanged"}
    return ", ".join(f"{count} {verb}" for verb, count in (changed or counts).items())


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
