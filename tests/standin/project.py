"""A Pulumi project around one of the programs here, on the real engine and the confluentcloud plugin in use."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.engine.pulumi_cli import PulumiStack
from tests.toolchain import engine_env

PROGRAMS = Path(__file__).parent / "programs"


def stack_of(program: str, folder: Path, endpoint: str, **config: Any) -> PulumiStack:
    """Make a stack for a program; ``config`` are keys of its own namespace ``st``."""
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "st", "runtime": "python"}), "utf-8")
    shutil.copy(PROGRAMS / f"{program}.py", folder / "__main__.py")
    stack = PulumiStack(folder, engine_env(folder))
    stack.init()
    stack.configure({"confluentcloud:endpoint": endpoint})
    change(stack, **config)
    return stack


def change(stack: PulumiStack, **config: Any) -> None:
    """Change keys of the program's namespace."""
    stack.configure(stack.config() | {f"st:{name}": value for name, value in config.items()})
