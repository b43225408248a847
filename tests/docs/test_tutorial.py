"""The tutorial works as printed: its commands are run one after the other in one shell, on a work copy."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from demo.cloud import PREFERRED_PORT, free_port
from demo.workspace import Workspace
from tests.toolchain import ROOT, engine_bin

BLOCK = re.compile(r"^```sh( fails)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
NEEDED = ("scripts", "demo", "drctl", "emulator", "policies", ".venv")
LEFT_BEHIND = 97


def as_script(text: str, port: int) -> str:
    """The tutorial's blocks as one script that stops at the first surprise, and leaves no emulator behind."""
    lines = ["set -e", "trap 'kill ${EMULATOR:-} 2>/dev/null || true' EXIT"]
    for fails, block in BLOCK.findall(text.replace(str(PREFERRED_PORT), str(port))):
        body = block.replace("scripts/setup\n", "")  # the work copy borrows the environment that is there
        lines.append(f"if (\n{body}); then exit {LEFT_BEHIND}; fi" if fails else body)
    lines += ["trap - EXIT", "wait $EMULATOR"]  # what the tutorial ended is really gone
    return "\n".join(lines)


@pytest.mark.engine
@pytest.mark.timeout(900)  # a bound for a busy machine, not a figure
def test_the_tutorial_works_as_printed(tmp_path: Path) -> None:
    port = free_port()
    with Workspace(tmp_path / "work copy", port, PREFERRED_PORT) as work:
        for name in NEEDED:
            (work.folder / name).symlink_to(ROOT / name)
        local = work.folder / ".local"
        for folder in (local / "state", local / "pulumi-home"):
            folder.mkdir(parents=True)
        (local / "engine-bin").write_text(f"{engine_bin()}\n", encoding="utf-8")
        (local / "passphrase").write_text("tutorial\n", encoding="utf-8")
        script = as_script((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"), port)
        done = subprocess.run(
            ["bash", "-c", script],  # noqa: S607
            cwd=work.folder,
            env=os.environ | {"HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=840,
        )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15" in said
    assert "STOPPED" in said
    assert "{'dr-topic': {'0': 5}}" in said, "the group goes on at 6"
    assert '"lastSourceFetchOffset": 9' in said
