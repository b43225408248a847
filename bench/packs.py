"""The packs a preview is measured with: ours, and two that have no policy and say nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.toolchain import ROOT

_SILENT = """
from concurrent.futures import ThreadPoolExecutor

import grpc

METHODS = "GetAnalyzerInfo GetPluginInfo Handshake Configure ConfigureStack Remediate Analyze AnalyzeStack"
nothing = grpc.unary_unary_rpc_method_handler(lambda request, context: b"")
server = grpc.server(ThreadPoolExecutor(1), options=[("grpc.max_receive_message_length", -1)])
server.add_generic_rpc_handlers(
    [grpc.method_handlers_generic_handler("pulumirpc.Analyzer", dict.fromkeys(METHODS.split(), nothing))]
)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()
"""


def ours() -> Path:
    """This repository's pack, with its environment."""
    made = subprocess.run([ROOT / "scripts" / "policies"], capture_output=True, text=True, check=True)  # noqa: S603
    return Path(made.stdout.strip())


def silent_in_python(folder: Path) -> Path:
    """A silent pack in the environment of ours: what gRPC in Python takes."""
    source, plugin = folder / "silent.py", folder / "pulumi-policy-silent-python"
    source.write_text(_SILENT, "utf-8")
    python = ROOT / "policies" / ".venv" / "bin" / "python"
    plugin.write_text(f'#!/bin/sh\nexec "{python}" -P -u "{source}"\n', "utf-8")
    plugin.chmod(0o755)
    return plugin


def silent_in_go(folder: Path) -> Path | None:
    """A silent pack in the engine's own language: what the engine takes for any pack. None where there is no Go."""
    go = shutil.which("go")
    if go is None:
        return None
    plugin = folder / "pulumi-policy-silent-go"
    build = [go, "build", "-o", str(plugin), str(ROOT / "bench" / "silent_pack.go")]
    subprocess.run(build, cwd=ROOT / "toolchain" / "pulumi", check=True)  # noqa: S603
    return plugin
