"""Any sequence of verbs, outages, writes and time keeps the promises of a one-way mirror."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from emulator.kafka import levers, verbs
from emulator.kafka.lifecycle import Status
from emulator.kafka.link_changes import LinkRequest, create_link
from emulator.kafka.mirrors import create_mirror
from tests.emulator.kafka_world import EAST, SYNC_ALL, WEST, Scene

TOPICS = ("t0", "t1")
topics = st.sampled_from(TOPICS)


class OneWayMirrors(RuleBasedStateMachine):
    """Two topics on one link; west is the destination."""

    @initialize(mode=st.sampled_from(["immediate", "timed", "manual", "reads"]), delay=st.sampled_from([0.0, 1.0]))
    def begin(self, mode: Any, delay: float) -> None:
        self.scene = Scene()
        self.world = self.scene.world
        self.world.settings.stop_mode = mode
        self.world.settings.fetch_delay_s = delay
        self.world.settings.availability_threshold = 1
        body = self.scene.configs(
            WEST, "DESTINATION", consumer_offset_sync_enable="true", consumer_offset_group_filters=SYNC_ALL
        )
        configs = {item["name"]: item["value"] for item in body["configs"]}
        create_link(self.world, self.world.kafka[WEST], LinkRequest("dr", {"source_cluster_id": EAST}, configs))
        self.link = self.world.kafka[WEST].links["dr"]
        for name in TOPICS:
            self.scene.topic(name, partitions=2)
            create_mirror(self.world, self.link, name, None, {})
        self.ends = {name: [0, 0] for name in TOPICS}
        self.stopped: dict[str, list[Any]] = {}

    @rule(name=topics, partition=st.integers(0, 1), count=st.integers(1, 50))
    def write(self, name: str, partition: int, count: int) -> None:
        self.scene.produce(name, count, partition=partition)

    @rule(name=topics, partition=st.integers(0, 1), count=st.integers(0, 20))
    def hold(self, name: str, partition: int, count: int) -> None:
        levers.set_mirror(self.world, WEST, "dr", name, hold_lag={partition: count} if count else {})

    @rule(name=topics, partition=st.integers(0, 1), ahead=st.integers(0, 30))
    def commit(self, name: str, partition: int, ahead: int) -> None:
        end = self.world.kafka[EAST].topics[name].partitions[partition].end
        self.scene.commit("g", name, max(0, end - ahead), lkc=EAST, partition=partition)

    @rule(names=st.lists(topics, min_size=1), verb=st.sampled_from(verbs.VERBS), dry=st.booleans())
    def act(self, names: list[str], verb: str, dry: bool) -> None:
        selection = verbs.Selection(tuple(names))
        forecast = verbs.run(self.world, self.link, verb, selection, validate_only=True)
        if not dry:
            before = {name: self.link.mirrors[name].status for name in TOPICS}
            rows = verbs.run(self.world, self.link, verb, selection, validate_only=False)
            assert rows == forecast
            refused = [row.name for row in rows if row.code]
            assert all(self.link.mirrors[name].status is before[name] for name in refused)

    @rule(seconds=st.sampled_from([0.5, 5, 70, 400]))
    def wait(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        self.world.tick()

    @rule(paused=st.booleans())
    def pause_link(self, paused: bool) -> None:
        self.link.configs["cluster.link.paused"] = str(paused).lower()
        self.world.tick()

    @rule(lkc=st.sampled_from([EAST, WEST]), now=st.booleans())
    def outage(self, lkc: str, now: bool) -> None:
        if self.world.kafka[lkc].reachable:
            levers.take_down(self.world, lkc, now=now)
        else:
            levers.bring_up(self.world, lkc)

    @rule(good=st.booleans())
    def rotate(self, good: bool) -> None:
        self.scene.cloud.keys["KEY-lkc-east"].secret = "secret-lkc-east" if good else "other"
        self.world.tick()

    @precondition(lambda self: self.world.settings.stop_mode == "manual")
    @rule()
    def release(self) -> None:
        levers.release_stops(self.world, WEST, "dr")

    @invariant()
    def mirrors_are_prefixes_that_only_grow(self) -> None:
        for name in TOPICS:
            source = self.world.kafka[EAST].topics[name].ends()
            mirrored = self.link.mirrors[name].topic.ends()
            assert all(mine <= theirs for mine, theirs in zip(mirrored, source, strict=True))
            assert all(now >= then for now, then in zip(mirrored, self.ends[name], strict=True))
            self.ends[name] = mirrored

    @invariant()
    def lag_rows_agree_with_the_logs(self) -> None:
        for name in TOPICS:
            mirror = self.link.mirrors[name]
            source = self.world.kafka[EAST].topics[name].ends()
            for partition, lag, last in mirror.lag_rows():
                assert last == mirror.topic.partitions[partition].end - 1
                assert 0 <= lag <= source[partition] - last - 1

    @invariant()
    def stopped_is_final_and_clamped(self) -> None:
        for name, mirror in self.link.mirrors.items():
            if mirror.status is Status.STOPPED:
                state = [mirror.state_time_ms, mirror.lag_rows(), mirror.topic.ends()]
                assert self.stopped.setdefault(name, state) == state
                for partition, end in enumerate(mirror.topic.ends()):
                    assert (self.scene.offset("g", name, partition=partition) or 0) <= end
            else:
                assert name not in self.stopped
                assert mirror.topic.read_only


OneWayMirrors.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestOneWayMirrors = OneWayMirrors.TestCase
