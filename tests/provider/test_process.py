"""The plugin processes: none outlives an engine that was killed, which signals nobody, nor keeps one waiting."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from provider.values import wrap
from tests.emulation import in_thread
from tests.emulator import linked
from tests.toolchain import ROOT

PLUGINS = ["provider/pulumi-resource-kafkadr", "emulator/standin/pulumi-resource-confluentcloud"]
# Stands for the engine: starts the plugin in a process group of its own, as the engine does, and waits.
ENGINE = 'set -m; "$0" 127.0.0.1:1 2>/dev/null & echo $!; wait'


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_ends_when_its_engine_was_killed(plugin: str) -> None:
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = ["/bin/bash", "-c", ENGINE, str(ROOT / plugin)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PATH": path}) as engine:
        assert engine.stdout is not None
        pid = int(engine.stdout.readline())
        assert engine.stdout.readline().strip().isdigit()  # the port: the plugin serves
        assert alive(pid)
        engine.send_signal(signal.SIGKILL)
        engine.wait()

        for _ in range(200):
            if not alive(pid):
                return
            time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the plugin outlived its engine")


def test_a_plugin_whose_ledger_hangs_still_ends_when_it_is_told_to(tmp_path: Path) -> None:
    # The engine reports its *other* plugins as crashed when one of them takes 5 s to end.
    journal = tmp_path / linked.DESTINATION / "dr" / "epoch-1.json"
    journal.parent.mkdir(parents=True)
    os.mkfifo(journal)  # Reading it waits for ever, as a mounted folder does whose server is gone.
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = [str(ROOT / PLUGINS[0]), "127.0.0.1:1"]
    with (
        in_thread() as emulator,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PATH": path}) as plugin,
    ):
        linked.build(emulator, 1)
        inputs = {
            "restEndpoint": f"{emulator.url}/k/{linked.DESTINATION}",
            "clusterId": linked.DESTINATION,
            "linkName": "dr",
            "credentials": {"key": "DST", "secret": "dst-secret"},
            "desired": "FAILED_OVER",
            "ledgerUrl": tmp_path.as_uri(),
        }
        properties = PropertyValue.marshal_map({name: wrap(value) for name, value in inputs.items()})
        request = provider_pb2.CreateRequest(urn="urn:pulumi:s::p::kafkadr:index:MirrorState::m", properties=properties)
        assert plugin.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{plugin.stdout.readline().strip()}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            call = stub.Create.future(request)
            while (handle := reader_comes(journal)) is None:
                assert not call.done()
                time.sleep(0.1)
            stub.Cancel(Empty())
            assert "cancelled by the operator" in call.exception().details()
        plugin.send_signal(signal.SIGINT)
        killer = threading.Timer(30, plugin.kill)
        killer.start()
        code = plugin.wait()
        killer.cancel()
        os.close(handle)
    assert code == 0


def reader_comes(fifo: Path) -> int | None:
    """A handle that writes nothing, once somebody has opened the pipe to read: it keeps them waiting."""
    with contextlib.suppress(OSError):
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    return None
