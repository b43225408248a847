"""The configs of switch and estate: one error per problem, with path and remedy; the committed ones are whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from stacks.estate import settings as estate
from stacks.loading import parse
from stacks.problems import ConfigError, Project
from stacks.switch import settings as switch
from tests.toolchain import ROOT

SWITCH: dict[str, Any] = {
    "primary": "east",
    "epoch": 1,
    "record": "file:///r/record.json",
    "ledger": "file:///r/ledger",
    "topics": ["orders"],
}
ESTATE: dict[str, Any] = {
    "name": "orders",
    "organization": "00000000-0000-4000-8000-000000000000",
    "environment": "env-abc123",
    "sites": {"east": {"create": {"cloud": "AWS", "region": "us-east-1", "cku": 1}}},
}


def problems(model: type[BaseModel], project: Project, raw: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(model, project, raw)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        ({"epoch": 0}, "kafka-dr:epoch", "greater than or equal to 1"),
        ({"change": "flip"}, "kafka-dr:change", "Allowed: failover, promote"),
        ({"approved": "2:short"}, "kafka-dr:approved", "drctl promotion check"),
        ({"topics": ["orders", "orders"]}, "kafka-dr:settings", "Name each topic once"),
        ({"topics": ["app-store-changelog"]}, "kafka-dr:settings.topics[0]", "internal topic of Kafka Streams"),
        ({"topics": ["_confluent-ksql-x"]}, "kafka-dr:settings.topics[0]", "ksqlDB"),
        ({"topics": []}, "kafka-dr:settings", "mirrors nothing"),
        ({"offsets": {"groups": []}}, "kafka-dr:settings.offsets.groups", "at least 1 item"),
        ({"acls": {"filters": []}}, "kafka-dr:settings.acls.filters", "at least 1 item"),
        ({"record": "http://x/y"}, "kafka-dr:settings.record", "is not a place for the record"),
        ({"ledger": "ftp://x/y"}, "kafka-dr:settings.ledger", "is not a place for ledgers"),
        ({"topic": ["x"]}, "kafka-dr:settings.topic", "Did you mean 'topics'?"),
    ],
)
def test_a_switch_that_cannot_be_is_told_with_path_and_remedy(change: dict[str, Any], path: str, says: str) -> None:
    (found,) = problems(switch.Settings, switch.PROJECT, SWITCH | change)
    assert found.startswith(f"{path}: ")
    assert says in found


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        ({"sites": {"east": {}}}, "kafka-dr-estate:settings.sites.east", "exactly one of 'create' and 'existing'"),
        (
            {"sites": {"east": {"create": {"cloud": "AWS", "region": "us-east-1"}}}},
            "kafka-dr-estate:settings.sites.east.create",
            "A Dedicated cluster needs 'cku'",
        ),
        (
            {"links": {"l": {"from": "east", "to": "west"}}},
            "kafka-dr-estate:settings",
            "ends at west, which is no site",
        ),
        ({"links": {"l": {"from": "east", "to": "east"}}}, "kafka-dr-estate:settings", "ends where it begins"),
        ({"clients": {"c": {"produce": ["a b"]}}}, "kafka-dr-estate:settings.clients.c.produce[0]", "is no topic"),
        ({"clients": {"east-switch": {}}}, "kafka-dr-estate:settings", "two service accounts would be named"),
        (
            {
                "sites": ESTATE["sites"] | {"north-east": ESTATE["sites"]["east"]},
                "clients": {"shop": {}, "shop-north": {}},
            },
            "kafka-dr-estate:settings",
            "two keys would be named 'shop-north-east'",
        ),
        ({"primary": "east"}, "kafka-dr-estate:settings.primary", "is not a known key"),
    ],
)
def test_an_estate_that_cannot_be_is_told_with_path_and_remedy(change: dict[str, Any], path: str, says: str) -> None:
    (found,) = problems(estate.Settings, estate.PROJECT, ESTATE | change)
    assert found.startswith(f"{path}: ")
    assert says in found


def test_every_problem_is_told_at_once() -> None:
    assert len(problems(switch.Settings, switch.PROJECT, SWITCH | {"epoch": 0, "chunkSize": 0, "acl": {}})) == 3


@pytest.mark.parametrize("folder", ["stacks", "estate"])
def test_the_stack_files_that_are_committed_are_whole(folder: str) -> None:
    files = sorted((ROOT / folder).glob("Pulumi.*.yaml"))
    assert files
    switches = folder == "stacks"
    model: type[BaseModel] = switch.Settings if switches else estate.Settings
    project = switch.PROJECT if switches else estate.PROJECT
    for file in files:
        config = yaml.safe_load(file.read_text("utf-8"))["config"]
        name = project.namespace
        keys = {k.removeprefix(f"{name}:"): v for k, v in config.items() if k.startswith(f"{name}:")}
        raw = keys.pop("settings") | {k: int(v) if k == "epoch" else v for k, v in keys.items()}
        parse(model, project, json.loads(json.dumps(raw)))


@pytest.mark.parametrize("project", [Path(), Path("estate")])
def test_a_project_never_refreshes_by_itself(project: Path) -> None:
    found = yaml.safe_load((ROOT / project / "Pulumi.yaml").read_text("utf-8"))
    assert "refresh" not in found.get("options", {})


def test_the_switch_demands_no_key_of_a_move_but_primary_and_epoch() -> None:
    # A key that is typed in Pulumi.yaml and has no default is demanded of every stack.
    found = yaml.safe_load((ROOT / "Pulumi.yaml").read_text("utf-8"))
    assert set(found["config"]) == {"kafka-dr:primary", "kafka-dr:epoch"}


@pytest.mark.parametrize(
    ("text", "says"),
    [("orders\n", "names orders again"), ("a b\n", "is no topic"), ("x-changelog\n", "internal topic")],
)
def test_a_line_of_the_topics_file_is_told_by_its_number(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "topics.txt").write_text(f"# ours\npayments # money\n{text}", "utf-8")
    settings = parse(switch.Settings, switch.PROJECT, SWITCH | {"topicsFile": "topics.txt"})
    with pytest.raises(ConfigError, match=says) as caught:
        switch.topics_of(settings, tmp_path)
    assert "line 3" in str(caught.value)
    (tmp_path / "topics.txt").write_text("payments\n", "utf-8")
    assert switch.topics_of(settings, tmp_path) == ["orders", "payments"]
