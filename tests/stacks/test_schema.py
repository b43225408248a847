"""The published schema, the config reference and the project file say what the models say; the examples are valid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from first.stacks.plan import make_plan
from first.stacks.schema import REFERENCE_FILE, SCHEMA_FILE, document_schema, reference_text, schema_text
from first.stacks.settings import FlipKeys, parse
from tests.stacks.examples import ROOT, STACK_FILES, config, document, raw_of
from tests.stacks.test_errors import CASES

FLIP_KEYS = [info.alias or name for name, info in FlipKeys.model_fields.items()]
SEEN_BY_EDITORS = (
    """
unknown key, unknown inner key, missing key, missing section, kind misspelt, change misspelt, epoch zero, epoch a word,
three sites, one site, environment both ways, cluster neither way, topic with a blank, prefix too long, offset interval,
chunk too large, text for a switch, number for a text, role resource
""".replace("\n", " ")
    .strip()
    .split(", ")
)


def as_document(raw: dict[str, Any]) -> dict[str, Any]:
    flip = {f"kafka-dr:{key}": raw[key] for key in FLIP_KEYS if key in raw}
    return {"config": {**flip, "kafka-dr:settings": {key: value for key, value in raw.items() if key not in FLIP_KEYS}}}


def valid(doc: dict[str, Any]) -> bool:
    return bool(jsonschema.Draft7Validator(document_schema()).is_valid(doc))


def test_published_files_are_up_to_date() -> None:
    assert SCHEMA_FILE.read_text() == schema_text(), "run python -m first.stacks.schema"
    assert REFERENCE_FILE.read_text() == reference_text(), "run python -m first.stacks.schema"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(json.loads(SCHEMA_FILE.read_text()))


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.name)
def test_stack_files_are_valid_and_can_be_planned(path: Path) -> None:
    jsonschema.Draft7Validator(document_schema()).validate(document(path))
    plan = make_plan(parse(raw_of(path)))
    assert plan.link.destination == "west"
    assert plan.warnings == ()


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.name)
def test_stack_files_point_an_editor_at_the_schema(path: Path) -> None:
    first = path.read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA_FILE.name}"
    assert SCHEMA_FILE.parent == path.parent


def test_there_are_example_files() -> None:
    assert {path.name for path in STACK_FILES} >= {"Pulumi.local.yaml", "Pulumi.prod.example.yaml"}


@pytest.mark.parametrize("name", SEEN_BY_EDITORS)
def test_an_editor_sees_what_a_single_value_tells(name: str) -> None:
    assert valid(as_document(config()))
    assert not valid(as_document(config(**CASES[name]["spoil"])))


def test_pulumi_s_own_spellings_are_valid() -> None:
    doc = as_document(config())
    doc |= {"encryptionsalt": "v1:x", "secretsprovider": "passphrase"}
    doc["config"] |= {"aws:region": "eu-west-1", "kafka-dr:epoch": "2", "kafka-dr:handover": {"secure": "v1:x"}}
    assert valid(doc)


def test_unknown_keys_of_our_namespace_are_invalid() -> None:
    doc = as_document(config())
    doc["config"]["kafka-dr:chnage"] = "failover"
    assert not valid(doc)


def test_the_project_file_declares_the_flip_keys_as_the_models_do() -> None:
    project = yaml.safe_load((ROOT / "first" / "Pulumi.yaml").read_text())
    declared = project["config"]
    assert list(declared) == [f"kafka-dr:{key}" for key in FLIP_KEYS]
    types = {"integer": "integer", "string": "string"}
    for key, schema in FlipKeys.model_json_schema()["properties"].items():
        entry = declared[f"kafka-dr:{key}"]
        assert entry["description"]
        assert entry["type"] == types[schema.get("type", "string")]
        assert entry.get("default") == schema.get("default")


def test_the_project_never_refreshes_by_itself() -> None:
    # I12: a refresh reads the lost primary and cannot read mirrors in half of their states.
    project = yaml.safe_load((ROOT / "first" / "Pulumi.yaml").read_text())
    assert "refresh" not in project.get("options", {})
    assert project["stackConfigDir"] == "stacks"


def test_every_key_and_every_model_is_in_the_reference() -> None:
    text = REFERENCE_FILE.read_text()
    for name, model in document_schema()["definitions"].items():
        if "properties" in model:
            assert f"\n## {name}\n" in text
            assert all(f"| `{key}` |" in text for key in model["properties"])


def test_every_row_of_the_reference_has_a_meaning() -> None:
    rows = [line for line in REFERENCE_FILE.read_text().splitlines() if line.startswith("| `")]
    assert [row for row in rows if row.rstrip().endswith("|  |")] == []
