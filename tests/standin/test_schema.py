"""The table against the installed SDK, so that they cannot drift apart."""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pulumi_confluentcloud as sdk
import pytest
from pulumi_confluentcloud import _inputs

from emulator.standin.fields import Field
from emulator.standin.invokes import FUNCTIONS
from emulator.standin.resources import TABLE
from emulator.standin.schema import package_schema
from emulator.standin.servicer import VERSION

_OF_EVERY_RESOURCE = {"id", "urn", "pulumi_resource_name", "pulumi_resource_type"}

REPLACING = {
    "Environment": set(),
    "KafkaCluster": {"availability", "cloud", "region", "environment", "environment.id", "network.id", "byokKey.id"},
    "ServiceAccount": {"assignedResourceOwner"},
    "ApiKey": {
        *("owner", "owner.id", "owner.kind", "owner.apiVersion", "managedResource", "managedResource.id"),
        *("managedResource.kind", "managedResource.apiVersion", "managedResource.environment"),
        "managedResource.environment.id",
    },
    "RoleBinding": {"principal", "roleName", "crnPattern"},
    "KafkaTopic": {"kafkaCluster", "kafkaCluster.id", "topicName"},
    "KafkaAcl": {
        *("kafkaCluster", "kafkaCluster.id", "restEndpoint", "resourceType", "resourceName", "patternType"),
        *("principal", "host", "operation", "permission"),
    },
    "KafkaClusterConfig": {"kafkaCluster", "kafkaCluster.id", "restEndpoint"},
    "KafkaClientQuota": {"kafkaCluster", "kafkaCluster.id", "environment", "environment.id"},
    "ClusterLink": {
        *("link", "linkMode", "connectionMode"),
        *(
            f"{side}KafkaCluster.{member}"
            for side in ("source", "destination", "local", "remote")
            for member in ("id", "restEndpoint", "bootstrapEndpoint")
        ),
    },
    "KafkaMirrorTopic": {
        *("clusterLink", "clusterLink.linkName", "sourceKafkaTopic", "sourceKafkaTopic.topicName"),
        *("mirrorTopicName", "kafkaCluster.id", "kafkaCluster.restEndpoint"),
    },
}
"""ForceNew of terraform-provider-confluent: the SDK does not carry it."""


def camel(name: str) -> str:
    return re.sub(r"_(.)", lambda found: found[1].upper(), name)


def parameters(args: type) -> dict[str, inspect.Parameter]:
    """Return what an Args class takes, by wire name."""
    listed = list(inspect.signature(args).parameters.values())
    return {camel(parameter.name): parameter for parameter in listed}


def nested(annotation: Any) -> type | None:
    """Find the Args class inside an Input type."""
    names = re.findall(r"ForwardRef\('(\w+Args)'\)", repr(annotation))
    return getattr(_inputs, names[0]) if names else None


def kinds(annotation: Any) -> str:
    text = repr(annotation)
    if nested(annotation):
        return "blocks" if "Sequence" in text else "block"
    if "Mapping" in text:
        return "map"
    if "Sequence" in text:
        return "strings"
    plain = {arg for arg in get_args(annotation) if arg in (str, int, bool)}
    return {str: "string", int: "int", bool: "bool"}[plain.pop()]


def compare(fields: Mapping[str, Field], args: type, where: str) -> None:
    listed = parameters(args)
    # A nested Args class also takes what only the provider sets (dedicated.zones).
    inputs = {n: f for n, f in fields.items() if not f.output or n in listed}
    assert set(inputs) == set(listed), where
    for name, parameter in listed.items():
        field, path = inputs[name], f"{where}.{name}"
        required = parameter.default is inspect.Parameter.empty
        assert required == (field.required and not field.autoname), path
        assert kinds(parameter.annotation) == field.kind, path
        inner = nested(parameter.annotation)
        if inner is not None:
            compare(field.fields, inner, path)


def replacing(fields: Mapping[str, Field], prefix: str = "") -> Iterator[str]:
    for name, field in fields.items():
        if field.replace:
            yield f"{prefix}{name}"
        yield from replacing(field.fields, f"{prefix}{name}.")


@pytest.mark.parametrize("token", TABLE)
def test_inputs_of_the_table_are_those_of_the_sdk(token: str) -> None:
    name = token.rpartition(":")[2]
    assert getattr(sdk, name).pulumi_type == token
    compare(TABLE[token].fields, getattr(sdk, f"{name}Args"), name)


@pytest.mark.parametrize("token", TABLE)
def test_outputs_of_the_table_are_those_of_the_sdk(token: str) -> None:
    cls = getattr(sdk, token.rpartition(":")[2])
    properties = {name for name, _ in inspect.getmembers(cls, lambda member: isinstance(member, property))}
    assert set(TABLE[token].fields) == {camel(name) for name in properties - _OF_EVERY_RESOURCE}


def test_replace_rules_are_the_vendors() -> None:
    assert {token.rpartition(":")[2]: set(replacing(row.fields)) for token, row in TABLE.items()} == REPLACING


def test_every_function_is_one_of_the_sdk() -> None:
    for token in FUNCTIONS:
        name = re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", token.rpartition(":")[2])
        assert f"'{token}'" in inspect.getsource(getattr(sdk, name))


def test_the_version_is_the_one_the_sdk_asks_for() -> None:
    assert f'"version": "{VERSION}"' in (Path(sdk.__file__).parent / "pulumi-plugin.json").read_text()


def test_the_schema_that_is_served_has_the_table_and_no_loose_end() -> None:
    document = package_schema(VERSION)
    assert document["resources"].keys() == TABLE.keys()
    found = set(re.findall(r'"#/types/([^"]+)"', json.dumps(document)))
    assert found == document["types"].keys()
    topic = document["resources"]["confluentcloud:index/kafkaTopic:KafkaTopic"]
    assert topic["inputProperties"]["partitionsCount"]["type"] == "integer"
    assert topic["inputProperties"]["credentials"]["secret"] is True
    assert topic["requiredInputs"] == ["topicName"]
