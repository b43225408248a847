"""A real Consul and a real Vault, where they were built (`scripts/servers`) or `KAFKADR_SERVERS` names their folder."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import stamina

from tests.services.benches import Bench, ConsulBench, Role, VaultBench
from tests.services.kv2 import MOUNT
from tests.services.proxy import proxied
from tests.services.roles import rights
from tests.toolchain import ROOT

_ROOT_TOKEN = "root-token"


def binary(name: str) -> Path | None:
    """The server's program, None where there is none."""
    record = ROOT / ".local" / "servers-bin"
    named = os.environ.get("KAFKADR_SERVERS") or (record.read_text(encoding="utf-8").strip() if record.exists() else "")
    path = Path(named or "/nowhere") / name
    return path if os.access(path, os.X_OK) else None


@contextmanager
def real_vault() -> Iterator[Bench]:
    """Vault itself, storage in memory, behind the proxy; tokens have the documented policies."""
    with ExitStack() as stack:
        server = stack.enter_context(_running([str(binary("vault"))]))
        assert server.stdout is not None
        ready = json.loads(server.stdout.readline())
        admin = _client(stack, ready["url"], {"X-Vault-Token": ready["token"]})
        _mount(admin)
        url, proxy = stack.enter_context(proxied(ready["url"]))

        def token(role: Role, environment: str) -> str:
            if role == "stranger":
                return "hvs.nobody"
            name = f"{role}-{environment}"
            _call(admin, "PUT", f"/v1/sys/policies/acl/{name}", {"policy": rights(f"vault-{role}", environment)})
            made = _call(admin, "POST", "/v1/auth/token/create", {"policies": [name], "no_default_policy": True})
            return str(made["auth"]["client_token"])

        yield VaultBench(ready["url"], url, proxy, ready["token"], token)


@contextmanager
def real_consul(folder: Path) -> Iterator[Bench]:
    """Consul itself, a server of its own with ACLs on, behind the proxy; tokens have the documented rules."""
    http, lan, rpc = _free_ports(3)
    rules = {"enabled": True, "default_policy": "deny", "tokens": {"initial_management": _ROOT_TOKEN}}
    ports = {"http": http, "serf_lan": lan, "server": rpc, "serf_wan": -1, "dns": -1, "grpc": -1}
    config = folder / "consul.json"
    config.write_text(json.dumps({"acl": rules, "ports": ports}), encoding="utf-8")
    command = [str(binary("consul")), "agent", "-dev", "-bind=127.0.0.1", "-client=127.0.0.1", f"-config-file={config}"]
    with ExitStack() as stack:
        stack.enter_context(_running(command, subprocess.DEVNULL))  # it logs there; a full pipe would stop it
        direct = f"http://127.0.0.1:{http}"
        admin = _client(stack, direct, {"X-Consul-Token": _ROOT_TOKEN})
        _wait(admin)
        url, proxy = stack.enter_context(proxied(direct))

        def token(role: Role, environment: str) -> str:
            if role == "stranger":
                return "nobody"
            name = f"{role}-{environment}"
            _call(admin, "PUT", "/v1/acl/policy", {"Name": name, "Rules": rights(f"consul-{role}", environment)})
            made = _call(admin, "PUT", "/v1/acl/token", {"Policies": [{"Name": name}]})
            return str(made["SecretID"])

        yield ConsulBench(direct, url, proxy, _ROOT_TOKEN, token)


@contextmanager
def _running(command: list[str], stdout: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            yield server
        finally:
            server.kill()


def _client(stack: ExitStack, url: str, headers: dict[str, str]) -> httpx2.Client:
    return stack.enter_context(httpx2.Client(base_url=url, headers=headers, timeout=30, trust_env=False))


def _call(admin: httpx2.Client, method: str, path: str, body: object = None) -> Any:
    answer = admin.request(method, path, json=body)
    assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def _mount(admin: httpx2.Client) -> None:
    _call(admin, "POST", f"/v1/sys/mounts/{MOUNT}", {"type": "kv", "options": {"version": "2"}})
    # The engine takes a moment to get ready and says so.
    _until(lambda: admin.get(f"/v1/{MOUNT}/config").is_success)


def _wait(admin: httpx2.Client) -> None:
    """A leader, which knows the first token."""
    _until(lambda: admin.get("/v1/acl/tokens").is_success and admin.put("/v1/kv/ready", content="x").is_success)
    admin.delete("/v1/kv/ready")


def _until(ready: Any) -> None:
    for attempt in stamina.retry_context(on=(AssertionError, httpx2.TransportError), timeout=120, wait_max=0.5):
        with attempt:
            assert ready()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
