"""The rights that docs/vaults-and-pointers.md gives each role: tests act with these and no others."""

import json
import re
from typing import Any

from tests.toolchain import ROOT

_BLOCK = re.compile(r"^```\w+ title=([\w-]+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def rights(title: str, environment: str) -> str:
    """The block of this title, for an environment of this name instead of `prod`."""
    text = (ROOT / "docs" / "vaults-and-pointers.md").read_text(encoding="utf-8")
    blocks: dict[str, str] = dict(_BLOCK.findall(text))
    return blocks[title].replace("prod", environment)


def aws_policy(role: str) -> dict[str, Any]:
    """The IAM policy of a role. moto checks actions alone: it asks every policy about the resource `*`."""
    policy: dict[str, Any] = json.loads(rights(f"aws-{role}", "prod"))
    return policy | {"Statement": [statement | {"Resource": "*"} for statement in policy["Statement"]]}
