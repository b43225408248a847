"""The plugin as a process of its own with the sample component, spoken to over gRPC; also run as that process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from tests.toolchain import ROOT

LARGE = [("grpc.max_receive_message_length", -1)]


@contextmanager
def served(*command: str, engine: str = "127.0.0.1:1") -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """The plugin that this command starts, or the one with the sample; it ends with the block."""
    words = command or (sys.executable, "-m", "tests.provider.second.hosting")
    with subprocess.Popen([*words, engine], stdout=subprocess.PIPE, text=True, cwd=ROOT) as plugin:
        try:
            assert plugin.stdout is not None
            port = int(plugin.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}", options=LARGE) as channel:
                yield provider_pb2_grpc.ResourceProviderStub(channel)
        finally:
            plugin.terminate()


if __name__ == "__main__":
    from provider.server import main
    from tests.provider.second.sample import Sample

    main(sys.argv[1:], lambda: [Sample])
