"""The components as a plugin: the schema that other languages see, served by the real process."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from .recorder import GOLDEN, UPDATE

COMPONENTS = Path(__file__).parents[2] / "first" / "components"
EXPORTED = {
    "ActivePassivePair",
    "ClientCredentials",
    "DrClusterLink",
    "KafkaSite",
    "LinkAccount",
    "MirrorTopics",
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the plugin answers from a folder of another name, as when Pulumi has installed it."""
    folder = tmp_path_factory.mktemp("plugins") / "kafkadr-components-v0.1.0"
    shutil.copytree(COMPONENTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    plugin = subprocess.Popen([sys.executable, str(folder), "127.0.0.1:1"], stdout=subprocess.PIPE, cwd=folder)
    try:
        assert plugin.stdout is not None
        port = int(plugin.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.max_receive_message_length", -1)]) as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            yield json.loads(stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)
    finally:
        plugin.terminate()
        plugin.communicate()


def test_the_plugin_serves_the_golden_schema(schema: dict[str, Any]) -> None:
    text = json.dumps(schema, indent=1, sort_keys=True) + "\n"
    path = GOLDEN / "schema.json"
    if os.environ.get(UPDATE):
        path.write_text(text)
    assert path.read_text() == text, f"the schema differs from {path.name}; {UPDATE}=1 writes it anew"


def test_every_component_is_exported_under_its_token(schema: dict[str, Any]) -> None:
    assert set(schema["resources"]) == {f"kafkadr-components:index:{name}" for name in EXPORTED}


def test_every_field_says_what_it_is(schema: dict[str, Any]) -> None:
    fields = {
        f"{owner}.{name}": field.get("description")
        for part in ("resources", "types")
        for owner, definition in schema[part].items()
        for group in ("properties", "inputProperties")
        for name, field in definition.get(group, {}).items()
    }
    assert [name for name, text in fields.items() if not text] == []
