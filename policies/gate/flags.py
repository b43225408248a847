"""Arguments and environment of the command that will run: some take the locks off, tell secrets, ask the lost site."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple


class Flag(NamedTuple):
    """An argument of Pulumi, why it is refused, and whether only in a flip."""

    name: str
    why: str
    flip_only: bool


FLAGS: Final = (
    Flag("--ignore-protect", "it deletes what is protected", flip_only=False),
    Flag("--refresh", "it reads every resource, and so the lost site", flip_only=True),
    Flag("--run-program", "it reads every resource, and so the lost site", flip_only=True),
    Flag("--target", "a flip is whole or not at all", flip_only=True),
    Flag("--target-dependents", "a flip is whole or not at all", flip_only=True),
    Flag("--exclude", "a flip is whole or not at all", flip_only=True),
    Flag("--replace", "nothing is replaced in a flip", flip_only=True),
    Flag("--target-replace", "nothing is replaced in a flip", flip_only=True),
)

_OFF: Final = {"", "0", "false", "no"}

_TRACED: Final = 9
"""At this level the engine logs every property that it hands to a provider, secrets in clear."""
_TELLS = "the engine writes secrets in clear then"
_VERBOSE: Final = re.compile(r"(?<!\S)(?:-v|--verbose)[= ]?(\d+)(?!\S)")


def refused(arguments: Iterable[str], environment: Mapping[str, str], *, flip: bool) -> list[tuple[str, str]]:
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
        if flag.flip_only and not flip:
            continue
        if flag.name in given:
            found.append((flag.name, flag.why))
        elif environment.get(variable, "").lower() not in _OFF:
            found.append((variable, flag.why))
    return [*found, *_traces(arguments, environment), *_unrecorded(environment, flip=flip)]


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
