"""The demo runs `pulumi` and does not lose what it said."""

from collections.abc import Callable
from pathlib import Path

import pytest

from demo.engine import Engine, EngineError
from demo.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A work copy, and a `pulumi` that says two lines and fails."""
    pulumi = tmp_path / "bin" / "pulumi"
    pulumi.parent.mkdir()
    pulumi.write_text("#!/bin/sh\necho arguments: $*\necho error: no such stack >&2\nexit 3\n", encoding="utf-8")
    pulumi.chmod(0o755)
    monkeypatch.setenv("PATH", str(pulumi.parent), prepend=":")
    with Workspace(tmp_path / "work copy", 5, 8190) as made:
        return made


@pytest.mark.parametrize("show", [None, print])
def test_a_failure_that_was_not_shown_is_in_the_error(workspace: Workspace, show: Callable[[str], None] | None) -> None:
    with pytest.raises(EngineError, match="ended with code 3") as caught:
        Engine(workspace, show).preview()
    assert ("error: no such stack" in str(caught.value)) is (show is None)


def test_lines_are_shown_as_they_come_and_kept(workspace: Workspace) -> None:
    seen: list[str] = []
    run = Engine(workspace, seen.append).preview(ok=(3,))
    assert seen == run.lines
    assert "error: no such stack" in seen
    assert any("preview" in line and "--non-interactive" in line for line in seen)


def test_quiet_commands_show_nothing(workspace: Workspace) -> None:
    seen: list[str] = []
    Engine(workspace, seen.append).run("stack", "output", ok=(3,), quiet=True)
    assert seen == []
