"""scripts/setup decides which Python and which engine; scripts/env hands them to a shell. Nothing is installed here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.toolchain import ROOT

TOOLS = ("bash", "dirname", "cat", "cut", "sed", "sort", "head", "tail", "tr", "uname", "sha256sum", "shasum", "env")


def script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A PATH folder with the basic tools, a good Python and a good Go, and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        if found:
            (folder / tool).symlink_to(found)
    script(folder / "python3", 'case "$2" in *platform*) echo 3.12.1;; esac; exit 0')
    script(folder / "go", "echo go1.99.0")
    return folder


def pulumi_of(version: str, folder: Path, *, language_host: bool = True) -> None:
    folder.mkdir(exist_ok=True)
    script(folder / "pulumi", f"echo v{version}")
    if language_host:
        script(folder / "pulumi-language-python", "")
        script(folder / "pulumi-language-python-exec", "")


def check(machine: Path, *, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    search = str(machine) if path is None else f"{path}{os.pathsep}{machine}"
    env = {"PATH": search, "HOME": str(machine.parent), "XDG_CACHE_HOME": str(machine.parent / "a cache")}
    return subprocess.run(
        [ROOT / "scripts" / "setup", "--check"], env=env, capture_output=True, text=True, check=False, cwd="/"
    )


def row(done: subprocess.CompletedProcess[str], name: str) -> str:
    return next(line for line in done.stdout.splitlines() if line.startswith(name))


def test_builds_the_engine_when_no_pulumi_is_on_path(machine: Path) -> None:
    done = check(machine)
    assert done.returncode == 0, done.stderr
    assert "to be built from Go modules with go 1.99.0" in row(done, "pulumi")
    assert "a cache/kafka-dr/toolchain/3.259.0-" in row(done, "pulumi")


@pytest.mark.parametrize(
    ("version", "language_host", "used"),
    [
        ("3.259.0", True, True),
        ("3.1000.0", True, True),
        ("3.258.9", True, False),
        ("3.99.0", True, False),
        ("3.272.0", False, False),
    ],
)
def test_takes_a_pulumi_from_path_when_new_enough_and_whole(
    machine: Path, tmp_path: Path, version: str, language_host: bool, used: bool
) -> None:
    own = tmp_path / "own pulumi"
    pulumi_of(version, own, language_host=language_host)
    found = row(check(machine, path=own), "pulumi")
    assert (f"{own}/pulumi (from PATH" in found) is used
    assert ("to be built" in found) is not used


def test_our_own_build_on_path_is_not_taken_for_the_users(machine: Path, tmp_path: Path) -> None:
    cache = tmp_path / "a cache" / "kafka-dr" / "toolchain" / "x"
    cache.mkdir(parents=True)
    pulumi_of("3.259.0", cache / "bin")
    assert "from PATH" not in row(check(machine, path=cache / "bin"), "pulumi")


@pytest.mark.parametrize(
    ("go", "python", "missing"),
    [
        (None, "exit 0", "no go >="),
        ("echo go1.20.1", "exit 0", "no go >="),
        ("echo go1.99.0", "exit 1", "no Python >= 3.11"),
    ],
)
def test_names_what_is_missing(machine: Path, go: str | None, python: str, missing: str) -> None:
    (machine / "go").unlink()
    if go:
        script(machine / "go", go)
    script(machine / "python3", python)
    done = check(machine)
    assert done.returncode == 1
    assert missing in done.stdout
    assert "MISSING" in done.stdout


def test_refuses_unknown_arguments() -> None:
    done = subprocess.run([ROOT / "scripts" / "setup", "--chek"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "unknown argument '--chek'" in done.stderr
    assert "remedy:" in done.stderr


def checkout(folder: Path, *, ready: bool) -> Path:
    (folder / "scripts").mkdir(parents=True)
    shutil.copy2(ROOT / "scripts" / "env", folder / "scripts" / "env")
    plugin = folder / "emulator" / "standin"
    plugin.mkdir(parents=True)
    script(plugin / "pulumi-resource-confluentcloud", "")
    if ready:
        (folder / ".local").mkdir()
        (folder / ".local" / "engine-bin").write_text("/somewhere/engine\n", encoding="utf-8")
    return folder


def sourced(folder: Path, show: str, **extra: str) -> subprocess.CompletedProcess[str]:
    command = f'. scripts/env && printf "%s" "{show}"'
    env = {"PATH": os.environ["PATH"], "PULUMI_CONFIG_PASSPHRASE": "users own", "PULUMI_STACK": "users"} | extra
    return subprocess.run(
        [shutil.which("bash") or "bash", "-c", command],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_env_points_pulumi_at_the_checkout_alone(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a checkout", ready=True)
    names = (
        "PULUMI_HOME",
        "PULUMI_BACKEND_URL",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_STACK",
    )
    done = sourced(folder, "|".join(f"${{{name}-none}}" for name in names))
    assert done.stdout.split("|") == [
        f"{folder}/.local/pulumi-home",
        f"file://{folder}/.local/state",
        f"{folder}/.local/passphrase",
        "none",
        "none",
    ]


def test_env_puts_python_engine_and_plugin_first(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a checkout", ready=True)
    path = sourced(folder, "$PATH").stdout.split(os.pathsep)
    assert path[:3] == [f"{folder}/.venv/bin", "/somewhere/engine", f"{folder}/emulator/standin"]


def test_env_takes_another_confluentcloud_plugin(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a checkout", ready=True)
    real = tmp_path / "real plugin"
    real.mkdir()
    refused = sourced(folder, "$PATH", KAFKADR_CONFLUENTCLOUD_PLUGIN=str(real))
    assert refused.returncode == 1
    assert f"no executable pulumi-resource-confluentcloud in {real}" in refused.stderr
    script(real / "pulumi-resource-confluentcloud", "")
    path = sourced(folder, "$PATH", KAFKADR_CONFLUENTCLOUD_PLUGIN=str(real)).stdout.split(os.pathsep)
    assert str(real) in path
    assert f"{folder}/emulator/standin" not in path


def test_env_says_when_setup_was_not_run(tmp_path: Path) -> None:
    done = sourced(checkout(tmp_path / "new", ready=False), "$PATH")
    assert done.returncode == 1
    assert "run scripts/setup first" in done.stderr
