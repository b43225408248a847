"""No secret of the pair comes out: cloud, managers, link, clients, handover; console, state, config, ledger, logs.

Every API key's secret is a canary: the emulator makes it up, the engine alone keeps it, encrypted. The clients' vault
is where their secrets belong, and is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulation import RunningEmulator, in_process
from tests.engine.projects import local_pair, program
from tests.engine.pulumi_cli import PulumiStack, Ran
from tests.engine.test_pair import FLIP, PRIMARY, WORLD
from tests.toolchain import CLOUD_SECRET

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

SIGNING_KEY = "canary-of-the-handovers-signing-key-01"
TOKEN = "kdr1.canary-of-a-handover-token.nonsense"
KEYS = ["client-cli-east", "client-cli-west", "east-manager", "link-reader", "west-manager"]
# At -v=9 the engine traces each property that it sends to a provider or gets from one, secrets too: its own affair.
TRACE = re.compile(r'"msg":"(Unm|M)arshaling property for RPC')
CANARY = "canary-in-a-programs-arguments"
ARGUMENTS = """
from os import environ
from first.components import DrClusterLink, LinkMode, MirrorState
CANARY = environ["CANARY"]  # not in the text: a traceback quotes that
def cluster(site, endpoint="http://127.0.0.1:1"):
    credentials = {"key": "K", "secret": CANARY}
    where = {"rest_endpoint": endpoint, "bootstrap_endpoint": "SASL_SSL://127.0.0.1:9092"}
    return {"id": f"lkc-{site}", "credentials": credentials, **where}
def link(destination, **settings):
    DrClusterLink("dr", {"link_name": "dr", "mode": LinkMode.DESTINATION_INITIATED, "source": cluster("a"),
                         "destination": destination, "settings": settings})
def state(credentials, **more):
    MirrorState("m", rest_endpoint="http://127.0.0.1:1", cluster_id="lkc-b", link_name="dr", desired="ACTIVE",
                credentials=credentials, **more)
"""
BROKEN = {
    "a component's rule": ("link(cluster('b'), offset_sync={'groups': []})", "offset_sync"),
    "an argument of a wrong type": ("link(cluster('b') | {'credentials': CANARY})", "TypeError"),
    "the vendor's plugin": ("link(cluster('b', 'pkc:443'))", "restEndpoint"),
    "our plugin, another input": ("state({'key': 'K', 'secret': CANARY}, chunk_size=0)", "chunkSize"),
    "our plugin, the secret itself": ("state({'key': 'K', 'secret': [CANARY]})", "credentials.secret"),
    "our plugin, all credentials": ("state([CANARY])", "credentials"),
}


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with in_process("--port", "0") as running:
        running.seed(WORLD)
        yield running


class Witness:
    """Runs commands and keeps all that they say: console with the engine's most talkative log, and event logs."""

    def __init__(self, stack: PulumiStack, folder: Path) -> None:
        self.stack, self.folder, self.said = stack, folder, ""
        folder.mkdir()
        stack.env["PULUMI_DEBUG_COMMANDS"] = "true"
        self._count = 0

    def run(self, *words: str) -> Ran:
        self._count += 1
        ran = self.stack.run(*words, "--event-log", str(self.folder / f"{self._count}.json"))
        self.said += "".join(line for line in ran.text.splitlines(keepends=True) if not TRACE.search(line))
        return ran


def api_keys(stack: PulumiStack) -> dict[str, str]:
    """Secret of each API key in state, by resource name."""
    ran = stack.run("stack", "export", "--show-secrets")
    assert ran.ok
    found: list[dict[str, Any]] = json.loads(ran.text)["deployment"]["resources"]
    keys = [r for r in found if r["type"] == "confluentcloud:index/apiKey:ApiKey"]
    return {r["urn"].rsplit("::", 1)[-1]: json.loads(r["outputs"]["secret"]["plaintext"]) for r in keys}


def test_no_secret_of_a_pair_comes_out_of_any_command(emulator: RunningEmulator, tmp_path: Path) -> None:
    stack = local_pair(tmp_path, emulator.url)
    settings = stack.config()["kafka-dr:settings"]
    stack.edit(settings=settings | {"link": settings["link"] | {"reads": [{"name": "*"}]}})
    assert stack.run("config", "set", "--secret", "kafka-dr:handoverKey", SIGNING_KEY).ok
    witness = Witness(stack, tmp_path / "events")

    assert witness.run("up", "--yes").ok
    assert witness.run("refresh", "--yes", "-v=9", "--logtostderr").ok
    stack.edit(**(FLIP | {"change": "promote"}))
    assert stack.run("config", "set", "--secret", "kafka-dr:handover", TOKEN).ok
    refused = witness.run("preview", "--diff")
    assert not refused.ok
    assert "handover: " in refused.text
    emulator.control("POST", f"/clusters/{PRIMARY}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down")
    stack.edit(**FLIP)
    assert stack.run("config", "rm", "kafka-dr:handover").ok
    assert witness.run("preview", "--diff").ok
    assert witness.run("up", "--yes").ok
    assert not witness.run("destroy", "--yes").ok

    keys = api_keys(stack)
    assert sorted(keys) == [f"dr-{who}-key" for who in KEYS]
    canaries = keys | {"cloud": CLOUD_SECRET, "signing key": SIGNING_KEY, "token": TOKEN}
    vault = tmp_path / "vault"
    files = [p for p in tmp_path.rglob("*") if p.is_file() and vault not in p.parents]
    assert {"ledger", "events", "own"} <= {p.relative_to(tmp_path).parts[0] for p in files}
    told = {str(p): p.read_text("utf-8", "replace") for p in files} | {"console": witness.said}
    assert [(name, where) for name, canary in canaries.items() for where, text in told.items() if canary in text] == []


def test_no_failed_check_shows_a_secret(tmp_path: Path) -> None:
    stack = program(tmp_path, "")
    head = (stack.folder / "__main__.py").read_text("utf-8")
    stack.configure({"confluentcloud:endpoint": "http://127.0.0.1:1"})
    stack.env["CANARY"] = CANARY
    for what, (call, named) in BROKEN.items():
        (stack.folder / "__main__.py").write_text(f"{head}{ARGUMENTS}{call}\n", "utf-8")
        witness = Witness(stack, tmp_path / what)
        ran = witness.run("preview")
        assert not ran.ok, what
        assert named in ran.text, f"{what}: {ran.text}"
        assert CANARY not in ran.text, f"{what}: {ran.text}"
        assert CANARY not in (witness.folder / "1.json").read_text("utf-8"), what
