"""Arguments and environment of the command that will run: some take the locks off, tell secrets, ask the lost site."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Final, NamedTuple


class When(IntEnum):
    """In which edits an argument is refused; a flip is a move, too."""

    ALWAYS = 0
    MOVE = 1
    FLIP = 2


class Flag(NamedTuple):
    """An argument of Pulumi, why it is refused, and when."""

    name: str
    why: str
    when: When


_WHOLE: Final = "a move is whole or not at all"
FLAGS: Final = (
    Flag("--ignore-protect", "it deletes what is protected", When.ALWAYS),
    Flag("--refresh", "it reads every resource, and so the lost site", When.FLIP),
    Flag("--run-program", "it reads every resource, and so the lost site", When.FLIP),
    Flag("--target", _WHOLE, When.MOVE),
    Flag("--target-dependents", _WHOLE, When.MOVE),
    Flag("--exclude", _WHOLE, When.MOVE),
    Flag("--continue-on-error", "what a refusal holds back would be done all the same", When.MOVE),
    Flag("--replace", "nothing is replaced in a move", When.MOVE),
    Flag("--target-replace", "nothing is replaced in a move", When.MOVE),
)

_OFF: Final = {"", "0", "false", "no"}

_TRACED: Final = 9
"""At this level the engine logs every property that it hands to a provider, secrets in clear."""
_TELLS = "the engine writes secrets in clear then"
_VERBOSE: Final = re.compile(r"(?<!\S)(?:-v|--verbose)[= ]?(\d+)(?!\S)")


def refused(arguments: Iterable[str], environment: Mapping[str, str], when: When) -> list[tuple[str, str]]:
    """Flags that must not be given, each with the reason. Pulumi takes `PULUMI_OPTION_REFRESH` as `--refresh`."""
    arguments = list(arguments)
    given = {word.partition("=")[0] for word in arguments if word.partition("=")[2].lower() not in {"false", "0"}}
    if {"-r"} & given:
        given.add("--refresh")
    if {"-t"} & given:
        given.add("--target")
    found = []
    for flag in FLAGS:
        variable = "PULUMI_OPTION_" + flag.name.removeprefix("--").upper().replace("-", "_")
        if flag.when > when:
            continue
        if flag.name in given:
            found.append((flag.name, flag.why))
        elif environment.get(variable, "").lower() not in _OFF:
            found.append((variable, flag.why))
    return [*found, *_traces(arguments, environment), *_unrecorded(environment, flip=when is When.FLIP)]


def _traces(arguments: list[str], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    levels = [int(found[1]) for found in _VERBOSE.finditer(" ".join(arguments))]
    if max(levels, default=0) >= _TRACED:
        yield f"-v={max(levels)}", _TELLS
    level = environment.get("PULUMI_OPTION_VERBOSE", "")
    if level.isdigit() and int(level) >= _TRACED:
        yield "PULUMI_OPTION_VERBOSE", _TELLS
    if environment.get("PULUMI_DEBUG_GRPC"):  # the name of a file
        yield "PULUMI_DEBUG_GRPC", _TELLS


def _unrecorded(environment: Mapping[str, str], *, flip: bool) -> Iterator[tuple[str, str]]:
    if flip and environment.get("PULUMI_SKIP_CHECKPOINTS", "").lower() not in _OFF:
        yield "PULUMI_SKIP_CHECKPOINTS", "a run that ends early would record nothing of the flip"
