"""A valid config to spoil, and the example stack files as the settings see them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
STACK_FILES = sorted((ROOT / "first" / "stacks").glob("Pulumi.*.yaml"))
PREFIX = "kafka-dr:"

BASE: dict[str, Any] = {
    "primary": "east",
    "epoch": 1,
    "organization": "11111111-2222-4333-8444-555555555555",
    "environment": {"adopt": "env-abc1"},
    "sites": {
        "east": {
            "cloud": "AWS",
            "region": "us-east-1",
            "cluster": {
                "adopt": {
                    "id": "lkc-east1",
                    "restEndpoint": "https://pkc-1.us-east-1.aws.confluent.cloud:443",
                    "bootstrapEndpoint": "SASL_SSL://pkc-1.us-east-1.aws.confluent.cloud:9092",
                }
            },
        },
        "west": {
            "cloud": "AWS",
            "region": "us-west-2",
            "cluster": {"create": {"kind": "Dedicated", "cku": 1, "displayName": "west"}},
        },
    },
    "link": {"name": "dr-link"},
    "sync": {
        "offsets": {"enabled": True, "groups": [{"name": "*"}]},
        "acls": {"enabled": True, "filters": [{}]},
    },
    "onboarding": {"mode": "opt-in", "topics": ["orders", "payments"]},
    "clients": [{"name": "shop", "produce": ["orders"], "consume": ["payments"], "groups": ["shop"]}],
    "ledger": {"url": "s3://ledger-bucket/dr"},
    "targets": {"rtoSeconds": 900},
}

GONE = "<gone>"
"""Value that removes a key."""


def config(**edits: Any) -> dict[str, Any]:
    """The base config with edits: `config(**{"link.prefix": "dr."})`; a list's items go by number, GONE removes."""
    raw = copy.deepcopy(BASE)
    for path, value in edits.items():
        *parents, last = (int(step) if step.isdecimal() else step for step in path.split("."))
        node: Any = raw
        for step in parents:
            node = node[step] if isinstance(step, int) else node.setdefault(step, {})
        if value == GONE:
            del node[last]
        else:
            node[last] = copy.deepcopy(value)
    return raw


def document(path: Path) -> dict[str, Any]:
    """A stack file as YAML."""
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded


def raw_of(path: Path) -> dict[str, Any]:
    """The keys of a stack file side by side, as `parse` takes them."""
    keys = document(path)["config"]
    ours = {key.removeprefix(PREFIX): value for key, value in keys.items() if key.startswith(PREFIX)}
    ours["epoch"] = int(ours["epoch"])
    return {**ours.pop("settings"), **ours}
