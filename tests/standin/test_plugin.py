"""The executable over gRPC, as the engine talks to it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import status_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from emulator.standin.servicer import VERSION
from emulator.standin.values import UNKNOWN, decode, encode
from tests.toolchain import ROOT

MIRROR = "urn:pulumi:s::p::confluentcloud:index/kafkaMirrorTopic:KafkaMirrorTopic::m"
TOPIC = "urn:pulumi:s::p::parent$confluentcloud:index/kafkaTopic:KafkaTopic::t"
SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
NOWHERE = "http://127.0.0.1:9"


def struct(**values: Any) -> Struct:
    return encode(values, {})


def mirror(endpoint: str, **more: Any) -> Struct:
    cluster = {"id": "lkc-d", "restEndpoint": endpoint, "credentials": {"key": "K", "secret": "canary"}}
    return struct(kafkaCluster=cluster, clusterLink={"linkName": "dr"}, sourceKafkaTopic={"topicName": "t"}, **more)


class Plugin:
    """A running plugin process."""

    def __init__(self, process: subprocess.Popen[str], stub: Any) -> None:
        self.process = process
        self.stub = stub

    def configure(self, **args: Any) -> pb.ConfigureResponse:
        answer: pb.ConfigureResponse = self.stub.Configure(pb.ConfigureRequest(args=struct(**args)))
        return answer


@contextmanager
def started(**environment: str) -> Iterator[Plugin]:
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ["PATH"]])
    command = [str(ROOT / "emulator" / "standin" / "pulumi-resource-confluentcloud"), "127.0.0.1:1"]
    env = {"PATH": path, **environment}
    # Started from anywhere: the engine's folder is the project's.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=Path("/")
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield Plugin(process, ResourceProviderStub(channel))
        finally:
            process.kill()


@pytest.fixture(scope="module")
def plugin() -> Iterator[Plugin]:
    with started(TF_ACC="1") as running:
        running.configure(endpoint=NOWHERE, cloudApiKey="key", cloudApiSecret="canary")
        yield running


@contextmanager
def endpoint(*answers: tuple[int, bytes], silent: bool = False) -> Iterator[tuple[str, threading.Event]]:
    """Serve these answers in turn, the last for ever; a silent endpoint accepts and never answers."""
    left, called, release = list(answers), threading.Event(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            called.set()
            if silent:
                release.wait(60)
                return
            status, body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", called
        finally:
            release.set()
            server.shutdown()
            thread.join()


def init_failure(error: grpc.RpcError) -> pb.ErrorResourceInitFailed:
    """Take the partial-failure detail out of an error, as the engine does."""
    trailing = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    detail = pb.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    return detail


def test_version_is_the_sdks(plugin: Plugin) -> None:
    assert plugin.stub.GetPluginInfo(Empty()).version == VERSION == "2.87.0"


def test_configure_makes_no_call_and_takes_no_secrets(plugin: Plugin) -> None:
    answer = plugin.configure(endpoint=NOWHERE)
    assert answer.supportsPreview
    assert not answer.acceptSecrets


def test_a_part_of_the_kafka_set_is_refused(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="all 3 of kafkaApiKey, kafkaApiSecret, kafkaRestEndpoint must be set"):
        plugin.configure(kafkaApiKey="k")


def test_too_few_retries_are_refused(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="maxRetries must be at least 4"):
        plugin.configure(maxRetries="3")


def test_check_marks_what_the_schema_calls_sensitive(plugin: Plugin) -> None:
    checked = plugin.stub.Check(pb.CheckRequest(urn=MIRROR, news=mirror("http://k")))
    cluster = checked.inputs["kafkaCluster"]
    assert cluster["credentials"][SIGNATURE] == SECRET
    assert decode(checked.inputs)["kafkaCluster"]["credentials"] == {"key": "K", "secret": "canary"}
    assert not checked.failures


def test_provider_keys_are_marked(plugin: Plugin) -> None:
    news = struct(endpoint=NOWHERE, cloudApiSecret="canary")
    checked = plugin.stub.CheckConfig(pb.CheckRequest(news=news)).inputs
    assert checked["cloudApiSecret"][SIGNATURE] == SECRET
    assert checked["endpoint"] == NOWHERE


def test_a_preview_calls_nobody_and_keeps_unknowns(plugin: Plugin) -> None:
    news = struct(topicName="t", kafkaCluster={"id": UNKNOWN}, partitionsCount=6)
    made = plugin.stub.Create(pb.CreateRequest(urn=TOPIC, properties=news, preview=True))
    shown = decode(made.properties)
    assert shown["kafkaCluster"] == {"id": UNKNOWN}
    assert shown["config"] is UNKNOWN
    assert shown["partitionsCount"] == 6


def test_diff_is_detailed(plugin: Plugin) -> None:
    old = struct(topicName="t", partitionsCount=6, config={"retention.ms": "1"})
    new = struct(topicName="t", partitionsCount=3, config={"retention.ms": "2"})
    diff = plugin.stub.Diff(pb.DiffRequest(urn=TOPIC, olds=old, news=new))
    assert diff.changes == pb.DiffResponse.DIFF_SOME
    assert list(diff.replaces) == ["partitionsCount"]
    assert {path: d.kind for path, d in diff.detailedDiff.items()} == {
        "partitionsCount": pb.PropertyDiff.UPDATE_REPLACE,
        'config["retention.ms"]': pb.PropertyDiff.UPDATE,
    }
    assert "topicName" in diff.stables


def test_what_is_gone_reads_as_an_empty_answer(plugin: Plugin) -> None:
    with endpoint((404, b"{}")) as (url, _):
        found = plugin.stub.Read(pb.ReadRequest(urn=MIRROR, id="lkc-d/dr/t", properties=mirror(url)))
    assert (found.id, decode(found.properties)) == ("", {})


def test_a_failed_update_is_partial_and_keeps_the_wanted_outputs(plugin: Plugin) -> None:
    with endpoint((400, b'{"error_code":40002,"message":"lag"}')) as (url, _):
        old, new = mirror(url, mirrorTopicName="t", status="ACTIVE"), mirror(url, status="PROMOTED")
        with pytest.raises(grpc.RpcError) as failure:
            plugin.stub.Update(pb.UpdateRequest(urn=MIRROR, id="lkc-d/dr/t", olds=old, news=new))
    detail = init_failure(failure.value)
    assert detail.id == "lkc-d/dr/t"
    assert decode(detail.properties)["status"] == "PROMOTED"
    assert "lag" in detail.reasons[0]
    assert "canary" not in detail.reasons[0]
    assert detail.properties["kafkaCluster"]["credentials"][SIGNATURE] == SECRET


def test_a_create_that_fails_before_it_has_an_id_leaves_nothing(plugin: Plugin) -> None:
    with endpoint((400, b"{}")) as (url, _), pytest.raises(grpc.RpcError) as failure:
        plugin.stub.Create(pb.CreateRequest(urn=MIRROR, properties=mirror(url)))
    assert "grpc-status-details-bin" not in dict(failure.value.trailing_metadata())
    assert failure.value.code() == grpc.StatusCode.UNKNOWN


def test_unknown_types_and_functions_are_named(plugin: Plugin) -> None:
    urn = "urn:pulumi:s::p::confluentcloud:index/connector:Connector::c"
    with pytest.raises(grpc.RpcError, match="no resource type confluentcloud:index/connector:Connector"):
        plugin.stub.Check(pb.CheckRequest(urn=urn))
    with pytest.raises(grpc.RpcError, match="no function confluentcloud:index/getUser:getUser"):
        plugin.stub.Invoke(pb.InvokeRequest(tok="confluentcloud:index/getUser:getUser"))


@pytest.mark.parametrize("by_signal", [True, False])
def test_a_cancellation_ends_a_call_that_is_never_answered(*, by_signal: bool) -> None:
    with started() as running, endpoint(silent=True) as (url, called):
        running.configure(endpoint=NOWHERE)
        old, new = mirror(url, mirrorTopicName="t", status="ACTIVE"), mirror(url, status="PROMOTED")
        future = running.stub.Update.future(pb.UpdateRequest(urn=MIRROR, id="lkc-d/dr/t", olds=old, news=new))
        assert called.wait(30)
        if by_signal:
            running.process.send_signal(signal.SIGINT)
        else:
            running.stub.Cancel(Empty())
        error = future.exception(timeout=30)
        assert "the operation was cancelled" in init_failure(error).reasons[0]
        if by_signal:
            assert running.process.wait(timeout=30) == 0
        else:
            with pytest.raises(grpc.RpcError, match="cancelled"):
                running.stub.Read(pb.ReadRequest(urn=MIRROR, id="x", properties=mirror(url)))


def test_the_engines_farewell_ends_an_idle_plugin_without_a_word() -> None:
    with started() as running:
        with pytest.raises(grpc.RpcError) as declined:
            running.stub.Handshake(pb.ProviderHandshakeRequest())
        assert declined.value.code() == grpc.StatusCode.UNIMPLEMENTED
        running.process.send_signal(signal.SIGINT)
        assert running.process.stderr is not None
        assert running.process.stderr.read() == ""
        assert running.process.wait(timeout=30) == 0


def test_operations_run_side_by_side(plugin: Plugin) -> None:
    with endpoint(silent=True) as (silent, called), endpoint((404, b"{}")) as (url, _):
        hung = plugin.stub.Read.future(pb.ReadRequest(urn=MIRROR, id="x", properties=mirror(silent)))
        assert called.wait(30)
        assert plugin.stub.Read(pb.ReadRequest(urn=MIRROR, id="x", properties=mirror(url)), timeout=30).id == ""
        hung.cancel()


def test_a_failed_check_names_the_place_in_words_so_that_the_engine_prints_no_secret(plugin: Plugin) -> None:
    news = Struct()
    both = {"id": "lkc-s", "restEndpoint": "http://s", "bootstrapEndpoint": "s:9092"}
    secret = {"credentials": {"key": "k", "secret": "canary"}}
    news.update({"link": "dr", "sourceKafkaCluster": {**both, **secret}})
    urn = "urn:pulumi:s::p::confluentcloud:index/clusterLink:ClusterLink::dr"
    (failure,) = plugin.stub.Check(pb.CheckRequest(urn=urn, news=news)).failures
    assert failure.property == ""
    assert failure.reason.endswith("Examine values at 'dr.sourceKafkaCluster'.")
    assert "canary" not in failure.reason
