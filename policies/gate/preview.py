"""Reads what `pulumi preview --json` printed: the digest, or the stream of events, which also has outputs and policies.

Measured with Pulumi 3.259. The digest has steps and messages; forecast and policy violations are in the stream only
(`PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true`). Unchanged resources are in both only with `--show-sames`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_END_OF_REPLACE = {"delete-replaced", "discard-replaced"}
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class UnreadableError(ValueError):
    """The text is no preview of Pulumi's."""


@dataclass(frozen=True)
class State:
    """A resource before or after a step. Secrets are already blinded by Pulumi."""

    inputs: Json = field(default_factory=dict)
    outputs: Json = field(default_factory=dict)
    protect: bool = False
    retain: bool = False
    id: str = ""
    custom: bool = True


@dataclass(frozen=True)
class Step:
    """What the engine would do with one resource; `keys` are the properties because of which it would."""

    op: str
    urn: str
    type: str
    old: State | None
    new: State | None
    keys: frozenset[str]

    @property
    def name(self) -> str:
        """Name in the program."""
        return self.urn.rsplit("::", 1)[-1]

    @property
    def kind(self) -> str:
        """Class name of what we know, `ClusterLink` or `Transition`; the whole type of everybody else's resources."""
        ours = self.type.startswith(("confluentcloud:", "kafkadr:"))
        return self.type.rsplit(":", 1)[-1] if ours else self.type

    @property
    def custom(self) -> bool:
        """Whether a provider is called for it, unlike for a component, the stack or a provider itself."""
        states = [state for state in (self.old, self.new) if state]
        return not self.type.startswith("pulumi:") and any(state.custom for state in states)


@dataclass(frozen=True)
class Message:
    """Something the engine or a provider said."""

    severity: str
    urn: str
    text: str


@dataclass(frozen=True)
class Violation:
    """A policy that was broken."""

    policy: str
    level: str
    urn: str
    text: str


@dataclass(frozen=True)
class Preview:
    """A whole preview."""

    steps: tuple[Step, ...]
    messages: tuple[Message, ...]
    violations: tuple[Violation, ...]
    whole: bool
    """Whether unchanged resources are in it, too."""

    def of_kind(self, kind: str) -> list[Step]:
        """Steps of resources of a class."""
        return [step for step in self.steps if step.kind == kind]

    @property
    def errors(self) -> list[Message]:
        """Why the preview failed."""
        return [m for m in self.messages if m.severity == "error"]


def read(text: str) -> Preview:
    """The preview in either form.

    Raises:
        UnreadableError: The text is neither.
    """
    try:
        return _read(text)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise UnreadableError(f"this is no preview of a form that is known: {error!r}") from None


def _read(text: str) -> Preview:
    try:
        document = json.loads(text)
    except ValueError:
        events = [_line(row) for row in text.splitlines() if row.strip()]
        if not events:
            raise UnreadableError("this is empty: pulumi ended before it printed anything") from None
        return _stream(events)
    if isinstance(document, dict) and "steps" not in document and "sequence" in document:
        return _stream([document])
    if not isinstance(document, dict) or not ({"steps", "diagnostics", "changeSummary"} & set(document)):
        raise UnreadableError("this is not the output of `pulumi preview --json`")
    return _digest(document)


def _line(text: str) -> Json:
    try:
        row = json.loads(text)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise UnreadableError("this is neither the output of `pulumi preview --json` nor its stream of events")
    return row


def _digest(document: Json) -> Preview:
    steps = [
        _step(s, s.get("oldState"), s.get("newState"), s.get("diffReasons") or []) for s in document.get("steps") or ()
    ]
    messages = [
        Message(d.get("severity", ""), d.get("urn", ""), d.get("message", "").strip())
        for d in document.get("diagnostics") or ()
    ]
    return _preview(steps, messages, [])


def _stream(events: Iterable[Json]) -> Preview:
    steps: dict[str, Step] = {}
    messages, violations, ended = [], [], False
    for event in events:
        ended = ended or "summaryEvent" in event
        if found := event.get("resourcePreEvent"):
            step = _event_step(found["metadata"])
            # The delete that ends a replacement knows no reason, nor what comes in its place.
            if step.op not in _END_OF_REPLACE or step.urn not in steps:
                steps[step.urn] = step
        elif found := event.get("resOutputsEvent"):
            step = _event_step(found["metadata"])
            # What began as a refresh ends as the change that it found; all else only gains its outputs.
            began = steps.get(step.urn)
            if began is None or step.op not in _END_OF_REPLACE:
                steps[step.urn] = step if began is None or began.op != "refresh" else _as(step, "refresh")
        elif (found := event.get("diagnosticEvent")) and not found.get("ephemeral"):
            messages.append(_message(found))
        elif found := event.get("policyEvent"):
            level, urn = found.get("enforcementLevel", ""), found.get("resourceUrn", "")
            violations.append(Violation(found["policyName"], level, urn, found.get("message", "").strip()))
    if not ended:
        messages.append(Message("error", "", "the stream of events ends early: this preview was broken off"))
    return _preview(list(steps.values()), messages, violations)


def _message(event: Json) -> Message:
    severity = str(event.get("severity", "")).removesuffix("#err")
    return Message(severity, event.get("urn", ""), (event.get("prefix", "") + event.get("message", "")).strip())


def _preview(steps: list[Step], messages: list[Message], violations: list[Violation]) -> Preview:
    said = [m for m in messages if m.severity in {"error", "warning", "info"}]
    whole = any(step.op == "same" and step.custom for step in steps)
    return Preview(tuple(steps), tuple(said), tuple(violations), whole)


def _as(step: Step, op: str) -> Step:
    return Step(op, step.urn, step.type, step.old, step.new, step.keys)


def _event_step(metadata: Json) -> Step:
    return _step(
        metadata, metadata.get("old"), metadata.get("new"), metadata.get("diffs") or metadata.get("keys") or []
    )


def _step(row: Json, old: Json | None, new: Json | None, reasons: Iterable[str]) -> Step:
    urn = row["urn"]
    before, after = _state(old), _state(new)
    details = row.get("detailedDiff") or {}
    keys = {*reasons, *(key.split(".", 1)[0].split("[", 1)[0] for key in details)}
    if before and after:
        names = {*before.inputs, *after.inputs} - {"__defaults"}
        keys |= {n for n in names if before.inputs.get(n) != after.inputs.get(n)}
    return Step(row["op"], urn, urn.split("::")[2].rsplit("$", 1)[-1], before, after, frozenset(keys))


def _state(row: Json | None) -> State | None:
    if row is None:
        return None
    inputs, outputs = _plain(row.get("inputs") or {}), _plain(row.get("outputs") or {})
    return State(
        inputs,
        outputs,
        bool(row.get("protect")),
        bool(row.get("retainOnDelete")),
        row.get("id") or "",
        bool(row.get("custom")),
    )


def _plain(value: Any) -> Any:
    """Secrets as one word; what is not known yet as None."""
    if isinstance(value, dict):
        return "[secret]" if _SIGNATURE in value else {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return None if value == _UNKNOWN else value
