"""One package in one process: the schema of components and resources, and arguments that come from elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent import futures
from types import SimpleNamespace
from typing import Any

import grpc
import pulumi
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, resource_pb2, resource_pb2_grpc
from pulumi.runtime.rpc import UNKNOWN

from provider.engine import offered
from provider.plugin import RESOURCES
from provider.schema import package_schema
from provider.values import wrap
from tests.provider.second.hosting import served
from tests.toolchain import ROOT

OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
SIGNATURE = "4dabf18193072939515e22adb298388d"


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """As much of the engine as a component needs to be registered."""

    def GetDeploymentInfo(self, _: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "as older engines")

    def SupportsFeature(self, request: Any, _: Any) -> Any:  # noqa: N802
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in {"secrets", "outputValues"})

    def RegisterResource(self, request: Any, _: Any) -> Any:  # noqa: N802
        return resource_pb2.RegisterResourceResponse(urn=f"urn:pulumi:s::p::{request.type}::{request.name}")

    def RegisterResourceOutputs(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()


class Engine(engine_pb2_grpc.EngineServicer):
    """The engine's log."""

    def Log(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()


@pytest.fixture(scope="module")
def host() -> Any:
    """Construct a sample in the plugin's process; what the component was told, or the error's text."""
    server = grpc.server(futures.ThreadPoolExecutor(4))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(Monitor(), server)
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    with served(engine=address) as stub:

        def construct(dry: bool = False, kind: str = "kafkadr:index:Sample", **inputs: Any) -> Any:
            properties = PropertyValue.marshal_map({n: wrap(v) for n, v in inputs.items()})
            request = provider_pb2.ConstructRequest(
                project="p", stack="s", name="n", type=kind, inputs=properties, dryRun=dry,
                monitorEndpoint=address, parallel=4,
            )  # fmt: skip
            return stub.Construct(request)

        yield SimpleNamespace(stub=stub, construct=construct)
    server.stop(0)


def output(value: Any, **more: Any) -> dict[str, Any]:
    return {SIGNATURE: OUTPUT, "value": value, **more}


def secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET, "value": value}


def told(answer: Any) -> Any:
    state = answer.state.fields["told"]
    while state.HasField("struct_value"):  # Marked as an output or a secret.
        state = state.struct_value.fields["value"]
    return json.loads(state.string_value)[0]


def refusal(host: Any, **inputs: Any) -> str:
    with pytest.raises(grpc.RpcError) as error:
        host.construct(**inputs)
    details = dict(error.value.trailing_metadata()).get("grpc-status-details-bin", b"")
    said: str = str(error.value.details()) + details.decode("utf-8", "replace")
    return said


def test_numbers_and_enums_come_in_as_python_has_them(host: Any) -> None:
    found = told(host.construct(epoch=3, colour="red", colours=["red", "blue"], share=0.5))
    assert found == {
        "epoch": "3",
        "colour": "<Colour.RED: 'red'>",
        "colours": ["<Colour.RED: 'red'>", "<Colour.BLUE: 'blue'>"],
        "share": "0.5",
    }


def test_the_same_as_outputs(host: Any) -> None:
    found = told(
        host.construct(
            epoch=output(3),
            colour=output("blue", secret=True),
            part=output({"nameOf": "a", "intervalMs": 5, "from": "b"}),
        )
    )
    assert found["epoch"] == "3"
    assert found["colour"] == "<Colour.BLUE: 'blue'>"
    assert found["part"] == {"name_of": "'a'", "interval_ms": "5", "from_": "'b'"}


def test_an_empty_text_is_no_choice_at_all(host: Any) -> None:
    assert told(host.construct(epoch=1, colour="")) == {"epoch": "1"}
    assert told(host.construct(epoch=1, colour=output("")))["colour"] == "None"


def test_a_secret_inside_hides_no_names(host: Any) -> None:
    # The wire's old form of a secret makes the whole argument one.
    answer = host.construct(epoch=1, parts={"east": {"nameOf": secret("s"), "intervalMs": 7}})
    assert told(answer)["parts"]["east"] == {"name_of": "'s'", "interval_ms": "7"}
    marks = answer.state.fields["told"].struct_value.fields
    assert marks[SIGNATURE].string_value == SECRET or marks["secret"].bool_value


