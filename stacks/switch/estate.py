"""Read the estate as data: whatever its condition, the switch plans."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi.output import contains_unknowns

from stacks.switch.settings import Settings

ESTATE_PROJECT = "kafka-dr-estate"
READ_SECONDS = 30.0
OUTPUT = "dr"


@dataclass(frozen=True)
class Read:
    """What was read.

    Args:
        document: The estate's document as it is; None when it cannot be read.
        problem: Why not.
    """

    document: dict[str, Any] | None
    problem: str = ""


async def read_estate(settings: Settings) -> Read:
    """The estate's document, from its stack or from a file; never an error.

    A stack is read by the engine's builtin invoke: `StackReference` fails the program when the stack is unknown, and
    makes every output unknown in a preview when one of them is (Pulumi 3.259; a test pins what this relies on).
    """
    if settings.estate_file:
        return _file(settings.estate_file)
    stack = settings.estate or f"{pulumi.get_organization()}/{ESTATE_PROJECT}/{pulumi.get_stack()}"
    try:
        async with asyncio.timeout(READ_SECONDS):
            answer = await pulumi.runtime.invoke_async("pulumi:pulumi:readStackOutputs", {"name": stack})
    except TimeoutError:
        return Read(None, f"the stack {stack} cannot be read within {READ_SECONDS:.0f} s")
    except Exception as error:  # noqa: BLE001 - an unknown stack, a state that cannot be read: each has its own
        return Read(None, f"the stack {stack} cannot be read: {_first_line(error)}")
    return _judged((answer or {}).get("outputs", {}).get(OUTPUT), f"the output {OUTPUT} of the stack {stack}")


def _judged(document: Any, what: str) -> Read:
    if document is None:
        return Read(None, f"{what} is not there")
    if contains_unknowns(document):
        return Read(None, f"{what} is partly unknown")
    if not isinstance(document, dict) or not document:
        return Read(None, f"{what} cannot be decrypted")
    return Read(document)


def _file(name: str) -> Read:
    try:
        document = json.loads(Path(name).read_text("utf-8"))
    except (OSError, ValueError) as error:
        return Read(None, f"the file {name} cannot be read: {_first_line(error)}")
    return Read(document) if isinstance(document, dict) else Read(None, f"the file {name} holds no object")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
