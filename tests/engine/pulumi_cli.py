"""The real `pulumi` command against one stack, as an operator runs it: exit code, text, events, state.

The command itself and not the Automation API, because the claim under test is what the operator sees: the exit code
of `pulumi up` with its preview inside (ADR 0003).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

COMMAND_SECONDS = 240


def kill_all_of(process: subprocess.Popen[str]) -> None:
    """SIGKILL a started command and all its plugins: each has a process group of its own, but the command's session.

    The language host would otherwise stay for ever: it does not notice that its engine was killed.
    """
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(ProcessLookupError):
                if os.getsid(int(entry.name)) == process.pid:
                    os.kill(int(entry.name), signal.SIGKILL)


@dataclass(frozen=True)
class Ran:
    """A finished command."""

    code: int
    text: str

    @property
    def ok(self) -> bool:
        return self.code == 0


@dataclass
class PulumiStack:
    """One stack: a folder with Pulumi.yaml and the stack's config file, and an environment of its own."""

    folder: Path
    env: dict[str, str]
    name: str = "test"

    @property
    def config_file(self) -> Path:
        return self.folder / f"Pulumi.{self.name}.yaml"

    def configure(self, config: Mapping[str, Any]) -> None:
        """Replace the config; what the engine itself keeps in the file (the salt) stays."""
        kept = {}
        if self.config_file.exists():
            found = yaml.safe_load(self.config_file.read_text("utf-8")) or {}
            kept = {k: v for k, v in found.items() if k != "config"}
        self.config_file.write_text(yaml.safe_dump(kept | {"config": dict(config)}), "utf-8")

    def config(self) -> dict[str, Any]:
        """The config as it stands in the file."""
        found: dict[str, Any] = yaml.safe_load(self.config_file.read_text("utf-8"))["config"]
        return found

    def edit(self, **keys: object) -> None:
        """Edit keys of the project's namespace, as a reviewed diff would."""
        self.configure(self.config() | {f"kafka-dr:{k}": v for k, v in keys.items()})

    def init(self) -> None:
        assert self.run("stack", "init", self.name).ok

    def up(self, *more: str) -> Ran:
        return self.run("up", "--yes", *more)

    def preview(self, *more: str) -> Ran:
        return self.run("preview", *more)

    def refresh(self, *more: str) -> Ran:
        return self.run("refresh", "--yes", *more)

    def destroy(self, *more: str) -> Ran:
        return self.run("destroy", "--yes", *more)

    def outputs(self) -> dict[str, Any]:
        ran = self.run("stack", "output", "--json", "--show-secrets")
        assert ran.ok, ran.text
        found: dict[str, Any] = json.loads(ran.text)
        return found

    def export(self) -> dict[str, Any]:
        """State as the engine keeps it, secrets encrypted."""
        ran = self.run("stack", "export")
        assert ran.ok, ran.text
        found: dict[str, Any] = json.loads(ran.text)["deployment"]
        return found

    def resources(self, token: str) -> list[dict[str, Any]]:
        return [r for r in self.export().get("resources", []) if r["type"] == token]

    def run(self, *words: str) -> Ran:
        with self.start(*words) as process:
            try:
                text, _ = process.communicate(timeout=COMMAND_SECONDS)
            except subprocess.TimeoutExpired:
                kill_all_of(process)
                raise
        return Ran(process.returncode, text)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own, so that a test may kill it with its plugins."""
        quiet = ["--non-interactive", "--color", "never", "--cwd", str(self.folder)]
        stack = [] if words[:2] == ("stack", "init") else ["--stack", self.name]
        return subprocess.Popen(
            [shutil.which("pulumi", path=self.env["PATH"]) or "pulumi", *words, *stack, *quiet],
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
