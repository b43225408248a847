"""The brokers of a world: which there are, which run, and the hold on their links during a turn."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from emulator.errors import KafkaError
from emulator.kafka import levers
from emulator.kafka.broker import Broker, BrokerDownError, OrderRefusedError
from emulator.kafka.brokers import access
from emulator.kafka.brokers.changes import carry_out, give_tables
from emulator.kafka.brokers.copies import wanted
from emulator.kafka.brokers.hosted import BrokerPartition, Hosted, Seen, agreed
from emulator.kafka.brokers.snapshot import show

if TYPE_CHECKING:
    from emulator.world import World

T = TypeVar("T")
_LOGGER = logging.getLogger("emulator")


class Fleet:
    """A broker for each cluster of the world. Waiting for brokers happens in threads: the event loop stays free."""

    def __init__(self) -> None:
        self.hosted: dict[str, Hosted] = {}

    def host(self, lkc: str) -> Hosted:
        """Return the broker of a cluster, made but not started if there was none: its endpoint is fixed from now."""
        if lkc not in self.hosted:
            self.hosted[lkc] = Hosted(Broker(lkc))
        return self.hosted[lkc]

    async def look(self, world: "World") -> None:
        """Hold the links of every broker still, and make the world what the brokers hold."""
        present = [hosted for hosted in self.hosted.values() if hosted.cluster is not None and hosted.broker.alive]
        states = await together(self._begin(hosted) for hosted in present)
        for hosted, state in zip(present, states, strict=True):
            if state is not None:
                show(world, hosted, state)
        for hosted in self.hosted.values():
            cluster = hosted.cluster
            hosted.ran = hosted.broker.alive
            if cluster is not None and cluster.reachable and not hosted.ran:
                levers.take_down(world, cluster.id)  # it died; its links notice in their own time
        await self._look_up_moments(world)

    async def _begin(self, hosted: Hosted) -> Any:
        try:
            state = await asyncio.to_thread(hosted.broker.call, "begin")
        except (BrokerDownError, OrderRefusedError) as error:
            _LOGGER.warning("no look into the broker of %s: %s", hosted.broker.cluster, error)
            return None
        hosted.held = True
        return state

    async def let_go(self) -> None:
        """End the hold: links copy again."""
        await together(self.release(hosted) for hosted in self.hosted.values() if hosted.held)

    async def release(self, hosted: Hosted) -> None:
        """End the hold on one broker; one that died meanwhile is found out by the next look."""
        if hosted.held and hosted.broker.alive:
            try:
                await asyncio.to_thread(hosted.broker.call, "end")
            except BrokerDownError as error:
                _LOGGER.warning("%s", error)
        hosted.held = False

    async def _look_up_moments(self, world: "World") -> None:
        """Ask for the offsets at which links that start at a point in time would start."""
        for cluster in world.kafka.values():
            for link in cluster.links.values():
                spec, source = link.get("mirror.start.offset.spec"), self.hosted.get(link.remote_id)
                if spec in ("earliest", "latest") or source is None or not source.held or source.cluster is None:
                    continue
                moment = int(datetime.fromisoformat(spec).timestamp() * 1000)
                for topic in source.cluster.topics.values():
                    arguments = {"topic": topic.name, "partitions": len(topic.partitions), "moment": moment}
                    offsets = await call(source, "offsets_at", **arguments)
                    for partition, offset in zip(topic.partitions, offsets, strict=True):
                        if isinstance(partition, BrokerPartition):
                            partition.moments[moment] = offset

    async def settle(self, world: "World") -> list[OrderRefusedError]:
        """Carry out what the world has decided; return what brokers refused."""
        refused = await self._switch(world)
        clusters = [hosted for hosted in self.hosted.values() if hosted.cluster is not None and hosted.broker.alive]
        running = [hosted for hosted in clusters if hosted.held]
        for hosted in clusters:
            if not hosted.held and hosted.cluster is not None and agreed(hosted.cluster) != hosted.seen:
                refused.append(OrderRefusedError("BrokerBusy", f"Cluster {hosted.broker.cluster} does not answer."))
        for hosted in running:
            _brief(world, hosted)
        for errors in await together(map(_carry_out, running)):
            refused += errors
        for hosted in running:  # after all topics are there
            await self._copy(world, hosted)
        return refused

    async def _switch(self, world: "World") -> list[OrderRefusedError]:
        """Start and end brokers as clusters came, went, fell and rose."""
        over = [hosted for hosted in self.hosted.values() if _is_over(world, hosted)]
        for hosted in over:
            del self.hosted[hosted.broker.cluster]
        due: list[Hosted] = []
        for lkc, cluster in world.kafka.items():
            hosted = self.host(lkc)
            hosted.cluster = cluster
            if not cluster.reachable or hosted.broker.alive:
                continue
            if hosted.ran:  # it died since the look: not to be raised again as if nothing had been
                levers.take_down(world, lkc)
            else:
                due.append(hosted)
        fallen = [h for h in self.hosted.values() if h.cluster and not h.cluster.reachable and h.broker.alive]
        for hosted in fallen:
            hosted.held = False
        await together(asyncio.to_thread(hosted.broker.kill) for hosted in fallen)
        await together(asyncio.to_thread(hosted.broker.close) for hosted in over)
        return [error for error in await together(self._start(world, hosted) for hosted in due) if error]

    async def _start(self, world: "World", hosted: Hosted) -> OrderRefusedError | None:
        fresh = hosted.broker.pid is None
        _brief(world, hosted)
        try:
            await asyncio.to_thread(give_tables, hosted)
            await asyncio.to_thread(hosted.broker.start)
        except BrokerDownError as error:
            levers.take_down(world, hosted.broker.cluster)  # `up` tries again
            return OrderRefusedError("BrokerDown", str(error))
        hosted.copying = []
        state = await self._begin(hosted)
        if fresh:
            hosted.seen = Seen()  # a new broker is empty: all the world has for it is still to be made
        elif state is not None:
            show(world, hosted, state)
        return None

    async def _copy(self, world: "World", hosted: Hosted) -> None:
        links = wanted(world, hosted.cluster, self.hosted) if hosted.cluster else []
        if hosted.copying != links and hosted.broker.alive:
            await call(hosted, "copy", links=links)
            hosted.copying = links

    async def close(self) -> None:
        """Kill every broker and delete its data."""
        await together(asyncio.to_thread(hosted.broker.close) for hosted in self.hosted.values())
        self.hosted.clear()


async def together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run calls at the same time and return their results in order."""
    return list(await asyncio.gather(*calls))


async def call(hosted: Hosted, op: str, **arguments: Any) -> Any:
    """Give one order.

    Raises:
        KafkaError: 500 when the broker is gone, 400 when it refuses.
    """
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


def _brief(world: "World", hosted: Hosted) -> None:
    if hosted.cluster is not None:
        hosted.tables = access.tables(world, hosted.cluster)


def _is_over(world: "World", hosted: Hosted) -> bool:
    return hosted.cluster is not None and world.kafka.get(hosted.broker.cluster) is not hosted.cluster
