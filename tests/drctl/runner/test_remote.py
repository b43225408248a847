"""`drctl run` over HTTP: pointer in Consul, keys in AWS Secrets Manager (moto), and a network that fails in between."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drctl.runner.world import World, eventually, secret_of
from tests.services.benches import aws_bench, recorded_consul
from tests.services.proxy import Fault, Proxy


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[tuple[World, Proxy, Proxy]]:
    with aws_bench() as vault, recorded_consul() as pointer, vault.in_charge(), pointer.in_charge():
        assert vault.proxy is not None
        assert pointer.proxy is not None
        yield World(tmp_path, pointer.pointer(), vault.vault()), vault.proxy, pointer.proxy


def test_a_flip_is_one_restart(remote: tuple[World, Proxy, Proxy]) -> None:
    world = remote[0]
    world.flip(1)
    with world.wrapper() as wrapper:
        wrapper.until_started()
        world.flip(2)
        wrapper.until_started(2)
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 0
        assert wrapper.starts() == ["east", "west"]
        assert wrapper.journal("start")[-1]["env"]["KAFKADR_SASL_PASSWORD"] == secret_of("west")


@pytest.mark.parametrize("fault", ["drop", "busy"])
def test_the_vault_is_down_at_the_flip(remote: tuple[World, Proxy, Proxy], fault: Fault) -> None:
    world, vault, _ = remote
    world.flip(1)
    with world.wrapper() as wrapper:
        wrapper.until_started()
        vault.fail(fault)
        wrapper.until_told("going on with east, epoch 1")
        world.flip(2)
        wrapper.until_told("the pointer names west")
        assert wrapper.starts() == ["east"]
        vault.heal()
        wrapper.until_started(2)
        assert wrapper.starts() == ["east", "west"]
        assert wrapper.told.count("going on with east") == 1
        assert len(wrapper.journal("stop")) == 1


def test_it_ends_while_both_services_hang(remote: tuple[World, Proxy, Proxy]) -> None:
    world, vault, pointer = remote
    world.flip(1)
    with world.wrapper() as wrapper:
        wrapper.until_started()
        vault.fail("hang")
        world.flip(2)
        wrapper.until_told("the pointer names west")
        asked = len(pointer.requests)
        pointer.fail("hang")
        eventually(lambda: len(pointer.requests) > asked, "a look at the pointer")
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 0
        assert wrapper.starts() == ["east"]


def test_one_look_at_the_pointer_is_one_request(remote: tuple[World, Proxy, Proxy]) -> None:
    world, _, pointer = remote
    world.flip(1)
    with world.wrapper("--poll", "1h") as wrapper:
        before = len(pointer.requests)
        wrapper.until_started()
        assert len(pointer.requests) == before + 1
