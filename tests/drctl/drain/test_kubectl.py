"""The example hook with the real kubectl, where there is one, on an API of a few routes: still no cluster."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.drctl.drain.kube_api import kube_api
from tests.drctl.drain.test_kubernetes import HOOK
from tests.drctl.runner.world import ROOT, World

pytestmark = pytest.mark.skipif(not shutil.which("kubectl"), reason="no kubectl on PATH")


def test_kubectl_understands_the_hook_and_the_hook_understands_kubectl(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.flip(2)

    def drctl(*arguments: str, deployment: str = "orders-app") -> tuple[int, str]:
        hook = ["--hook", f"{HOOK} shop {deployment}", "--poll", "50ms", "--budget", "60s", "--json"]
        command = [sys.executable, "-m", "drctl", *arguments, *hook]
        env = os.environ | {"KUBECONFIG": str(tmp_path / "kubeconfig"), "HOME": str(tmp_path)}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
        client = json.loads(done.stdout)["clients"][0]
        return done.returncode, f"{client['end']} {client['count']} {client['note']}".strip()

    with kube_api() as (url, api):
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": {"server": url}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": ""}}],
            "current-context": "here",
        }
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
        assert drctl("drain") == (0, "drained 0")
        # Twice the pods were terminating, then they were gone.
        assert len(api.queries) == 3
        assert api.queries[0]["labelSelector"] == ["app=orders-app,tier=web"]
        assert api.queries[0]["fieldSelector"] == ["status.phase!=Succeeded,status.phase!=Failed"]
        assert drctl("fill", "--pointer", world.pointer_url, "--epoch", "2") == (0, "filled 3")
        assert api.annotations == {"kafka-dr/replicas": "3", "kafka-dr/epoch": "2"}
        code, told = drctl("drain", deployment="other")
        assert code == 1
        assert "(NotFound)" in told
