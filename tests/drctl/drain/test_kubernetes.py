"""The Kubernetes example through `drctl drain` and `drctl fill`, with a stand-in for kubectl: no cluster was asked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.drctl.runner.world import ROOT, World

EXAMPLE = ROOT / "docs" / "examples" / "kubernetes"
HOOK = EXAMPLE / "hooks" / "deployment"
REFUSED = "The connection to the server was refused - did you specify the right host or port?"


class Cluster:
    """One deployment of three pods."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        (folder / "bin").mkdir()
        (folder / "bin" / "kubectl").symlink_to(Path(__file__).with_name("kubectl.py"))
        self._path = folder / "kube.json"
        self.change(
            replicas=3,
            annotations={},
            pods=[{"name": f"old-{n}", "left": None} for n in range(3)],
            linger=2,
            faults=[],
            log=[],
        )
        self._env = os.environ | {
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "FAKE_KUBE": str(self._path),
        }

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._path.read_text())
        return found

    def change(self, **changes: object) -> None:
        before = self.state if self._path.exists() else {}
        self._path.write_text(json.dumps(before | changes))

    def drctl(self, *arguments: str, hook: str = f"{HOOK} shop orders-app") -> tuple[int, dict[str, Any]]:
        command = [sys.executable, "-m", "drctl", *arguments, "--hook", hook, "--poll", "50ms", "--json"]
        done = subprocess.run(
            command, cwd=ROOT, env=self._env, capture_output=True, text=True, check=False, timeout=120
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, json.loads(done.stdout)

    def fill(self, epoch: int) -> tuple[int, dict[str, Any]]:
        return self.drctl("fill", "--pointer", self.world.pointer_url, "--epoch", str(epoch))


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def test_drain_waits_for_pods_that_terminate_and_fill_brings_all_replicas_back(cluster: Cluster) -> None:
    code, report = cluster.drctl("drain")
    assert (code, report["clients"][0]["end"], report["clients"][0]["count"]) == (0, "drained", 0)
    # Two looks saw pods that were no replicas any more.
    assert sum("get pods" in line for line in cluster.state["log"]) == 3
    cluster.world.flip(2)
    code, report = cluster.fill(2)
    assert (code, report["site"], report["clients"][0]["end"], report["clients"][0]["count"]) == (
        0,
        "west",
        "filled",
        3,
    )
    assert cluster.state["annotations"] == {"kafka-dr/replicas": "3", "kafka-dr/epoch": "2"}
    # Once more is no change.
    calls = len(cluster.state["log"])
    assert cluster.fill(2)[0] == 0
    assert not [line for line in cluster.state["log"][calls:] if " scale " in line or " annotate " in line]


def test_a_drain_that_was_interrupted_keeps_the_number_of_replicas(cluster: Cluster) -> None:
    for faults in (["", "", REFUSED], [""], []):  # fails at scale, then at nothing: run after run
        cluster.change(faults=faults)
        assert cluster.drctl("drain")[0] == 0
        assert cluster.state["annotations"]["kafka-dr/replicas"] == "3"
    assert cluster.state["replicas"] == 0


def test_fill_refuses_what_was_not_drained(cluster: Cluster) -> None:
    cluster.world.flip(2)
    code, report = cluster.fill(2)
    assert (code, report["clients"][0]["end"]) == (4, "refused")
    assert "3 run since an unknown epoch: drain first" in report["clients"][0]["note"]
    cluster.change(annotations={"kafka-dr/replicas": "3", "kafka-dr/epoch": "1"})
    assert "since epoch 1" in cluster.fill(2)[1]["clients"][0]["note"]
    assert cluster.state["replicas"] == 3


def test_an_outage_of_the_cluster_is_waited_out_and_a_wrong_name_is_not(cluster: Cluster) -> None:
    cluster.change(faults=[REFUSED, REFUSED, "", "", REFUSED])
    assert cluster.drctl("drain")[0] == 0
    assert cluster.state["faults"] == []
    code, report = cluster.drctl("drain", hook=f"{HOOK} shop other")
    assert (code, report["clients"][0]["end"]) == (1, "failed")
    assert "(NotFound)" in report["clients"][0]["note"]


def test_fill_without_a_drain_before_has_nothing_to_go_by(cluster: Cluster) -> None:
    cluster.world.flip(2)
    cluster.change(replicas=0, pods=[])
    code, report = cluster.fill(2)
    assert (code, report["clients"][0]["end"]) == (1, "failed")
    assert "it was not drained by this hook" in report["clients"][0]["note"]


def test_the_manifests_start_a_wrapper_that_has_time_to_end_and_a_role_for_the_hook() -> None:
    (deployment,) = yaml.safe_load_all((EXAMPLE / "orders-app.yaml").read_text())
    pod = deployment["spec"]["template"]["spec"]
    command = pod["containers"][0]["command"]
    assert command[:2] == ["drctl", "run"]
    options = dict(word[2:].split("=", 1) for word in command[2 : command.index("--")])
    assert pod["terminationGracePeriodSeconds"] >= int(options["grace"].removesuffix("s")) + 2
    role, _ = yaml.safe_load_all((EXAMPLE / "operator-role.yaml").read_text())
    allowed = {(resource, verb) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]}
    assert allowed == {
        *((resource, verb) for resource in ("deployments", "deployments/scale") for verb in ("get", "patch")),
        ("pods", "list"),
    }


def test_the_example_passes_shellcheck() -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("no shellcheck on PATH")
    subprocess.run(["shellcheck", str(HOOK)], check=True)  # noqa: S607
