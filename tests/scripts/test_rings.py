"""scripts/test runs the fast rings before the engine's."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests import toolchain
from tests.rings import pytest_collection_modifyitems


def item(name: str, *marks: str) -> pytest.Item:
    return cast("pytest.Item", SimpleNamespace(name=name, get_closest_marker=lambda m: m if m in marks else None))


def test_engine_tests_come_last_and_order_within_a_ring_stays() -> None:
    items = [item("e1", "engine"), item("f2"), item("e2", "engine", "nightly"), item("f1", "nightly")]
    pytest_collection_modifyitems(items)
    assert [i.name for i in items] == ["f2", "f1", "e1", "e2"]


def test_engine_environment_has_nothing_of_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "engine_bin", lambda: Path("/engine"))
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    (plugin / "pulumi-resource-confluentcloud").touch(mode=0o755)
    monkeypatch.setenv("KAFKADR_CONFLUENTCLOUD_PLUGIN", str(plugin))
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "users-own")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "users-own")
    monkeypatch.setenv("CONFLUENT_CLOUD_API_SECRET", "users-own")
    env = toolchain.engine_env(tmp_path)
    assert "users-own" not in env.values()
    assert env["PULUMI_HOME"] == str(tmp_path / "pulumi-home")
    assert env["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/state"
    assert env["PATH"].split(":")[1:3] == ["/engine", str(plugin)]
