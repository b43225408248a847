"""What the policy pack costs: `pulumi preview` of 1,000 resources with the pack and without, and the pack's start-up.

    .venv/bin/python -m bench.policies [resources] [rounds]

Also with a silent pack, which has no policy and reads nothing it is sent: what Pulumi itself takes for any pack in
Python, two calls per resource. The fastest run of each counts: on a busy machine slow runs say more of the neighbours.
CPU seconds are of all processes together, and hardly depend on the neighbours. The program is the worst case: 1,000
small resources that are all still to be created, so that no cloud is asked and nothing else takes time.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

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


_SILENT = """
from concurrent.futures import ThreadPoolExecutor

import grpc

METHODS = "GetAnalyzerInfo GetPluginInfo Handshake Configure ConfigureStack Remediate Analyze AnalyzeStack"
nothing = grpc.unary_unary_rpc_method_handler(lambda request, context: b"")
server = grpc.server(ThreadPoolExecutor(1), options=[("grpc.max_receive_message_length", -1)])
server.add_generic_rpc_handlers(
    [grpc.method_handlers_generic_handler("pulumirpc.Analyzer", dict.fromkeys(METHODS.split(), nothing))]
)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()
"""


class Cost(NamedTuple):
    """One preview."""

    seconds: float
    cpu: float


def main(count: int = 1000, rounds: int = 3) -> int:
    """Measure, print, and say by the exit code whether the bar was kept."""
    made = subprocess.run([ROOT / "scripts" / "policies"], capture_output=True, text=True, check=True)  # noqa: S603
    pack = made.stdout.strip()
    start = statistics.median(_start(pack) for _ in range(rounds))
    with tempfile.TemporaryDirectory() as folder:
        stack = program(Path(folder), _PROGRAM.format(count=count))
        stack.configure({"confluentcloud:endpoint": "http://127.0.0.1:9"})
        _preview(stack)  # the first one also compiles what the program imports
        packs = {"without": (), "silent pack": _pack(_silent(Path(folder))), "this pack": _pack(pack)}
        costs: dict[str, list[Cost]] = {name: [] for name in packs}
        for _ in range(rounds):  # in turns, so that a change of load hits all
            for name, words in packs.items():
                costs[name].append(_preview(stack, *words))
    best = {name: Cost(min(c.seconds for c in found), min(c.cpu for c in found)) for name, found in costs.items()}
    _say(f"start-up of the pack: {start:.2f} s; previews of {count} resources, the best of {rounds}:")
    for name, cost in best.items():
        _say(f"  {name:11} {cost.seconds:7.2f} s {cost.cpu:7.2f} s CPU")
    for name in ("without", "silent pack"):
        seconds, cpu = (mine / other for mine, other in zip(best["this pack"], best[name], strict=True))
        _say(f"  this pack / {name:11} {seconds:6.3f} {cpu:10.3f} CPU")
    ratio = best["this pack"].seconds / best["without"].seconds
    _say(f"bar: {BAR} of without; {'kept' if ratio <= BAR else 'missed'}")
    return 0 if ratio <= BAR else 1


def _pack(path: str) -> tuple[str, str]:
    return "--policy-pack", path


def _silent(folder: Path) -> str:
    """A pack beside ours that runs in the same environment."""
    home = folder / "silent"
    home.mkdir()
    (home / "__main__.py").write_text(_SILENT, "utf-8")
    plugin = home / "pulumi-policy-silent"
    python = ROOT / "policies" / ".venv" / "bin" / "python"
    plugin.write_text(f'#!/bin/sh\nexec "{python}" -P -u "{home}/__main__.py"\n', "utf-8")
    plugin.chmod(0o755)
    return str(plugin)


def _start(pack: str) -> float:
    """Seconds until the pack says on which port it listens; no engine is needed for that."""
    began = time.monotonic()
    with subprocess.Popen([pack, "127.0.0.1:1"], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101
        process.stdout.readline()
        seconds = time.monotonic() - began
        process.kill()
    return seconds


def _preview(stack: PulumiStack, *more: str) -> Cost:
    began, before = time.monotonic(), _cpu()
    ran = stack.preview(*more)
    cost = Cost(time.monotonic() - began, _cpu() - before)
    if not ran.ok:
        raise RuntimeError(ran.text)
    return cost


def _cpu() -> float:
    used: Sequence[float] = resource.getrusage(resource.RUSAGE_CHILDREN)[:2]
    return sum(used)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
