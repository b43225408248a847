"""Speaks to the pack as the engine does, and prints what it answers. Run by test_pack.py in the pack's own environment.

    python pack_client.py COMMAND... < request.json > answer.json

The request: `resources`, each `{type, name, properties, protect}`, and `config`, per policy its options.
"""

import json
import subprocess
import sys
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto import analyzer_pb2_grpc as rpc

SECONDS = 60


def resource(row: dict[str, Any]) -> Any:
    found = pb.AnalyzerResource(
        type=row["type"],
        name=row["name"],
        urn=f"urn:pulumi:s::p::{row['type']}::{row['name']}",
        options=pb.AnalyzerResourceOptions(protect=row.get("protect", True)),
    )
    json_format.ParseDict(row["properties"], found.properties)
    return found


def ask(stub: Any, request: dict[str, Any]) -> dict[str, Any]:
    info = json_format.MessageToDict(stub.GetAnalyzerInfo(empty_pb2.Empty(), timeout=SECONDS))
    configure = pb.ConfigureAnalyzerRequest()
    for policy in info["policies"]:
        configure.policyConfig[policy["name"]].enforcementLevel = pb.MANDATORY
        json_format.ParseDict(
            request["config"].get(policy["name"], {}), configure.policyConfig[policy["name"]].properties
        )
    stub.Configure(configure, timeout=SECONDS)
    resources = [resource(row) for row in request["resources"]]
    said = []
    for each in resources:
        single = pb.AnalyzeRequest(
            type=each.type, name=each.name, urn=each.urn, properties=each.properties, options=each.options
        )
        said += list(stub.Analyze(single, timeout=SECONDS).diagnostics)
        assert not stub.Remediate(single, timeout=SECONDS).remediations
    said += list(stub.AnalyzeStack(pb.AnalyzeStackRequest(resources=resources), timeout=SECONDS).diagnostics)
    return {"info": info, "said": [json_format.MessageToDict(each) for each in said]}


def main() -> None:
    request = json.load(sys.stdin)
    with subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True) as plugin:
        try:
            assert plugin.stdout is not None
            with grpc.insecure_channel(f"127.0.0.1:{plugin.stdout.readline().strip()}") as channel:
                json.dump(ask(rpc.AnalyzerStub(channel), request), sys.stdout)
        finally:
            plugin.kill()


if __name__ == "__main__":
    main()
