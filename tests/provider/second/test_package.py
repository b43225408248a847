"""What a stranger adds with `pulumi package add <repository>/package`, run as Pulumi runs it."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any

import pytest
import yaml
from pulumi.runtime.proto import provider_pb2

from provider.plugin import RESOURCES
from tests.provider.second.hosting import served
from tests.toolchain import ROOT

FOLDER = ROOT / "package"
COMPONENTS = {"ActivePassive", "AclLink", "ClientCredentials", "ClusterLink", "KafkaSite"}


@pytest.fixture(scope="module")
def schema() -> Any:
    with served(sys.executable, str(FOLDER)) as stub:
        return json.loads(stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)


def test_it_serves_the_components_and_the_resources(schema: dict[str, Any]) -> None:
    offered = {token.rsplit(":", 1)[-1] for token, made in schema["resources"].items() if made.get("isComponent")}
    assert offered == COMPONENTS
    assert {r.token for r in RESOURCES} <= schema["resources"].keys()


def test_every_word_of_a_component_is_described(schema: dict[str, Any]) -> None:
    parts = {t: r for t, r in schema["resources"].items() if r.get("isComponent")} | schema["types"]
    silent = [
        f"{owner}.{name}"
        for owner, part in parts.items()
        for group in ("properties", "inputProperties")
        for name, field in part.get(group, {}).items()
        if not field.get("description")
    ]
    assert silent == []


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    found = set(re.findall(r'"#/types/([^"]+)"', json.dumps(schema)))
    assert found <= schema["types"].keys()


def test_pulumi_makes_the_environment_and_runs_no_executable_instead() -> None:
    assert yaml.safe_load((FOLDER / "PulumiPlugin.yaml").read_text("utf-8")) == {
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
    }
    assert [f.name for f in FOLDER.iterdir() if os.access(f, os.X_OK) and f.is_file()] == []


def test_its_versions_are_those_that_are_tested() -> None:
    tested, shipped = (
        set(re.findall(r"^(\S+==\S+)", (folder / "requirements.txt").read_text("utf-8"), re.MULTILINE))
        for folder in (ROOT, FOLDER)
    )
    assert shipped <= tested
    assert {name.partition("==")[0] for name in shipped} >= {"pulumi", "pulumi-confluentcloud", "pydantic", "httpx2"}
