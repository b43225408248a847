"""The engine and its environment for tests: the rules of `scripts/env`, with a Pulumi home and a state per test."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

CLOUD_KEY = "EMULATORCLOUDKEY"
CLOUD_SECRET = "emulator-cloud-secret"
"""The Cloud API key that every emulator starts with."""

PLUGIN = "pulumi-resource-confluentcloud"


def engine_bin() -> Path:
    """Return the folder with `pulumi` and its Python language host, as `scripts/setup` chose it.

    Raises:
        RuntimeError: `scripts/setup` has not been run.
    """
    record = ROOT / ".local" / "engine-bin"
    if not record.is_file():
        raise RuntimeError("this checkout is not set up; run scripts/setup first")
    return Path(record.read_text(encoding="utf-8").strip())


def plugin_dir() -> Path:
    """Return the folder of the confluentcloud plugin: the stand-in, or `$KAFKADR_CONFLUENTCLOUD_PLUGIN`.

    Raises:
        RuntimeError: No executable plugin is there.
    """
    folder = Path(os.environ.get("KAFKADR_CONFLUENTCLOUD_PLUGIN") or ROOT / "emulator" / "standin")
    if not os.access(folder / PLUGIN, os.X_OK):
        raise RuntimeError(f"no executable {PLUGIN} in {folder}")
    return folder


def engine_env(tmp_path: Path) -> dict[str, str]:
    """Return a whole environment for `pulumi` with its own home and file backend under `tmp_path`.

    Nothing of the user's own Pulumi or cloud set-up is passed on, and no plugin can be downloaded.
    """
    home, state, passphrase = tmp_path / "pulumi-home", tmp_path / "state", tmp_path / "passphrase"
    home.mkdir(exist_ok=True)
    state.mkdir(exist_ok=True)
    passphrase.touch(mode=0o600)
    passphrase.write_text("a passphrase of tests\n", encoding="utf-8")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PULUMI_", "AWS_", "CONFLUENT_", "KAFKADR_", "TF_"))
    }
    path = [str(ROOT / ".venv" / "bin"), str(engine_bin()), str(plugin_dir()), os.environ.get("PATH", os.defpath)]
    return kept | {
        "PATH": os.pathsep.join(path),
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "CONFLUENT_CLOUD_API_KEY": CLOUD_KEY,
        "CONFLUENT_CLOUD_API_SECRET": CLOUD_SECRET,
        "TF_ACC": "1",
    }


def yaml_host() -> Path:
    """Return the folder with `pulumi-language-yaml`, as `scripts/setup --yaml` chose it; else the test is skipped."""
    record = ROOT / ".local" / "yaml-bin"
    if not record.is_file():
        pytest.skip("no Pulumi YAML here: scripts/setup --yaml")
    return Path(record.read_text(encoding="utf-8").strip())
