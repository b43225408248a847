"""The operator way's protocol (S13): one executable per client, with three verbs. Described in docs/clients.md.

A hook is called as `<words of --hook> <verb>`, verb one of `scale-to-zero`, `count`, `scale-up`. Exit code 0: done; 75
(`EX_TEMPFAIL`): try again; anything else: failed. On stdout it writes JSON objects, one a line; the last answer counts.
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kafkadr.clients import SettingsError
from kafkadr.errors import DrError
from kafkadr.text import clean

Verb = Literal["scale-to-zero", "count", "scale-up"]
_AGAIN = 75


class HookError(DrError):
    """A hook failed, for good."""


class AgainError(HookError):
    """A hook asks to be called again."""


class Count(BaseModel):
    """The answer to `count`; other fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    count: int = Field(ge=0)
    """Processes that are there in any form: starting, running, stopping."""
    ready: int | None = Field(None, ge=0)
    """Those of them that are ready; default: all."""
    target: int = Field(1, ge=0)
    """How many there shall be after `scale-up`."""
    epoch: int = Field(0, ge=0)
    """Epoch of the `scale-up` that they come from; 0 when that is not known."""

    @property
    def full(self) -> bool:
        """Whether as many are ready as there shall be."""
        return (self.count if self.ready is None else self.ready) >= self.target


@dataclass(frozen=True)
class Hook:
    """One client's hook.

    Attributes:
        words: The command line up to the verb.
        limit: Seconds that one call may take.
    """

    words: tuple[str, ...]
    limit: float

    @property
    def name(self) -> str:
        """As it is told."""
        return clean(shlex.join(self.words))

    async def call(self, verb: Verb, env: Mapping[str, str]) -> list[dict[str, Any]]:
        """Call a verb; its JSON objects.

        Raises:
            AgainError: It asked for another try, or took too long.
            HookError: It failed, or said something else than JSON.
        """
        process = await self._start(verb, env)
        try:
            out, err = await asyncio.wait_for(process.communicate(), self.limit)
        except TimeoutError:
            raise AgainError(f"{verb} took longer than {self.limit:g} s", "See --call-timeout") from None
        finally:
            # Whatever the hook started ends with it, also when drctl itself is asked to end.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if process.returncode:
            lines = err.decode(errors="replace").strip().splitlines()
            kind = AgainError if process.returncode == _AGAIN else HookError
            told = f": {clean(lines[-1])}" if lines else ""
            raise kind(f"{verb} ended with exit code {process.returncode}{told}", "See the hook's own messages")
        return _objects(verb, out)

    async def _start(self, verb: Verb, env: Mapping[str, str]) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        command, whole = (*self.words, verb), os.environ | env
        try:
            return await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=whole, start_new_session=True
            )
        except OSError as error:
            raise HookError(
                f"it cannot be started ({error.strerror})", "Does it begin with #! and a program?"
            ) from None

    async def count(self, env: Mapping[str, str]) -> Count:
        """The answer to `count`."""
        for answer in reversed(await self.call("count", env)):
            if "count" in answer:
                try:
                    return Count.model_validate(answer)
                except ValidationError as error:
                    first = error.errors(include_url=False)[0]
                    raise HookError(f"count: {first['loc'][0]}: {first['msg']}", _PROTOCOL) from None
        raise HookError('count printed no {"count": ...}', _PROTOCOL)


_PROTOCOL = "See the protocol of hooks in docs/clients.md"


def _objects(verb: Verb, out: bytes) -> list[dict[str, Any]]:
    found = []
    for line in out.decode(errors="replace").splitlines():
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise HookError(f"{verb} printed something that is no JSON object: {clean(line, 80)}", _PROTOCOL)
        found.append(answer)
    return found


def parse_hooks(texts: Sequence[str], limit: float) -> list[Hook]:
    """The hooks of the command line, in its order.

    Raises:
        SettingsError: One is no executable, or is named twice; all such problems at once.
    """
    hooks: list[Hook] = []
    problems: list[str] = []
    for text in texts:
        try:
            words = tuple(shlex.split(text))
        except ValueError:
            words = ()
        if not words or not shutil.which(words[0]):
            problems.append(f"{text!r} is no executable")
        elif words in [hook.words for hook in hooks]:
            problems.append(f"{text!r} is named twice")
        hooks.append(Hook(words, limit))
    if problems:
        raise SettingsError("--hook: " + "; ".join(problems), "Name one executable file per client, arguments after it")
    return hooks
