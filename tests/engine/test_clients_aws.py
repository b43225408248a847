"""Vault and pointer in AWS, on the real engine: a vault that fails in each way it can, then a flip; no secret out.

AWS is moto in server mode behind a proxy that fails on purpose; its IAM is asked, with the rights that the docs name.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from kafkadr.pointer import open_pointer
from kafkadr.vault import open_vault
from tests.emulation import RunningEmulator, in_process
from tests.engine.projects import local_pair
from tests.engine.pulumi_cli import PulumiStack, Ran
from tests.engine.test_clients import FLIP, keys, lose_the_primary
from tests.services.moto import Moto, moto_server, use_aws
from tests.services.proxy import Proxy, proxied
from tests.services.roles import aws_policy
from tests.toolchain import CLOUD_SECRET, ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

VAULT, POINTER = "aws-sm://eu-central-1/kafka-dr/prod", "aws-sm://eu-central-1/kafka-dr/pointers/prod"
SITES = 2
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
UNUSED = {name: f"canary-of-{name}" for name in ("VAULT_TOKEN", "CONSUL_HTTP_TOKEN", "PULUMI_ACCESS_TOKEN")}
"""Credentials that lie about in an operator's environment."""
WRITE = "secretsmanager.PutSecretValue"


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with in_process("--port", "0") as running:
        running.seed(json.loads((ROOT / "demo" / "world.json").read_text("utf-8")))
        yield running


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Moto, str, Proxy]]:
    with moto_server() as moto, proxied(moto.url) as (url, proxy):
        use_aws(monkeypatch, moto.url, *moto.user("observer", ANYTHING))  # for what the test itself looks at
        yield moto, url, proxy


@pytest.fixture
def stack(emulator: RunningEmulator, aws: tuple[Moto, str, Proxy], tmp_path: Path) -> PulumiStack:
    found = local_pair(tmp_path, emulator.url)
    settings: dict[str, Any] = found.config()["kafka-dr:settings"]
    found.edit(
        settings=settings | {"vault": {"url": VAULT}, "pointer": {"url": POINTER, "reason": "us-east-1 is gone"}}
    )
    nothing = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), "/dev/null")
    found.env |= UNUSED | nothing | {"AWS_ENDPOINT_URL": aws[1], "AWS_EC2_METADATA_DISABLED": "true"}
    return found


def act_as(role: str, stack: PulumiStack, moto: Moto) -> str:
    """The stack's commands run with a role's rights from now on; its secret."""
    moto.enforce(False)
    key, secret = moto.user(role, aws_policy(role))
    stack.env |= {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    moto.enforce()
    return secret


def stored(site: str) -> str:
    """Id of the client's key in the vault, empty while there is none."""
    entry = open_vault(VAULT).read(f"cli/{site}")
    return entry.values["key"].get_secret_value() if entry and entry.values else ""


@contextmanager
def command_lines(stack: PulumiStack) -> Iterator[set[str]]:
    """Every command line of the stack's commands and their plugins that is seen meanwhile."""
    home = stack.env["PULUMI_HOME"].encode()
    seen: set[str] = set()
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.05):
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    if home in (process / "environ").read_bytes():
                        seen.add((process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def all_secrets(stack: PulumiStack) -> set[str]:
    """Every API key's secret in the stack's state."""
    state = json.loads(stack.run("stack", "export", "--show-secrets").text)["deployment"]["resources"]
    found = [r["outputs"]["secret"]["plaintext"] for r in state if r["type"].endswith(":ApiKey")]
    return {json.loads(text) for text in found}


def fail_after_the_first_key(emulator: RunningEmulator, stack: PulumiStack, proxy: Proxy) -> Ran:
    """`pulumi up` with a vault that lets its slots be taken, and refuses writes as soon as there is a key."""
    fault = emulator.fault({"latency": 5}, apply="after", method="POST", path="/iam/v2/api-keys")
    with stack.start("up", "--yes", "--skip-preview") as process:
        while not keys(emulator) or sum(r.headers.get("X-Amz-Target") == WRITE for r in proxy.requests) < SITES:
            assert process.poll() is None
            time.sleep(0.1)
        proxy.fail("busy", only=WRITE)
        text, _ = process.communicate()
    emulator.control("DELETE", f"/faults/{fault}")
    return Ran(process.returncode, text)


def test_a_vault_that_fails_leaves_no_lost_key_and_a_rerun_converges(
    emulator: RunningEmulator, stack: PulumiStack, aws: tuple[Moto, str, Proxy], tmp_path: Path
) -> None:
    moto, _, proxy = aws
    with command_lines(stack) as seen:
        secrets = {act_as("client", stack, moto)}
        read_only = stack.up("--skip-preview")
        assert not read_only.ok
        assert "is not allowed" in read_only.text  # told by the slot: there is no key yet
        assert keys(emulator) == set()

        secrets.add(act_as("deployer", stack, moto))
        broken = fail_after_the_first_key(emulator, stack, proxy)
        assert not broken.ok
        made = keys(emulator)
        assert any(f"key {key} exists and is not in the vault" in broken.text for key in made)
        assert open_pointer(POINTER).read() is None

        proxy.fail("busy", times=1)  # once is nothing: AWS's own clients try again
        built = stack.up()
        assert built.ok, built.text
        assert {stored("east"), stored("west")} == keys(emulator) >= made
        assert len(keys(emulator)) == 2

        lose_the_primary(emulator)
        stack.edit(**FLIP)
        flip = stack.up("--diff")
        assert flip.ok, flip.text
    history = open_pointer(POINTER).history()
    assert [(a.site, a.why) for a in history] == [
        ("west", "failover: us-east-1 is gone"),
        ("east", "created: us-east-1 is gone"),
    ]

    secrets |= all_secrets(stack) | set(UNUSED.values()) | {CLOUD_SECRET}
    secrets.add(Path(stack.env["PULUMI_CONFIG_PASSPHRASE_FILE"]).read_text("utf-8"))
    assert len(secrets) >= 12  # AWS twice, cloud, passphrase, managers, link, client twice, and the unused
    files = [p for p in tmp_path.rglob("*") if p.is_file() and p.suffix != ".py" and p.name != "passphrase"]
    sinks = [p.read_text("utf-8", "replace") for p in files]
    sinks += [*seen, *(r.text for r in (read_only, broken, built, flip))]
    sinks += [a.to_json() for a in history]
    assert any("pulumi-resource-kafkadr" in line for line in seen)
    assert sum(secret.strip() in sink for secret in secrets for sink in sinks) == 0
