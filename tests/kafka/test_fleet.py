"""A broker that dies by itself in the middle of a turn."""

import asyncio
import os
import signal

import pytest

from emulator.kafka.brokers.fleet import Fleet
from tests.brokers import need_kafka, until
from tests.emulator.kafka_world import EAST, Scene

pytestmark = pytest.mark.kafka


def test_one_that_dies_between_look_and_settlement_is_down_and_not_raised_again() -> None:
    need_kafka()
    world, lkc = Scene().world, EAST
    fleet = Fleet()

    async def torn_turn() -> None:
        await fleet.look(world)
        await fleet.settle(world)
        assert fleet.host(lkc).broker.alive
        await fleet.look(world)
        os.kill(fleet.host(lkc).broker.pid or 0, signal.SIGKILL)
        await asyncio.to_thread(until, lambda: not fleet.host(lkc).broker.alive)
        await fleet.settle(world)

    async def whole() -> None:
        try:
            await torn_turn()
            assert not fleet.host(lkc).broker.alive
            assert not world.cluster(lkc).reachable
        finally:
            await fleet.close()

    asyncio.run(whole())
