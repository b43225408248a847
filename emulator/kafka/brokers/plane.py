"""The data plane of real brokers: one turn for each call and each tick, in which world and brokers agree."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.answers import error_response
from emulator.errors import CloudError, KafkaError
from emulator.faults.answer import Answer
from emulator.kafka import levers
from emulator.kafka.broker import OrderRefusedError, kafka_classpath
from emulator.kafka.brokers.changes import record_row
from emulator.kafka.brokers.copies import grow_mirrors
from emulator.kafka.brokers.fleet import Fleet, call
from emulator.kafka.log import Batch, Record
from emulator.kafka.plane import Power

if TYPE_CHECKING:
    from emulator.kafka.cluster import KafkaCluster
    from emulator.kafka.mirrors import Mirror
    from emulator.kafka.topics import Topic
    from emulator.world import World

_LOGGER = logging.getLogger("emulator")


class BrokersPlane:
    """Real brokers on loopback, started with their cluster and gone with it.

    A turn begins with a look at every broker, and links are held still until it is over, so what the rules decide by
    is what is. Turns do not overlap. Waiting for brokers happens in threads: the event loop stays free.

    Raises:
        BrokerMissingError: Kafka is not set up.
    """

    real = True

    def __init__(self) -> None:
        kafka_classpath()
        self._fleet = Fleet()
        self._turn_taken = asyncio.Lock()

    def bootstrap(self, lkc: str) -> str | None:
        """Return the endpoint of a cluster's broker; it is fixed before the broker runs."""
        return f"SASL_PLAINTEXT://{self._fleet.host(lkc).broker.bootstrap}"

    async def serve(self, world: "World", app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call; an answer that promised what a broker then refused is replaced by the refusal."""
        answer = Answer()
        async with self._turn(world):
            world.tick()
            _note(await self._fleet.settle(world))
            await app(scope, receive, answer.take)
            refused = await self._fleet.settle(world)
        if refused and answer.status < 400:  # noqa: PLR2004
            await error_response(KafkaError(400, 40002, refused[0].message))(scope, receive, send)
            return
        _note(refused)
        await answer.send_to(send)

    async def tick(self, world: "World") -> None:
        """Let time pass: link tasks, lifecycle, what clients did."""
        async with self._turn(world):
            world.tick()
            _note(await self._fleet.settle(world))

    @asynccontextmanager
    async def _turn(self, world: "World") -> AsyncIterator[None]:
        async with self._turn_taken:
            try:
                await self._fleet.look(world)
                yield
            finally:
                await self._fleet.let_go()

    def fetch(self, world: "World") -> None:
        """Links copy by themselves; mirrors only get the partitions their sources have got."""
        world.dirty.clear()
        grow_mirrors(world)

    def copy(self, world: "World", mirror: "Mirror") -> None:
        """Links copy by themselves, also while a promote waits for it."""

    async def write(
        self,
        _world: "World",
        cluster: "KafkaCluster",
        place: tuple["Topic", int],
        record: Record,
        timestamp_ms: int,
    ) -> int:
        """Append one record and return the offset the broker gave it."""
        topic, number = place
        rows = [record_row(timestamp_ms, record)]
        offset: int = await call(
            self._fleet.host(cluster.id), "append", topic=topic.name, partition=number, records=rows
        )
        topic.partitions[number].end = max(topic.partitions[number].end, offset + 1)
        self._fleet.host(cluster.id).seen.ends[topic.name] = topic.ends()
        return offset

    async def payloads(self, cluster: "KafkaCluster", topic: "Topic") -> list[list[Batch]]:
        """Return what a consumer of committed records would read."""
        found: list[list[Batch]] = []
        for number in range(len(topic.partitions)):
            rows = await call(self._fleet.host(cluster.id), "read", topic=topic.name, partition=number)
            found.append([_batch(*row) for row in rows])
        return found

    def broker(self, lkc: str) -> dict[str, object]:
        """Return pid, endpoint, and whether the process runs."""
        if lkc not in self._fleet.hosted:
            raise CloudError(404, "no_such_broker", f"cluster {lkc} has no broker yet")
        broker = self._fleet.hosted[lkc].broker
        return {"pid": broker.pid, "bootstrap": broker.bootstrap, "alive": broker.alive}

    async def power(self, world: "World", lkc: str, how: Power) -> None:
        """Take the cluster down with its broker, or bring both up; processes follow at the end of the turn."""
        if how == "start":
            levers.bring_up(world, lkc)
            return
        levers.take_down(world, lkc)
        hosted = self._fleet.host(lkc)
        if how == "stop" and hosted.broker.alive:
            await self._fleet.release(hosted)
            await asyncio.to_thread(hosted.broker.stop)

    async def close(self) -> None:
        """Kill every broker and delete its data."""
        async with self._turn_taken:
            await self._fleet.close()


def _note(refused: list[OrderRefusedError]) -> None:
    for error in refused:
        _LOGGER.warning("a broker refused what the world had decided: %s", error)


def _batch(offset: int, timestamp_ms: int, key: str | None, value: str | None, headers: list[list[Any]]) -> Batch:
    pairs = tuple((name, _bytes(data)) for name, data in headers)
    return Batch(offset, 1, timestamp_ms, Record(_bytes(value), _bytes(key), pairs))


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
