"""Previews put together by hand, in Pulumi's own form, for moves and mishaps of which no recording exists."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from policies.gate import Verdict, judge, read

EAST, WEST = "lkc-east", "lkc-west"
_PACKAGE = {
    "Transition",
    "MirrorState",
    "ActivePointer",
    "VaultSecret",
    "KeyRing",
    "Reversal",
    "Restoration",
    "Clearance",
    "LinkGuard",
}
INPUTS: dict[str, dict[str, Any]] = {
    "MirrorState": {"clusterId": WEST, "restEndpoint": "https://west", "linkName": "dr", "desired": "ACTIVE"},
    "ActivePointer": {"clusterId": EAST, "site": "east", "epoch": 1, "url": "file:///folder/pointer"},
    "ClusterLink": {
        "link": "dr",
        "config": {"acl.sync.enable": "true", "acl.sync.ms": "5000"},
        "sourceKafkaCluster": {"id": EAST, "bootstrapEndpoint": "SASL_SSL://east"},
        "destinationKafkaCluster": {"id": WEST, "restEndpoint": "https://west"},
    },
    "KafkaMirrorTopic": {"mirrorTopicName": "orders", "kafkaCluster": {"id": WEST, "restEndpoint": "https://west"}},
    "KafkaTopic": {"topicName": "orders", "kafkaCluster": {"id": EAST, "restEndpoint": "https://east"}},
    "ApiKey": {"displayName": "shop", "managedResource": {"id": WEST, "kind": "Cluster"}},
}


def term(**more: Any) -> dict[str, Any]:
    """Inputs of the guard of a steady pair, and what differs."""
    steady = {"primary": "east", "epoch": 1, "change": "none", "standby": "mirroring", "sites": ["east", "west"]}
    return steady | {"kept": []} | more


def row(
    op: str,
    kind: str,
    name: str = "it",
    *,
    change: dict[str, Any] | None = None,
    protect: bool = True,
    unlock: bool = False,
    retain: bool = False,
    known_as: str = "",
    of: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """One step. `of` is what its inputs are, beside the usual ones; `change` what the new ones have beside the old."""
    package = "kafkadr:index" if kind in _PACKAGE else f"confluentcloud:index/{kind[0].lower()}{kind[1:]}"
    marks = {"protect": protect, "retainOnDelete": retain, "id": known_as, "custom": True}
    inputs = INPUTS.get(kind, {}) | (of or {})
    before = {"inputs": inputs, **marks}
    after = {"inputs": inputs | (change or {}), **marks, "protect": protect and not unlock}
    found: dict[str, Any] = {"op": op, "urn": f"urn:pulumi:s::p::parent${package}:{kind}::{name}"}
    if op != "create":
        found["oldState"] = before
    if op not in {"delete", "discard"}:
        found["newState"] = after
    return found


def text(old: dict[str, Any] | None, new: dict[str, Any] | None, steps: Iterable[dict[str, Any]], *errors: str) -> str:
    """A digest: the guard from its old to its new inputs, and the steps."""
    guard: dict[str, Any] = {
        "op": "same" if old == new else "update",
        "urn": "urn:pulumi:s::p::kafkadr:index:Transition::g",
    }
    for side, inputs in (("oldState", old), ("newState", new)):
        if inputs is not None:
            guard[side] = {"inputs": inputs, "protect": True, "custom": True}
    if old is None:
        guard["op"] = "create"
    said = [{"severity": "error", "message": f"error: {each}"} for each in errors]
    rows = [guard, *steps] if (old, new) != (None, None) else list(steps)
    return json.dumps({"steps": rows, "diagnostics": said, "changeSummary": {}})


def judged(
    old: dict[str, Any] | None,
    new: dict[str, Any] | None,
    *steps: dict[str, Any],
    errors: tuple[str, ...] = (),
    **more: Any,
) -> Verdict:
    """The verdict over such a preview."""
    return judge(read(text(old, new, steps, *errors)), **more)


def codes(verdict: Verdict) -> set[str]:
    """What kinds of reasons there are against it."""
    return {finding.code for finding in verdict.findings}


STEADY = term()
FAILED_OVER = term(primary="west", epoch=2, change="failover", standby="retained")
FLIPPED = {"desired": "FAILED_OVER", "epoch": 2}
POINTED = {"clusterId": "lkc-west", "site": "west", "epoch": 2}
FLIP = [row("update", "MirrorState", change=FLIPPED), row("update", "ActivePointer", change=POINTED)]
OFF = {"config": {"acl.sync.enable": "false", "acl.sync.ms": "5000"}}

PROMOTED = term(primary="west", epoch=2, change="promote", standby="retained")
ARMED, FIRED = PROMOTED | {"standby": "clear-armed"}, PROMOTED | {"standby": "clear-fired"}
RESTORING = PROMOTED | {"standby": "restoring"}
TURNED = term(primary="west", epoch=2)
