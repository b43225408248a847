"""Runs a program of components without an engine and writes down every registration as plain JSON.

Pulumi's `MockMonitor` is given the whole request (parent, protect, retain, dependencies, secrets), which its mocks are
not: so the recorder is the monitor. The text form of a graph is compared with `tests/golden/*.json`; set
`KAFKADR_UPDATE_GOLDEN=1` to write those files anew, and read the difference before committing it.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks

GOLDEN = Path(__file__).parent.parent / "golden"
UPDATE = "KAFKADR_UPDATE_GOLDEN"
CANARY = "canary-secret"
"""Part of every secret that the mocks hand out: must never be seen in a golden file."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"

Resource = dict[str, Any]


class Answers(mocks.Mocks):
    """What the cloud would answer: ids and computed properties made from the resource's name."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], None]:
        """Components look nothing up (I7)."""
        raise AssertionError(f"a component called {args.token}")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Give id and outputs."""
        computed: dict[str, dict[str, Any]] = {
            "confluentcloud:index/kafkaCluster:KafkaCluster": {
                "restEndpoint": f"https://{args.name}.example:443",
                "bootstrapEndpoint": f"SASL_SSL://{args.name}.example:9092",
                "rbacCrn": f"crn://confluent.cloud/organization=o/environment=e/cloud-cluster={args.name}",
            },
            "confluentcloud:index/apiKey:ApiKey": {"secret": f"{CANARY}-{args.name}"},
            "confluentcloud:index/clusterLink:ClusterLink": {"clusterLinkId": f"link-{args.name}"},
            "kafkadr:index:Transition": {"phase": "steady", "history": [], "demotion": {}},
            "kafkadr:index:ActivePointer": {"address": args.inputs.get("url")},
            "kafkadr:index:VaultSecret": {"address": f"{args.inputs.get('vaultUrl')}/{args.inputs.get('entry')}"},
            "kafkadr:index:MirrorState": {"states": {"ACTIVE": 1}, "total": 1, "forecast": {}, "ledger": {}},
        }
        return f"id-{args.name}", args.inputs | computed.get(args.typ, {})


class Recorder(mocks.MockMonitor):
    """Keeps every registration request."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__(Answers())
        self.requests: list[Any] = []
        self.outputs: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the wire's name
        """Keep the request, then answer as the mocks do."""
        if request.type != "pulumi:pulumi:Stack":
            self.requests.append(request)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        """Keep the outputs of components."""
        self.outputs[_short(request.urn)] = _properties(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]

    @property
    def graph(self) -> list[Resource]:
        """The registrations in a canonical order, secrets masked."""
        found = [_resource(request) for request in self.requests]
        return sorted(found, key=lambda r: (r["type"], r["name"]))

    def named(self, name: str) -> Resource:
        """The one resource of this name."""
        (found,) = [r for r in self.graph if r["name"] == name]
        return found

    def of_type(self, word: str) -> list[Resource]:
        """Resources whose type's last word is `word`."""
        return [r for r in self.graph if r["type"].split(":")[-1] == word]


def record(program: Callable[[], object]) -> Recorder:
    """Run `program` in a fresh, empty stack and return what it registered."""
    recorder = Recorder()
    mocks.set_mocks(recorder.mocks, project="test", stack="graph", monitor=recorder, organization="org")
    run = mocks.test(lambda: _nothing(program))  # type: ignore[no-untyped-call]
    run()
    assert "[secret]" not in str(recorder.outputs), "the SDK's debug log shows registered outputs in clear"
    return recorder


def is_secret(program: Callable[[], pulumi.Output[Any]]) -> bool:
    """Whether the output that `program` makes is a Pulumi secret."""
    found: bool = plain(lambda: pulumi.Output.from_input(program().is_secret()))
    return found


def plain(program: Callable[[], pulumi.Output[Any]]) -> Any:
    """Run `program` and return the value of the output it makes."""
    seen: list[Any] = []
    record(lambda: program().apply(seen.append))
    return seen[0]


def golden(name: str, recorder: Recorder) -> None:
    """Compare the graph with its golden file, or write the file when asked to."""
    text = json.dumps(recorder.graph, indent=1, sort_keys=True) + "\n"
    path = GOLDEN / f"{name}.json"
    if os.environ.get(UPDATE):
        path.write_text(text)
    assert CANARY not in text
    assert path.read_text() == text, f"the graph differs from {path.name}; {UPDATE}=1 writes it anew"


def _nothing(program: Callable[[], object]) -> None:
    program()


def _resource(request: Any) -> Resource:
    marks = {
        "protect": request.protect,
        "retainOnDelete": request.retainOnDelete,
        "ignoreChanges": list(request.ignoreChanges),
        "additionalSecretOutputs": list(request.additionalSecretOutputs),
        "aliases": [str(alias) for alias in request.aliases],
        "deletedWith": _short(request.deletedWith),
    }
    return {
        "type": request.type,
        "name": request.name,
        "parent": _short(request.parent),
        "inputs": _properties(request.object),
        "dependsOn": sorted(_short(urn) for urn in request.dependencies),
    } | {key: value for key, value in marks.items() if value}


def _short(urn: str) -> str:
    return urn.rsplit("::", maxsplit=1)[-1]


def _properties(struct: Any) -> dict[str, Any]:
    # Not the SDK's own reader: it lifts a nested secret to the whole property, and hides what is beside it.
    return {key: _value(value) for key, value in struct.fields.items()}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        found = _properties(value.struct_value)
        return "[secret]" if found.get(SIGNATURE) == SECRET else found
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    return None if kind == "null_value" else getattr(value, kind)
