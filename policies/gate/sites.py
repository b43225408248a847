"""Which clusters a preview would ask, and which of them may be asked while one of them is lost (I7). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policies.gate.allowed import GUARD, POINTER, STATE
from policies.gate.preview import Json, Preview, Step
from policies.gate.terms import Move

READS: Final = frozenset({"read", "refresh"})


def survivors(preview: Preview) -> set[str]:
    """Ids of the clusters whose mirrors are watched, as far as they are known."""
    return {str(found) for step in preview.of_kind(STATE) if (found := _id(step, "clusterId"))}


def strays(preview: Preview, move: Move) -> Iterator[tuple[str, str]]:
    """What would ask the lost site, or send clients elsewhere than to where the mirrors are stopped: text and URN."""
    clusters = survivors(preview)
    for step in preview.of_kind(POINTER):
        target = _id(step, "clusterId")
        if clusters and target is not None and target not in clusters:
            where = ", ".join(sorted(str(c) for c in clusters))
            yield f"clients would be sent to {target}, but the mirrors are stopped on {where}", step.urn
        site = step.new.inputs.get("site") if step.new else None
        if move.new and site not in (None, move.new.primary):
            yield f"clients would be sent to {site}, but primary is {move.new.primary}", step.urn
    for step in preview.steps:
        if step.op in READS:
            yield f"{step.kind} {step.name} would be read from its site", step.urn
        forgotten = step.new is None and step.old is not None and step.old.retain
        silent = forgotten or step.op == "same" or step.kind in {GUARD, POINTER}
        asked = _asked(step) if clusters and not silent else set()
        for cluster in sorted(asked - clusters):
            yield f"{step.kind} {step.name} asks {cluster}, which is not the survivor", step.urn


def _id(step: Step, key: str) -> Any:
    return step.new.inputs.get(key) if step.new else None


def made_on(inputs: Json) -> set[str]:
    """Clusters over whose REST endpoint a resource with these inputs is made."""
    blocks = [b for b in inputs.values() if isinstance(b, dict) and b.get("restEndpoint")]
    return {str(b["id"]) for b in blocks if b.get("id")}


def _asked(step: Step) -> set[str]:
    """Clusters that a provider would call for this step."""
    found: set[str] = set()
    for state in (step.old, step.new):
        inputs = state.inputs if state else {}
        blocks = [inputs.get("kafkaCluster"), inputs.get("managedResource")]
        found |= {str(b["id"]) for b in blocks if isinstance(b, dict) and b.get("id")} | made_on(inputs)
        found |= {str(inputs["clusterId"])} if inputs.get("clusterId") else set()
    return found
