"""The demo works on a copy: edits show as a diff, nothing of the user's is emptied or overwritten."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.story import FAILOVER, REVERT
from demo.workspace import ROOT, Workspace, WorkspaceError


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "work copy", 5, 8190) as made:
        yield made


def test_the_committed_stack_file_is_left_alone(workspace: Workspace) -> None:
    committed = ROOT / "stacks" / "Pulumi.local.yaml"
    before = committed.read_bytes()
    workspace.edit(**FAILOVER)
    assert committed.read_bytes() == before
    assert "kafka-dr:primary: west" in workspace.stack_file.read_text(encoding="utf-8")


def test_the_port_is_written_into_the_copy(workspace: Workspace) -> None:
    text = (workspace.folder / "estate" / "Pulumi.local.yaml").read_text(encoding="utf-8")
    assert "confluentcloud:endpoint: http://127.0.0.1:5" in text
    assert "8190" not in "".join(line for line in text.splitlines() if not line.startswith("#"))


def test_an_edit_is_three_keys_and_nothing_else(workspace: Workspace) -> None:
    before = workspace.stack_file.read_text(encoding="utf-8")
    lines = workspace.edit(**FAILOVER)
    assert sorted(line.strip("+- ").replace(chr(34), "") for line in lines if line.startswith("+")) == sorted(
        f"kafka-dr:{k}: {v}" for k, v in FAILOVER.items()
    )
    workspace.edit(**REVERT)
    assert workspace.stack_file.read_text(encoding="utf-8") == before


def test_a_key_that_the_file_does_not_have_is_an_error(workspace: Workspace) -> None:
    with pytest.raises(KeyError, match="stands 0 times"):
        workspace.edit(primry="west")


def test_a_folder_with_something_else_in_it_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(WorkspaceError, match="name another folder"):
        Workspace(tmp_path, 5, 8190)
    assert (tmp_path / "thesis.txt").exists()


def test_two_demos_do_not_share_a_folder(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="another demo is running"):
        Workspace(workspace.folder, 5, 8190)
    assert workspace.stack_file.exists()


def test_a_finished_demo_frees_its_folder(tmp_path: Path) -> None:
    for _ in range(2):
        with Workspace(tmp_path / "again", 5, 8190) as made:
            made.edit(**FAILOVER)
