"""The examples that declare estate and switch in one program: made, failed over with the primary dead, taken down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulation import RunningEmulator
from tests.engine.pulumi_cli import PulumiStack
from tests.toolchain import ROOT, engine_env, yaml_host

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

MOST_LINES = 18


def example(name: str, folder: Path, emulator: RunningEmulator) -> PulumiStack:
    """A copy of an example whose config points at the emulator."""
    emulator.seed({"environments": [{"id": "env-t", "display_name": "test"}]})
    own = folder / name
    own.mkdir()
    project: dict[str, Any] = yaml.safe_load((ROOT / "examples" / name / "Pulumi.yaml").read_text("utf-8"))
    project["plugins"] = {"providers": [{"name": "kafkadr", "path": str(ROOT / "provider")}]}
    if (ROOT / "examples" / name / "__main__.py").exists():
        project["main"] = str(ROOT / "examples" / name)
    (own / "Pulumi.yaml").write_text(yaml.safe_dump(project, sort_keys=False), "utf-8")
    env = engine_env(folder) | {"PYTHONPATH": str(ROOT)}
    if name.startswith("yaml"):
        env["PATH"] = f"{yaml_host()}:{env['PATH']}"
    stack = PulumiStack(own, env)
    stack.init()
    stack.configure(
        {
            "confluentcloud:endpoint": emulator.url,
            f"{name}:environment": "env-t",
            f"{name}:store": (folder / "store").as_uri(),
        }
    )
    return stack


def clusters(emulator: RunningEmulator) -> dict[str, str]:
    """Cluster id by site."""
    found = emulator.truth()["cloud"]["clusters"].values()
    return {each["display_name"]: each["id"] for each in found}


def test_the_python_example_is_short() -> None:
    text = (ROOT / "examples" / "python-pair" / "__main__.py").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", '"""'))]
    assert len(lines) <= MOST_LINES


@pytest.mark.parametrize("name", ["python-pair", "yaml-pair"])
def test_an_example_is_made_failed_over_and_taken_down(emulator: RunningEmulator, tmp_path: Path, name: str) -> None:
    stack = example(name, tmp_path, emulator)
    ran = stack.up()
    assert ran.ok, ran.text
    assert stack.outputs()["active"] == "east"
    ran = stack.preview("--expect-no-changes")
    assert ran.ok, ran.text

    stack.configure(stack.config() | {f"{name}:primary": "west", f"{name}:epoch": 2, f"{name}:change": "failover"})
    site = clusters(emulator)
    emulator.control("POST", f"/clusters/{site['east']}/down", {"how": "close", "now": True})
    ran = stack.up()
    assert ran.ok, ran.text
    assert stack.outputs()["active"] == "west"
    mirrors = emulator.truth()["clusters"][site["west"]]["links"]["dr"]["mirrors"]
    assert mirrors == {"orders": "STOPPED", "payments": "STOPPED"}

    emulator.control("POST", f"/clusters/{site['east']}/up", {})
    ran = stack.run("state", "unprotect", "--all", "--yes")
    assert ran.ok, ran.text
    ran = stack.destroy()
    assert ran.ok, ran.text
    assert clusters(emulator) == {}
