"""The real Pulumi engine, run as a person runs it: `pulumi up`, `pulumi preview`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from demo.workspace import STACK, Workspace

_COUNT = re.compile(
    r"^ +(?:[+~-]+ )?(\d+) (created?|to create|updated?|to update|deleted?|to delete|unchanged|replaced)$"
)


class EngineError(Exception):
    """Pulumi ended otherwise than the story needs."""


@dataclass
class Run:
    """One finished command."""

    command: str
    code: int
    seconds: float
    lines: list[str] = field(repr=False)

    @property
    def counts(self) -> dict[str, int]:
        """Resources per kind of step, from Pulumi's own summary: `{"created": 31}`, `{"to update": 2, ...}`."""
        return {match[2]: int(match[1]) for line in self.lines if (match := _COUNT.match(line))}

    @property
    def text(self) -> str:
        """All it printed."""
        return "\n".join(self.lines)


class Engine:
    """Pulumi on one project of a work copy.

    Args:
        workspace: The work copy.
        show: Called with each line that Pulumi prints.
        project: Folder of the project within it: the switch is at the top, the estate in `estate`.
    """

    def __init__(self, workspace: Workspace, show: Callable[[str], None] | None, project: str = ".") -> None:
        self._folder = workspace.folder / project
        self._show = show
        self._env = os.environ | {"PULUMI_BACKEND_URL": workspace.backend_url}

    def run(self, *arguments: str, ok: Sequence[int] = (0,), quiet: bool = False) -> Run:
        """Run `pulumi ARGUMENTS`, showing what it prints as it prints it.

        Raises:
            EngineError: It ended with a code that is not in `ok`.
        """
        started = time.monotonic()
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
        lines: list[str] = []
        shown = None if quiet else self._show
        with subprocess.Popen(  # noqa: S603 - the engine scripts/setup chose
            command,
            cwd=self._folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                for raw in process.stdout or ():
                    line = raw.rstrip()
                    lines.append(line)
                    if shown:
                        shown(line)
            except BaseException:
                # Pulumi then ends its plugins and itself; leaving the block would otherwise wait for the whole update.
                process.send_signal(signal.SIGINT)
                raise
        run = Run("pulumi " + " ".join(arguments), process.returncode, time.monotonic() - started, lines)
        if run.code not in ok:
            raise EngineError(f"`{run.command}` ended with code {run.code}\n" + "\n".join(() if shown else lines[-40:]))
        return run

    def up(self, *arguments: str) -> Run:
        """Run `pulumi up` without a second preview."""
        return self.run("up", "--yes", "--skip-preview", "--suppress-outputs", "--suppress-progress", *arguments)

    def preview(self, *arguments: str, ok: Sequence[int] = (0,)) -> Run:
        """Run `pulumi preview`."""
        return self.run("preview", "--suppress-outputs", "--suppress-progress", *arguments, ok=ok)

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs with secrets; only for use, never for showing."""
        run = self.run("stack", "output", "--json", "--show-secrets", quiet=True)
        outputs: dict[str, Any] = json.loads(run.text)
        return outputs

    def init(self) -> None:
        """Create the stack in the work copy's own state."""
        self.run("stack", "init", STACK, quiet=True)