def test_what_is_not_known_in_a_preview_stays_so(host: Any) -> None:
    answer = host.construct(dry=True, epoch=UNKNOWN, colour=output(None), parts={"east": {"nameOf": UNKNOWN}})
    shown = answer.state.fields["told"]
    assert shown.string_value == UNKNOWN or "value" not in shown.struct_value.fields


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"epoch": 2.5}, "'epoch' must be a whole number"),
        ({"epoch": True}, "'epoch' must be a whole number"),
        ({"epoch": "3"}, "'epoch' must be a whole number"),
        ({}, "Missing required input 'epoch'"),
        ({"epoch": 1, "colour": "green"}, "'colour' must be one of 'red', 'blue', and not 'green'"),
        ({"epoch": 1, "colours": ["red", "green"]}, "'colours[1]' must be one of"),
        ({"epoch": 1, "colours": "red"}, "'colours' must be a list"),
        ({"epoch": 1, "parts": {"east": {"nameOf": "a", "intervallMs": 1}}}, "did you mean 'intervalMs'?"),
        ({"epoch": 1, "parts": {"east": "a"}}, "'parts.east' must be an object"),
        ({"epoch": 1, "eppoch": 1}, "did you mean 'epoch'?"),
        ({"epoch": 1, "share": -1}, "a share of -1 is none. Give another"),
    ],
)
def test_what_cannot_be_is_refused_by_its_path(host: Any, inputs: dict[str, Any], words: str) -> None:
    text = refusal(host, **inputs)
    assert words in text
    assert "Traceback" not in text
    assert ".py" not in text


def test_what_cannot_be_inside_an_output_is_refused_too(host: Any) -> None:
    assert "'colour' must be one of" in refusal(host, epoch=1, colour=output("green"))


def test_a_component_that_is_not_offered_is_named(host: Any) -> None:
    text = refusal(host, kind="kafkadr:index:Estate", epoch=1)
    assert "has no component kafkadr:index:Estate" in text
    assert "pulumi-confluentcloud" in text


def test_the_schema_has_components_and_resources(host: Any) -> None:
    schema = json.loads(host.stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)
    assert schema["name"] == "kafkadr"
    assert set(schema["resources"]) == {"kafkadr:index:Sample", *(r.token for r in RESOURCES)}
    assert schema["resources"]["kafkadr:index:Sample"]["isComponent"] is True
    assert not any(schema["resources"][r.token].get("isComponent") for r in RESOURCES)
    assert schema["types"]["kafkadr:index:Colour"]["enum"]


def test_two_things_of_one_name_are_no_package() -> None:
    with pytest.raises(ValueError, match="kafkadr:index:VaultSlot"):
        package_schema(RESOURCES, "1.0.0", {"resources": {"kafkadr:index:VaultSlot": {}}})


def test_only_what_a_package_exports_is_offered() -> None:
    found = offered.offered(["tests.provider.second.sample"])
    assert [each.__name__ for each in found] == ["Sample"]
    assert all(issubclass(each, pulumi.ComponentResource) for each in found)


def test_a_folder_that_is_not_installed_offers_nothing_and_a_broken_one_is_told() -> None:
    assert offered.offered(["tests.provider.second.nowhere"]) == []
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        offered.offered(["tests.provider.second.broken"])


def test_without_the_vendors_sdk_the_process_serves_what_needs_none() -> None:
    code = (
        "import sys; sys.modules['pulumi_confluentcloud'] = None\n"
        "from provider.engine.offered import offered\n"
        "import provider.server\n"
        "print([c.__name__ for c in offered(['tests.provider.second.vendors', 'tests.provider.second.sample'])])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert ran.stdout.strip() == "['Sample']"


def test_no_component_is_imported_before_it_is_asked_for() -> None:
    code = (
        "import sys, provider.server\n"
        "print([m for m in sys.modules if m.split('.')[0] in {'components', 'pulumi_confluentcloud'}])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_host_without_components_says_so() -> None:
    request = provider_pb2.ConstructRequest(type="kafkadr:index:Sample", inputs=struct_pb2.Struct())
    code = "import sys; from provider.server import main; main(sys.argv[1:], list)"
    with served(sys.executable, "-c", code) as stub, pytest.raises(grpc.RpcError) as error:
        stub.Construct(request)
    assert "no components" in error.value.details()
