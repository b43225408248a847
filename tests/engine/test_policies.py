"""The pack in the real engine's `pulumi preview`: a careless program is told of every rule it breaks."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from policies.rules import RULES
from tests.emulation import RunningEmulator
from tests.engine.gating import policy_pack
from tests.engine.projects import local_pair, program
from tests.engine.pulumi_cli import PulumiStack, Ran
from tests.engine.standing import EAST, FAILOVER, LINK, build
from tests.policies.cases.case import UNDECIDED
from tests.toolchain import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

PROGRAMS = ROOT / "tests" / "policies" / "programs"
VIOLATION = re.compile(r"- \[(advisory|mandatory)\] \[severity: \w+\]  ([\w-]+)  \(([^)]*)\)")


@pytest.fixture(scope="session")
def pack() -> Path:
    return policy_pack()


NEED_A_FLIP = {"quarantined-after-flip"}
"""Rules for a phase in which no stack begins; they have a program of their own here."""
UNKNOWN_AFTER_A_FLIP = NEED_A_FLIP | {"protected"}
"""Rules that read what may be unknown in such a phase alone."""


def stack(folder: Path, name: str) -> PulumiStack:
    """A stack of one of the sample programs. Its preview asks nobody: everything in it is still to be created."""
    made = program(folder, (PROGRAMS / f"{name}.py").read_text("utf-8"))
    made.configure({"confluentcloud:endpoint": "http://127.0.0.1:9"})
    return made


def preview(of: PulumiStack, pack: Path, config: Mapping[str, object]) -> Ran:
    file = of.folder / "policy-config.json"
    file.write_text(json.dumps(config), "utf-8")
    return of.preview("--policy-pack", str(pack), "--policy-pack-config", str(file))


def broken(ran: Ran) -> set[str]:
    """Rules with a violation; advisory are only notes where all rules are mandatory."""
    return {rule for level, rule, _ in VIOLATION.findall(ran.text) if level == "mandatory"}


def test_a_careless_program_is_stopped_at_preview(pack: Path, tmp_path: Path) -> None:
    config = {"all": "mandatory", "patterns-anchored": {"patterns": {"billing": ".*numbers"}}}
    ran = preview(stack(tmp_path, "careless"), pack, config)
    assert not ran.ok
    assert broken(ran) == {rule.name for rule in RULES} - NEED_A_FLIP, ran.text
    assert "cluster lkc-north is adopted, and nothing is known of it" in ran.text, "a note, no violation"
    assert "plain-canary" not in ran.text


def test_a_careful_program_passes_before_anything_exists(pack: Path, tmp_path: Path) -> None:
    careful = stack(tmp_path, "careful")
    ran = preview(careful, pack, {"all": "mandatory"})
    assert ran.ok, ran.text
    assert broken(ran) == set(), ran.text
    assert "compared with west by number only" in ran.text, "what could not be seen is said"
    assert "canary" not in ran.text


PREFIXED = {"name": "dr-link", "prefix": "east."}
TOPOLOGIES: dict[str, dict[str, Any]] = {
    "destination-initiated": {},
    "source-initiated": {"link": {"name": "dr-link", "mode": "source-initiated"}},
    "bidirectional": {"link": {"name": "dr-link", "mode": "bidirectional", "home": "east"}},
    "prefix": {"link": PREFIXED, "sync": {"acls": {"enabled": False}}, "aclLink": {"name": "acls", "filters": [{}]}},
    "auto-create": {"onboarding": {"mode": "auto-create", "filters": [{"name": "orders."}]}},
}


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_a_new_pair_of_this_project_passes_before_anything_exists(
    emulator: RunningEmulator, pack: Path, tmp_path: Path, name: str
) -> None:
    new = local_pair(tmp_path, emulator.url)
    settings = new.config()["kafka-dr:settings"]
    new.edit(settings={**settings, **TOPOLOGIES[name], "sync": settings["sync"] | TOPOLOGIES[name].get("sync", {})})
    ran = preview(new, pack, {"all": "mandatory"})
    assert ran.ok, ran.text
    assert broken(ran) == set(), ran.text


def test_what_only_the_update_will_tell_stops_every_rule_that_reads_it(pack: Path, tmp_path: Path) -> None:
    ran = preview(stack(tmp_path, "clouded"), pack, {"all": "mandatory"})
    assert not ran.ok
    found = VIOLATION.findall(ran.text)
    assert broken(ran) == {rule.name for rule in RULES} - UNKNOWN_AFTER_A_FLIP, ran.text
    assert ran.text.count(UNDECIDED) == len(found), "nothing else is wrong with it"


def test_after_a_flip_a_link_that_still_syncs_is_told_from_one_that_does_not(pack: Path, tmp_path: Path) -> None:
    flipped = stack(tmp_path, "flipped")
    assert flipped.up().ok
    flipped.configure(flipped.config() | {"program:flipped": True, "program:links": ["quiet"]})
    ran = preview(flipped, pack, {"all": "mandatory"})
    assert ran.ok, ran.text
    assert broken(ran) == set(), ran.text

    flipped.configure(flipped.config() | {"program:links": ["loud", "clouded"]})
    ran = preview(flipped, pack, {"quarantined-after-flip": "mandatory"})
    assert not ran.ok
    assert broken(ran) == {"quarantined-after-flip"}, ran.text
    assert "guard: link loud still has consumer.offset.sync.enable" in ran.text
    assert f"guard: {UNDECIDED} config" in ran.text


def test_what_a_released_site_lets_go_of_is_not_guessed(pack: Path, tmp_path: Path) -> None:
    lost = stack(tmp_path, "flipped")
    assert lost.up().ok
    lost.configure(lost.config() | {"program:flipped": True})
    assert lost.up().ok
    lost.configure(lost.config() | {"program:released": ["east"], "program:links": ["quiet", "adrift"]})
    ran = preview(lost, pack, {"protected": "mandatory"})
    assert not ran.ok
    assert broken(ran) == {"protected"}, ran.text
    assert f"adrift: {UNDECIDED} destinationKafkaCluster.id" in ran.text, "it may be the survivor's"


CHECKS = ROOT / "docs" / "examples" / "ci" / "dr-checks.sh"


def checked(of: PulumiStack, config: Mapping[str, object], *arguments: str) -> tuple[int, str, dict[str, Any]]:
    """Run the CI script as a job would, in the program's folder: exit code, comment, verdict."""
    file = of.folder / "policies.json"
    file.write_text(json.dumps(config), "utf-8")
    results = of.folder / "results"
    env = of.env | {"DR_POLICY_CONFIG": str(file), "DR_RESULTS": str(results)}
    ran = subprocess.run(
        [CHECKS, of.name, *arguments], cwd=of.folder, env=env, capture_output=True, text=True, check=False, timeout=400
    )
    assert (results / "comment.md").is_file(), ran.stdout + ran.stderr
    verdict: dict[str, Any] = json.loads((results / "gate.json").read_text("utf-8"))
    return ran.returncode, (results / "comment.md").read_text("utf-8"), verdict


