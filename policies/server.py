"""Serves the pack to the engine: Pulumi's analyzer protocol over gRPC.

Not with the package pulumi-policy: it reads every request anew for each policy, of which the engine sends two per
resource and one of everything; for 1,000 resources that took as long as a third of the preview (bench/policies.py).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import empty_pb2

from policies.pack import Pack

_SERVICE = "pulumirpc.Analyzer"
_MOST_BYTES = 400 * 1024 * 1024
"""What the engine itself allows for one message."""


def serve(pack: Pack, messages: Any) -> None:
    """Listen on a free port of this machine, tell the engine which, and answer until it ends this process."""
    # One thread: the engine asks one thing at a time, and a second would only wait for the first.
    server = grpc.server(ThreadPoolExecutor(1), options=[("grpc.max_receive_message_length", _MOST_BYTES)])
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(_SERVICE, _handlers(pack, messages))])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


def _handlers(pack: Pack, pb: Any) -> dict[str, Any]:
    """One per method. `Cancel` is left out: the engine takes that as leave to end this process."""
    return {
        "GetAnalyzerInfo": _handler(lambda _: pack.info(), empty_pb2.Empty),
        "Configure": _handler(pack.configure, pb.ConfigureAnalyzerRequest),
        "Analyze": _handler(pack.analyze, pb.AnalyzeRequest),
        "AnalyzeStack": _handler(pack.analyze_stack, pb.AnalyzeStackRequest),
        # Asked for each resource before `Analyze`; nothing here repairs by itself, so that nothing has to be read.
        "Remediate": _EMPTY,
        "Handshake": _EMPTY,
        "ConfigureStack": _EMPTY,
        "GetPluginInfo": _EMPTY,
    }


def _handler(answer: Callable[[Any], Any], request: Any) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        lambda given, _: answer(given),
        request_deserializer=request.FromString,
        response_serializer=lambda found: b"" if found is None else found.SerializeToString(),
    )


_EMPTY = grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")
"""Answers with an empty message and does not read the request."""
