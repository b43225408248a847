"""`pulumi preview --json` as a CI job runs it, in both forms."""

from __future__ import annotations

import shutil
import subprocess

from tests.engine.pulumi_cli import COMMAND_SECONDS, PulumiStack


def preview_json(stack: PulumiStack, *more: str, stream: bool = False) -> str:
    """What it printed on stdout: the digest, or with `stream` one event per line. It may have failed."""
    pulumi = shutil.which("pulumi", path=stack.env["PATH"]) or "pulumi"
    where = ["--stack", stack.name, "--cwd", str(stack.folder), "--non-interactive", "--color", "never"]
    env = stack.env | ({"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"} if stream else {})
    ran = subprocess.run(
        [pulumi, "preview", "--json", *more, *where],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_SECONDS,
    )
    return ran.stdout
