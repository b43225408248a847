"""The data plane of real brokers: one turn for each call and each tick, in which world and brokers agree."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.answers import error_response
from emulator.errors import CloudError, KafkaError
from emulator.faults.answer import Answer
from emulator.kafka import levers
from emulator.kafka.broker import Broker, BrokerDownError, OrderRefusedError, kafka_classpath
from emulator.kafka.brokers import access
from emulator.kafka.brokers.changes import carry_out, give_tables, record_row
from emulator.kafka.brokers.copies import grow_mirrors, wanted
from emulator.kafka.brokers.hosted import BrokerPartition, Hosted, Seen
from emulator.kafka.brokers.snapshot import show
from emulator.kafka.log import Batch, Record
from emulator.kafka.plane import Power

if TYPE_CHECKING:
    from emulator.kafka.cluster import KafkaCluster
    from emulator.kafka.mirrors import Mirror
    from emulator.kafka.topics import Topic
    from emulator.world import World

T = TypeVar("T")
_LOGGER = logging.getLogger("emulator")


class BrokersPlane:
    """Real brokers on loopback, started with their cluster and gone with it.

    A turn begins with a look at every broker, and links are held still until it is over, so what the rules decide by
    is what is. Turns do not overlap. Waiting for brokers happens in threads: the event loop stays free.

    Raises:
        BrokerMissingError: Kafka is not set up.
    """

    copies_by_itself = True

    def __init__(self) -> None:
        kafka_classpath()
        self._hosted: dict[str, Hosted] = {}
        self._turn_taken = asyncio.Lock()

    def bootstrap(self, lkc: str) -> str | None:
        """Return the endpoint of a cluster's broker; it is fixed before the broker runs."""
        return f"SASL_PLAINTEXT://{self._host(lkc).broker.bootstrap}"

    def _host(self, lkc: str) -> Hosted:
        if lkc not in self._hosted:
            self._hosted[lkc] = Hosted(Broker(lkc))
        return self._hosted[lkc]

    async def serve(self, world: "World", app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call; an answer that promised what a broker then refused is replaced by the refusal."""
        answer = Answer()
        async with self._turn(world):
            world.tick()
            _note(await self._settle(world))
            await app(scope, receive, answer.take)
            refused = await self._settle(world)
        if refused and answer.status < 400:  # noqa: PLR2004
            await error_response(KafkaError(400, 40002, refused[0].message))(scope, receive, send)
            return
        _note(refused)
        await answer.send_to(send)

    async def tick(self, world: "World") -> None:
        """Let time pass: link tasks, lifecycle, what clients did."""
        async with self._turn(world):
            world.tick()
            _note(await self._settle(world))

    @asynccontextmanager
    async def _turn(self, world: "World") -> AsyncIterator[None]:
        async with self._turn_taken:
            try:
                await self._look(world)
                yield
            finally:
                await _together(self._let_go(hosted) for hosted in self._hosted.values() if hosted.held)

    async def _look(self, world: "World") -> None:
        present = [hosted for hosted in self._hosted.values() if hosted.cluster is not None and hosted.broker.alive]
        states = await _together(self._begin(hosted) for hosted in present)
        for hosted, state in zip(present, states, strict=True):
            if state is not None:
                show(world, hosted, state)
        for hosted in self._hosted.values():
            cluster = hosted.cluster
            if cluster is not None and cluster.reachable and not hosted.broker.alive:
                levers.take_down(world, cluster.id)  # it died; its links notice in their own time
        await self._look_up_moments(world)

    async def _begin(self, hosted: Hosted) -> Any:
        try:
            state = await asyncio.to_thread(hosted.broker.call, "begin")
        except (BrokerDownError, OrderRefusedError):
            return None
        hosted.held = True
        return state

    async def _let_go(self, hosted: Hosted) -> None:
        hosted.held = False
        if hosted.broker.alive:
            try:
                await asyncio.to_thread(hosted.broker.call, "end")
            except BrokerDownError:
                return  # the next look finds out

    async def _look_up_moments(self, world: "World") -> None:
        """Ask for the offsets at which links that start at a point in time would start."""
        for cluster in world.kafka.values():
            for link in cluster.links.values():
                spec, source = link.get("mirror.start.offset.spec"), self._hosted.get(link.remote_id)
                if spec in ("earliest", "latest") or source is None or not source.held or source.cluster is None:
                    continue
                moment = int(datetime.fromisoformat(spec).timestamp() * 1000)
                for topic in source.cluster.topics.values():
                    arguments = {"topic": topic.name, "partitions": len(topic.partitions), "moment": moment}
                    offsets = await asyncio.to_thread(source.broker.call, "offsets_at", **arguments)
                    for partition, offset in zip(topic.partitions, offsets, strict=True):
                        if isinstance(partition, BrokerPartition):
                            partition.moments[moment] = offset

    async def _settle(self, world: "World") -> list[OrderRefusedError]:
        """Carry out what the world has decided; return what brokers refused."""
        await self._switch(world)
        running = [hosted for hosted in self._hosted.values() if hosted.cluster is not None and hosted.held]
        for hosted in running:
            self._brief(world, hosted)
        refused = [error for errors in await _together(map(_carry_out, running)) for error in errors]
        for hosted in running:  # after all topics are there
            await self._copy(world, hosted)
        return refused

    def _brief(self, world: "World", hosted: Hosted) -> None:
        if hosted.cluster is not None:
            hosted.tables = access.tables(world, hosted.cluster)

    async def _switch(self, world: "World") -> None:
        """Start and end brokers as clusters came, went, fell and rose."""
        over = [hosted for hosted in self._hosted.values() if _is_over(world, hosted)]
        for hosted in over:
            hosted.held = False
            del self._hosted[hosted.broker.cluster]
        due: list[Hosted] = []
        for lkc, cluster in world.kafka.items():
            hosted = self._host(lkc)
            hosted.cluster = cluster
            if cluster.reachable and not hosted.broker.alive:
                due.append(hosted)
        fallen = [h for h in self._hosted.values() if h.cluster and not h.cluster.reachable and h.broker.alive]
        for hosted in fallen:
            hosted.held = False
        await _together(asyncio.to_thread(hosted.broker.kill) for hosted in fallen)
        await _together(asyncio.to_thread(hosted.broker.close) for hosted in over)
        await _together(self._start(world, hosted) for hosted in due)

    async def _start(self, world: "World", hosted: Hosted) -> None:
        fresh = hosted.broker.pid is None
        self._brief(world, hosted)
        await asyncio.to_thread(give_tables, hosted)
        await asyncio.to_thread(hosted.broker.start)
        hosted.copying = []
        state = await self._begin(hosted)
        if fresh:
            hosted.seen = Seen()  # a new broker is empty: all the world has for it is still to be made
        elif state is not None:
            show(world, hosted, state)

    async def _copy(self, world: "World", hosted: Hosted) -> None:
        links = wanted(world, hosted.cluster, self._hosted) if hosted.cluster else []
        if hosted.copying != links:
            await _call(hosted, "copy", links=links)
            hosted.copying = links

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
        offset: int = await _call(self._host(cluster.id), "append", topic=topic.name, partition=number, records=rows)
        topic.partitions[number].end = max(topic.partitions[number].end, offset + 1)
        self._host(cluster.id).seen.ends[topic.name] = topic.ends()
        return offset

    async def payloads(self, cluster: "KafkaCluster", topic: "Topic") -> list[list[Batch]]:
        """Return what a consumer of committed records would read."""
        found: list[list[Batch]] = []
        for number in range(len(topic.partitions)):
            rows = await _call(self._host(cluster.id), "read", topic=topic.name, partition=number)
            found.append([_batch(*row) for row in rows])
        return found

    def broker(self, lkc: str) -> dict[str, object]:
        """Return pid, endpoint, and whether the process runs."""
        if lkc not in self._hosted:
            raise CloudError(404, "no_such_broker", f"cluster {lkc} has no broker yet")
        broker = self._hosted[lkc].broker
        return {"pid": broker.pid, "bootstrap": broker.bootstrap, "alive": broker.alive}

    async def power(self, world: "World", lkc: str, how: Power) -> None:
        """Take the cluster down with its broker, or bring both up; processes follow at the end of the turn."""
        if how == "start":
            levers.bring_up(world, lkc)
            return
        levers.take_down(world, lkc)
        hosted = self._host(lkc)
        if how == "stop" and hosted.broker.alive:
            await self._let_go(hosted)
            await asyncio.to_thread(hosted.broker.stop)

    async def close(self) -> None:
        """Kill every broker and delete its data."""
        async with self._turn_taken:
            await _together(asyncio.to_thread(hosted.broker.close) for hosted in self._hosted.values())
            self._hosted.clear()


def _is_over(world: "World", hosted: Hosted) -> bool:
    return hosted.cluster is not None and world.kafka.get(hosted.broker.cluster) is not hosted.cluster


async def _together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    return list(await asyncio.gather(*calls))


async def _call(hosted: Hosted, op: str, **arguments: Any) -> Any:
    try:
        return await asyncio.to_thread(hosted.broker.call, op, **arguments)
    except BrokerDownError as error:
        raise KafkaError(500, 50002, str(error)) from error
    except OrderRefusedError as error:
        raise KafkaError(400, 40002, error.message) from error


async def _carry_out(hosted: Hosted) -> list[OrderRefusedError]:
    try:
        return await asyncio.to_thread(carry_out, hosted)
    except BrokerDownError as error:
        return [OrderRefusedError("BrokerDown", str(error))]


def _note(refused: list[OrderRefusedError]) -> None:
    for error in refused:
        _LOGGER.warning("a broker refused what the world had decided: %s", error)


def _batch(offset: int, timestamp_ms: int, key: str | None, value: str | None, headers: list[list[Any]]) -> Batch:
    pairs = tuple((name, _bytes(data)) for name, data in headers)
    return Batch(offset, 1, timestamp_ms, Record(_bytes(value), _bytes(key), pairs))


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
