"""The plugin processes: none outlives an engine that was killed, which signals nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

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