def test_the_ci_script_tells_a_good_change_from_a_bad_one(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = build(emulator, tmp_path)
    stack, settings = pair.stack, pair.stack.config()["kafka-dr:settings"]
    strict: dict[str, object] = {"all": "mandatory"}

    code, comment, _ = checked(stack, strict)
    assert code == 0, comment
    assert "No change of roles: **east** stays primary" in comment

    slow = {"sync": settings["sync"] | {"offsets": settings["sync"]["offsets"] | {"intervalMs": 60000}}}
    stack.edit(settings=settings | slow)
    code, comment, verdict = checked(stack, strict)
    assert code == 1
    assert [f["code"] for f in verdict["findings"]] == ["policy"], verdict
    assert "offset-sync-on" in comment
    assert "more than the target of 30000" in comment
    assert checked(stack, {"all": "advisory"})[0] == 0
    excuse = [{"name": "dr-link-destination", "reason": "cost, until the contract ends"}]
    code, comment, _ = checked(stack, {"all": "mandatory", "offset-sync-on": {"exemptions": excuse}})
    assert code == 0, comment

    emulator.control("PUT", f"/clusters/{pair.west}/links/{LINK}/mirrors/orders", {"hold_lag": {"0": 7}})
    pair.produce("orders", 7)
    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down")
    stack.edit(**FAILOVER, settings=settings)
    code, comment, verdict = checked(stack, strict)
    assert code == 0, comment
    assert verdict["forecast"]["messagesAtRisk"] == 7
    assert "| messages at risk | 7 |" in comment
    assert "```mermaid" in comment
    code, comment, verdict = checked(stack, strict, "--target", "urn:pulumi:test::kafka-dr::none:none:none::none")
    assert code == 1


def test_the_ci_script_judges_a_program_that_only_uses_the_components(tmp_path: Path) -> None:
    team = stack(tmp_path, "platform")
    team.configure(team.config() | {"program:here": tmp_path.as_uri()})
    code, comment, verdict = checked(team, {"all": "mandatory"})
    assert code == 0, comment
    assert [each["name"] for each in verdict["moves"]] == ["onboard"]
    assert "A new pair: **east** is primary, epoch 1, steady." in comment

    team.configure(team.config() | {"program:late": True})
    code, comment, verdict = checked(team, {"all": "mandatory"})
    assert code == 1
    assert [each["code"] for each in verdict["findings"]] == ["policy"], verdict
    assert "offset-sync-on" in comment
