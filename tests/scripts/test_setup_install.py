"""scripts/setup compiles bytecode once, whatever the environment says, and only one set-up works at a time."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scripts.test_setup import script
from tests.toolchain import ROOT

BASH = shutil.which("bash") or "bash"

GO = """case "$1" in
  env) echo go1.99.0 ;;
  list) echo "{sdk}" ;;
  build)
    echo build >>"{log}"
    sleep 1
    while [ $# -gt 0 ]; do [ "$1" != -o ] || out="$2"; shift; done
    echo '#!/bin/sh' >"$out"; chmod +x "$out" ;;
esac"""
"""A Go whose builds take a second and are counted."""


class Machine:
    """Checkouts that share a cache, a Go that counts its builds, and a uv that has nothing to fetch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "builds"
        sdk = folder / "sdk"
        (sdk / "python" / "cmd").mkdir(parents=True)
        script(sdk / "python" / "cmd" / "pulumi-language-python-exec", "")
        (folder / "bin").mkdir()
        script(folder / "bin" / "go", GO.format(sdk=sdk, log=self.log))
        (folder / "bin" / "python3").symlink_to(sys.executable)
        self.env = {
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.defpath}",
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(folder / "a cache"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def checkout(self, name: str) -> Path:
        root = self.folder / name
        for part in ("scripts", "toolchain"):
            shutil.copytree(ROOT / part, root / part)
        shutil.copy2(ROOT / "requirements.txt", root)
        (root / "first").mkdir()
        (root / "first" / "__main__.py").write_text("", encoding="utf-8")
        (root / "package").mkdir()
        for module in ("__init__.py", "module.py"):
            (root / "package" / module).write_text("", encoding="utf-8")
        named = 'ROOT="$1"; . "$ROOT/scripts/lib/common.sh"; . "$ROOT/scripts/lib/python.sh"; uv_dir'
        uv = Path(subprocess.check_output([BASH, "-c", named, "uv", root], text=True).strip()) / "bin" / "uv"
        uv.parent.mkdir(parents=True)
        script(uv, 'echo "$*" >>"$(dirname "$0")/calls"')
        (uv.parent / "python").symlink_to(sys.executable)
        (root / ".venv" / "bin").mkdir(parents=True)
        script(root / ".venv" / "bin" / "python", f'exec "{sys.executable}" "$@"')
        return root

    def start(self, root: Path) -> "subprocess.Popen[str]":
        return subprocess.Popen([root / "scripts" / "setup"], env=self.env, stderr=subprocess.PIPE, text=True)

    def builds(self) -> int:
        return len(self.log.read_text(encoding="utf-8").splitlines())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_two_set_ups_at_once_build_the_engine_once(machine: Machine) -> None:
    both = [machine.start(machine.checkout(name)) for name in ("one", "two")]
    said = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("another set-up is running on this machine" in text for text in said) == 1
    assert machine.builds() == len(["pulumi", "pulumi-language-python"])
    assert all((machine.folder / name / ".local" / "engine-bin").is_file() for name in ("one", "two"))


def test_a_set_up_that_was_killed_holds_nobody_back(machine: Machine) -> None:
    root = machine.checkout("one")
    first = machine.start(root)
    assert first.stderr is not None
    while "building the Pulumi CLI" not in first.stderr.readline():
        assert first.poll() is None
    first.kill()
    first.communicate()
    second = machine.start(root)
    assert second.communicate()[1].endswith("[setup] ready\n")
    assert second.returncode == 0


def test_own_modules_are_compiled_once_and_after_a_change(machine: Machine) -> None:
    root = machine.checkout("one")

    def compiled() -> dict[str, int]:
        assert machine.start(root).communicate()[1] is not None
        return {path.name: path.stat().st_mtime_ns for path in root.glob("**/__pycache__/*.pyc")}

    first = compiled()
    assert {name.split(".")[0] for name in first} == {"__main__", "__init__", "module"}
    assert compiled() == first
    (root / "package" / "module.py").write_text("CHANGED = True\n", encoding="utf-8")
    again = compiled()
    assert {name for name in again if again[name] != first[name]} == {n for n in first if n.startswith("module")}


def test_the_locked_packages_of_this_checkout_are_compiled() -> None:
    site = next((ROOT / ".venv" / "lib").glob("python*/site-packages"))
    sources = list((site / "pulumi").rglob("*.py"))
    assert sources
    assert [source for source in sources if not list(source.parent.glob(f"__pycache__/{source.stem}.*.pyc"))] == []


def test_a_second_set_up_of_this_checkout_compiles_nothing() -> None:
    def compiled() -> dict[Path, int]:
        folders = [ROOT / ".venv", *(init.parent for init in ROOT.glob("*/__init__.py"))]
        files = (path for folder in folders for path in folder.rglob("*.pyc") if "pytest" not in path.name)
        return {path: path.stat().st_mtime_ns for path in files}

    env = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([ROOT / "scripts" / "setup"], env=env, check=True)
    first = compiled()
    subprocess.run([ROOT / "scripts" / "setup"], env=env, check=True)
    assert {path for path, when in compiled().items() if first.get(path) != when} == set()
