"""The programs whose preview is measured: the smallest that declares so many resources, and this project's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.emulation import in_process
from tests.engine.projects import local_pair, program
from tests.engine.pulumi_cli import PulumiStack

_SMALL = """
import pulumi
import pulumi_confluentcloud as confluent

COUNT = {count}
SAFE = pulumi.ResourceOptions(protect=True)
secret = pulumi.Output.secret({{"key": "KEY", "secret": "SECRET"}})
west = {{"id": "lkc-west", "rest_endpoint": "https://west.example", "credentials": secret}}
groups = '{{"groupFilters":[{{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"}}]}}'
link = confluent.ClusterLink(
    "data",
    link="dr",
    source_kafka_cluster={{"id": "lkc-east", "bootstrap_endpoint": "SASL_SSL://east.example", "credentials": secret}},
    destination_kafka_cluster=west,
    config={{"consumer.offset.sync.enable": "true", "consumer.offset.group.filters": groups}},
    opts=SAFE,
)
for n in range(COUNT // 2):
    confluent.KafkaMirrorTopic(
        f"mirror-{{n}}",
        source_kafka_topic={{"topic_name": f"topic-{{n}}"}},
        mirror_topic_name=f"topic-{{n}}",
        cluster_link={{"link_name": link.link}},
        kafka_cluster=west,
        opts=SAFE,
    )
for n in range(COUNT - COUNT // 2 - 1):
    confluent.KafkaAcl(
        f"acl-{{n}}",
        principal=f"User:sa-{{n}}",
        resource_type="GROUP",
        resource_name_=f"group-{{n}}",
        pattern_type="LITERAL",
        operation="READ",
        permission="ALLOW",
        host="*",
        kafka_cluster={{"id": "lkc-east"}},
        rest_endpoint="https://east.example",
        credentials=secret,
    )
"""
_PER_TOPIC = 3
_BESIDES = 40
"""What the program of `stacks/Pulumi.local.yaml` declares: three resources per topic, and so many besides."""


def _small(folder: Path, count: int) -> Iterator[PulumiStack]:
    stack = program(folder, _SMALL.format(count=count))
    stack.configure({"confluentcloud:endpoint": "http://127.0.0.1:9"})
    yield stack


def _own(folder: Path, count: int) -> Iterator[PulumiStack]:
    with in_process("--port", "0") as emulator:
        stack = local_pair(folder, emulator.url)
        config = stack.config()
        topics = range(max(1, (count - _BESIDES) // _PER_TOPIC))
        config["kafka-dr:settings"]["onboarding"]["topics"] = [f"topic-{n}" for n in topics]
        stack.configure(config)
        yield stack


PROGRAMS: dict[str, Callable[[Path, int], Iterator[PulumiStack]]] = {"small": _small, "own": _own}


@contextmanager
def standing(name: str, folder: Path, count: int) -> Iterator[PulumiStack]:
    """A new stack of this program, with about so many resources, all still to be created."""
    folder.mkdir()
    yield from PROGRAMS[name](folder, count)
