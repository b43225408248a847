"""The pack in the real engine's `pulumi preview`: a careless program is told of every rule it breaks."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from policies.rules import RULES
from tests.engine.projects import program
from tests.engine.pulumi_cli import PulumiStack, Ran
from tests.toolchain import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

PROGRAMS = ROOT / "tests" / "policies" / "programs"
VIOLATION = re.compile(r"- \[(advisory|mandatory)\] \[severity: \w+\]  ([\w-]+)  \(([^)]*)\)")


@pytest.fixture(scope="session")
def pack() -> Path:
    """The pack with its own Python environment."""
    made = subprocess.run([ROOT / "scripts" / "policies"], capture_output=True, text=True, check=True)
    return Path(made.stdout.strip())


def stack(folder: Path, name: str) -> PulumiStack:
    """A stack of one of the sample programs. Its preview asks nobody: everything in it is still to be created."""
    made = program(folder, (PROGRAMS / f"{name}.py").read_text("utf-8"))
    made.configure({"confluentcloud:endpoint": "http://127.0.0.1:9"})
    return made


def preview(of: PulumiStack, pack: Path, config: dict[str, object]) -> Ran:
    file = of.folder / "policy-config.json"
    file.write_text(json.dumps(config), "utf-8")
    return of.preview("--policy-pack", str(pack), "--policy-pack-config", str(file))


def test_a_careless_program_is_stopped_at_preview(pack: Path, tmp_path: Path) -> None:
    config = {"all": "mandatory", "patterns-anchored": {"patterns": {"billing": ".*numbers"}}}
    ran = preview(stack(tmp_path, "careless"), pack, config)
    assert not ran.ok
    found = VIOLATION.findall(ran.text)
    assert {level for level, _, _ in found} == {"mandatory"}, ran.text
    needs_a_flip = {"quarantined-after-flip"}  # its guard refuses to begin in that phase: see test_gate_recordings
    assert {rule for _, rule, _ in found} == {rule.name for rule in RULES} - needs_a_flip
    assert "plain-canary" not in ran.text


def test_a_careful_program_passes_and_levels_and_exemptions_are_obeyed(pack: Path, tmp_path: Path) -> None:
    careful = stack(tmp_path, "careful")
    ran = preview(careful, pack, {"all": "mandatory"})
    assert ran.ok, ran.text
    assert VIOLATION.findall(ran.text) == [] or {v[0] for v in VIOLATION.findall(ran.text)} == {"advisory"}, ran.text
    assert "compared with west by number only" in ran.text, "what could not be seen is said"
    assert "canary" not in ran.text
