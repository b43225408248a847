"""The server around the application: loopback only, quick to start and stop, no delayed answers."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.__main__ import main
from emulator.app import create_app, new_world
from emulator.server import EmulatorServer
from tests import emulation
from tests.emulation import ROOT


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 (that it is refused is the point)
def test_only_loopback_is_bound(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        EmulatorServer(create_app(new_world()), host)


def test_two_servers_take_two_free_ports() -> None:
    with emulation.in_thread() as first, emulation.in_thread() as second:
        assert first.url != second.url
        first.seed({"environments": [{"id": "env-1"}]})
        assert second.truth()["cloud"]["environments"] == {}


def test_port_is_free_again_after_stop() -> None:
    with EmulatorServer(create_app(new_world())) as server:
        port = server.port
    with EmulatorServer(create_app(new_world()), port=port) as again:
        assert httpx2.get(f"{again.url}/_emulator/health", trust_env=False).json() == {"status": "ok"}
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{again.url}/_emulator/health", trust_env=False)


def test_stop_cuts_a_call_that_hangs() -> None:
    with EmulatorServer(create_app(new_world())) as server:
        with emulation.RunningEmulator(server.url) as running:
            running.fault({"hang": True})
        with socket.create_connection(("127.0.0.1", server.port)) as sock:
            sock.sendall(b"GET /org/v2/environments HTTP/1.1\r\nHost: x\r\n\r\n")
            server.stop()
            assert not server.alive


def test_answers_are_not_held_back_by_nagle() -> None:
    async def nodelay(request: Request) -> Response:
        sock = request.scope["extensions"]["emulator.transport"].get_extra_info("socket")
        return JSONResponse(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0)

    app = Starlette(routes=[Route("/", nodelay)])
    with EmulatorServer(app) as server:
        assert httpx2.get(server.url, trust_env=False).json() is True


@contextmanager
def _process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-W", "error", "-m", "emulator", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_the_process_cleanly(number: signal.Signals) -> None:
    with _process() as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready at http://127.0.0.1:")
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
        assert (process.returncode, rest, errors) == (0, "", "")


def test_many_signals_at_once_end_the_process_too() -> None:
    for _ in range(3):
        with _process() as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("ready at http://127.0.0.1:")
            for number in [signal.SIGTERM, signal.SIGINT] * 500:
                process.send_signal(number)
            _, errors = process.communicate(timeout=20)
            assert (process.returncode, errors) == (0, "")


def test_seed_file_key_and_json_ready_line(tmp_path: Path) -> None:
    world = tmp_path / "world.json"
    world.write_text(json.dumps({"environments": [{"id": "env-1"}]}))
    key = ("--cloud-api-key", "MYKEY", "--cloud-api-secret", "mysecret")
    with emulation.in_process("--seed", str(world), *key) as emulator:
        cloud = emulator.cloud(("MYKEY", "mysecret"))
        assert cloud.get("/org/v2/environments/env-1").status_code == 200
        assert emulator.cloud().get("/org/v2/environments/env-1").status_code == 401
        emulator.reset()
        assert cloud.get("/org/v2/environments/env-1").status_code == 404


@pytest.mark.parametrize(
    ("arguments", "world"),
    [
        (["--host", "0.0.0.0"], "{}"),  # noqa: S104 (refused)
        ([], '{"api_keys": [{"key": "K", "secret": {"canary": "S3CR3T"}, "owner": "sa-1"}]}'),
        ([], '{"topics": [{"cluster": "lkc-none", "name": "t"}]}'),
        ([], "{"),
    ],
)
def test_bad_arguments_end_with_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], world: str
) -> None:
    path = tmp_path / "world.json"
    path.write_text(world)
    assert main(["--seed", str(path), *arguments]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("emulator: ")
    assert errors.count("\n") == 1
    assert "S3CR3T" not in errors
