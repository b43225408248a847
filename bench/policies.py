"""What the policy pack costs: `pulumi preview` of 1,000 resources with the pack and without, and the pack's start-up.

    .venv/bin/python -m bench.policies [resources] [rounds]

The bar is a ratio of 1.15, of the fastest run each: on a busy machine slow runs say more of the neighbours than of
the pack. Runs the engine on a program whose resources are all still to be created, so no cloud is asked.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.engine.projects import program
from tests.engine.pulumi_cli import PulumiStack
from tests.toolchain import ROOT

BAR = 1.15
_PROGRAM = """
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


def main(count: int = 1000, rounds: int = 3) -> int:
    """Measure, print, and say by the exit code whether the bar was kept."""
    made = subprocess.run([ROOT / "scripts" / "policies"], capture_output=True, text=True, check=True)  # noqa: S603
    pack = made.stdout.strip()
    start = statistics.median(_start(pack) for _ in range(rounds))
    with tempfile.TemporaryDirectory() as folder:
        stack = program(Path(folder), _PROGRAM.format(count=count))
        stack.configure({"confluentcloud:endpoint": "http://127.0.0.1:9"})
        _preview(stack)  # the first one also compiles what the program imports
        without, with_pack = [], []
        for _ in range(rounds):  # in turns, so that a change of load hits both
            without.append(_preview(stack))
            with_pack.append(_preview(stack, "--policy-pack", pack))
    ratio = min(with_pack) / min(without)
    _say(f"start-up of the pack      {start:7.2f} s")
    _say(f"preview without the pack  {min(without):7.2f} s   all: {_all(without)}")
    _say(f"preview with the pack     {min(with_pack):7.2f} s   all: {_all(with_pack)}")
    _say(f"ratio at {count} resources  {ratio:6.3f}     bar: {BAR}")
    return 0 if ratio <= BAR else 1


def _start(pack: str) -> float:
    """Seconds until the pack says on which port it listens; no engine is needed for that."""
    began = time.monotonic()
    with subprocess.Popen([pack, "127.0.0.1:1"], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101
        process.stdout.readline()
        seconds = time.monotonic() - began
        process.kill()
    return seconds


def _preview(stack: PulumiStack, *more: str) -> float:
    began = time.monotonic()
    ran = stack.preview(*more)
    seconds = time.monotonic() - began
    if not ran.ok:
        raise RuntimeError(ran.text)
    return seconds


def _all(seconds: list[float]) -> str:
    return ", ".join(f"{each:.2f}" for each in seconds)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
