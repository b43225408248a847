"""The pack as Pulumi runs it, over its own protocol and without an engine: secrets, unknowns, levels, exemptions."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from policies.rules import RULES
from tests.policies.samples import TYPES
from tests.toolchain import ROOT

CLIENT = Path(__file__).parent / "pack_client.py"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
MARK = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


PYTHON = ROOT / "policies" / ".venv" / "bin" / "python"
ENGINE = "127.0.0.1:1"
"""What the engine passes as its address; the pack has no use for it."""


@pytest.fixture(scope="module")
def pack() -> list[str]:
    """The plugin, as the engine starts it."""
    made = subprocess.run([ROOT / "scripts" / "policies"], capture_output=True, text=True, check=True)
    return [made.stdout.strip(), ENGINE]


def asked(pack: list[str], *resources: dict[str, Any], **config: dict[str, Any]) -> Any:
    """The pack's answer; `config` has policies with `_` for `-`."""
    options = {name.replace("_", "-"): given for name, given in config.items()}
    ran = subprocess.run(
        [PYTHON, CLIENT, *pack],
        input=json.dumps({"resources": resources, "config": options}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def row(kind: str, name: str, properties: dict[str, Any], *, protect: bool = True) -> dict[str, Any]:
    return {"type": TYPES[kind], "name": name, "properties": properties, "protect": protect}


def rules_of(answer: Any) -> list[str]:
    return sorted(each["policyName"] for each in answer["said"])


def test_every_rule_is_a_policy_with_all_that_people_read(pack: list[str]) -> None:
    found = {policy["name"]: policy for policy in asked(pack)["info"]["policies"]}
    assert set(found) == {rule.name for rule in RULES}
    for rule in RULES:
        policy = found[rule.name]
        assert policy["description"] == rule.description
        assert policy["remediationSteps"] == rule.remedy
        assert policy["severity"] == f"POLICY_SEVERITY_{rule.severity.name}"
        assert policy.get("enforcementLevel", "ADVISORY") == "ADVISORY"
        assert set(policy["configSchema"]["properties"]) == {"exemptions", *rule.schema}


def test_the_language_host_of_a_released_pulumi_can_start_the_folder(pack: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "as-downloaded"
    shutil.copytree(ROOT / "policies", folder, ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    started = [str(PYTHON), "-u", "-m", "pulumi.policy", ENGINE, str(folder)]
    link = row("ClusterLink", "data", {"link": "dr"}, protect=False)
    mine, theirs = asked(pack, link), asked(started, link)
    assert "protected" in rules_of(mine)
    assert mine == theirs


def test_marks_of_secrets_and_what_is_not_known_reach_the_rules(pack: list[str]) -> None:
    kept = row("KafkaAcl", "kept", {"credentials": {**MARK, "value": {"key": "K", "secret": "canary"}}})
    unsure = row("KafkaAcl", "kept-later", {"credentials": {**MARK, "value": UNKNOWN}})
    plain = row("KafkaAcl", "plain", {"credentials": {"key": "K", "secret": "canary"}})
    later = row("ApiKey", "later", {"displayName": UNKNOWN})
    answer = asked(pack, kept, unsure, plain, later)
    said = {(each["policyName"], each["urn"].rsplit("::", 1)[-1] or "later") for each in answer["said"]}
    assert ("no-plain-credentials", "plain") in said
    assert not [name for policy, name in said if policy == "no-plain-credentials" and name.startswith("kept")]
    assert "cannot be decided at preview, because displayName" in json.dumps(answer["said"])
    assert {each["enforcementLevel"] for each in answer["said"]} == {"MANDATORY"}
    assert "canary" not in json.dumps(answer)


def test_options_and_exemptions_are_the_policys_own(pack: list[str]) -> None:
    link = row("ClusterLink", "data", {"link": "dr"}, protect=False)
    assert "protected" in rules_of(asked(pack, link))
    excuse = {"exemptions": [{"name": "data", "reason": "a drill"}]}
    assert "protected" not in rules_of(asked(pack, link, protected=excuse))
    over = {"exemptions": [{"name": "data", "reason": "a drill", "expires": "2020-01-01"}]}
    answer = asked(pack, link, protected=over)
    assert "protected" in rules_of(answer)
    assert "its exemption, 'a drill', ended on 2020-01-01" in json.dumps(answer["said"])
    never = {"exemptions": [{"name": "data", "reason": "a drill", "expires": "2027-02-30"}]}
    broken = asked(pack, link, protected=never)
    assert sorted({"protected", *rules_of(asked(pack, link))}) == sorted({*rules_of(broken)}), "and every other rule"
    assert "which is no date, so it exempts nothing" in json.dumps(broken["said"])
    single = asked(pack, row("ClusterLink", "data", {}), named_explicitly=never)
    assert "which is no date, so it exempts nothing" in json.dumps(single["said"])
    stack = row("Stack", "s", {})
    required = asked(pack, stack, production_topic_covered={"required": ["orders"]})
    assert rules_of(required) == ["production-topic-covered"]
