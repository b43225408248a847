"""Nothing that happens to the estate, the network or an onboarding keeps the switch from failing over."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.engine.pulumi_cli import PulumiStack
from tests.engine.second.switching import CLUSTERS, Switching, build

pytestmark = pytest.mark.engine
FAILOVER: dict[str, object] = {"primary": "west", "epoch": 2, "change": "failover"}
ESTATE = """
import json
import pulumi
document = json.loads(open("document.json").read())
pulumi.export("dr", pulumi.Output.secret(document))
if pulumi.Config().get_bool("broken"):
    raise RuntimeError("half-way")
"""


class World:
    """A switch that reads its estate's stack; the estate is a small program of the same backend."""

    def __init__(self, emulator: RunningEmulator, folder: Path) -> None:
        self.switch: Switching = build(emulator, folder, estateFile=None)
        own = folder / "estate"
        own.mkdir()
        (own / "Pulumi.yaml").write_text("name: kafka-dr-estate\nruntime: python\n", "utf-8")
        (own / "__main__.py").write_text(ESTATE, "utf-8")
        self.estate = PulumiStack(own, self.switch.stack.env)
        self.estate.init()
        self.publish(self.switch.document())
        ran = self.switch.up()
        assert ran.ok, ran.text

    def publish(self, document: object) -> None:
        (self.estate.folder / "document.json").write_text(json.dumps(document), "utf-8")
        ran = self.estate.up()
        assert ran.ok, ran.text

    @property
    def backend(self) -> Path:
        return Path(self.switch.stack.env["PULUMI_BACKEND_URL"].removeprefix("file://")) / ".pulumi"

    @property
    def state(self) -> Path:
        return self.backend / "stacks" / "kafka-dr-estate" / "test.json"


@pytest.fixture
def world(emulator: RunningEmulator, tmp_path: Path) -> World:
    return World(emulator, tmp_path)


def gone(world: World) -> None:
    ran = world.estate.run("stack", "rm", "--yes", "--force")
    assert ran.ok, ran.text


def locked(world: World) -> None:
    lock = world.backend / "locks" / "organization" / "kafka-dr-estate" / "test" / "somebody.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(
        json.dumps({"pid": 1, "username": "x", "hostname": "y", "timestamp": "2026-12-01T00:00:00Z"}), "utf-8"
    )


def half_updated(world: World) -> None:
    world.estate.configure({"kafka-dr-estate:broken": True})
    assert not world.estate.up().ok


def unreadable(world: World) -> None:
    world.state.write_text("{ this is no state", "utf-8")


def newer(world: World) -> None:
    world.publish(world.switch.document() | {"version": 2})


def partial(world: World) -> None:
    document = world.switch.document()
    del document["sites"]["west"]["credentials"]
    world.publish(document)


def of_another_passphrase(world: World) -> None:
    passphrase = world.switch.folder / "another"
    passphrase.write_text("of another team\n", "utf-8")
    env = world.estate.env | {"PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase)}
    gone(world)
    world.estate.config_file.unlink(missing_ok=True)
    world.estate = PulumiStack(world.estate.folder, env)
    world.estate.init()
    world.publish(world.switch.document())


CONDITIONS: list[Callable[[World], None]] = [
    gone, locked, half_updated, unreadable, newer, partial, of_another_passphrase,
]  # fmt: skip


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda c: c.__name__)
def test_the_estate_may_be_in_any_condition(world: World, condition: Callable[[World], None]) -> None:
    condition(world)
    fail_over(world.switch)


def test_a_network_that_swallows_packets(world: World) -> None:
    with black_hole() as address:
        world.switch.stack.env.update(swallowed(address))
        fail_over(world.switch)


def test_an_onboarding_that_was_merged_and_not_applied(world: World) -> None:
    world.switch.settings(topics=["orders", "payments", *(f"new-{n:04}" for n in range(1000))])
    ran = fail_over(world.switch)
    assert "new-0000" in ran
    assert "new-0000" in world.switch.ledger(2)["elsewhere"][CLUSTERS["east"]]


def test_all_at_once(world: World) -> None:
    world.switch.settings(topics=["orders", "payments", *(f"new-{n:04}" for n in range(1000))])
    locked(world)
    unreadable(world)
    with black_hole() as address:
        world.switch.stack.env.update(swallowed(address))
        fail_over(world.switch)


def fail_over(switch: Switching) -> str:
    """The region of the primary and the cloud's API are dead: green, and nobody but the survivor is asked."""
    switch.down("east")
    switch.cloud_down()
    switch.edit(**FAILOVER)
    switch.forget_log()
    preview = switch.preview()
    assert preview.ok, preview.text
    ran = switch.up()
    assert ran.ok, ran.text
    assert switch.asked() == {CLUSTERS["west"]}
    assert switch.statuses("west") == {"orders": "STOPPED", "payments": "STOPPED"}
    assert switch.record().site == "west"
    return preview.text


def swallowed(address: str) -> dict[str, str]:
    """The environment in which everything but this machine is behind the proxy; gRPC needs the exception, too."""
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), address)
    return proxies | dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")


@contextmanager
def black_hole() -> Iterator[str]:
    """A proxy that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
