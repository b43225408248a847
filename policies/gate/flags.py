"""Arguments and environment of the command that will run: some take the locks off, tell secrets, ask the lost site."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from itertools import zip_longest
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
    Flag("--show-secrets", "it prints secrets in clear", When.ALWAYS),
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
_VERBOSE: Final = "--verbose"
_SHORT: Final = {"r": "--refresh", "t": "--target", "x": "--exclude", "v": _VERBOSE}
"""Short names of what is looked for, in any of `pulumi preview`, `up`, `refresh` and `destroy`."""
_TAKE_A_VALUE: Final = frozenset("cmpstxvC")
"""Short flags whose value is the rest of the word, or the next one. `-r` takes a value after `=` alone."""
_UNSET: Final = {"false", "f", "0"}
"""Words with which a switch is off, in lower case."""
_ALSO: Final = {"--continue-on-error": "PULUMI_CONTINUE_ON_ERROR"}
"""A variable of the flag's own, beside the one that every flag has."""


def refused(arguments: Iterable[str], environment: Mapping[str, str], when: When) -> list[tuple[str, str]]:
    """Flags that must not be given, each with the reason. Pulumi takes `PULUMI_OPTION_REFRESH` as `--refresh`."""
    options = list(_options(list(arguments)))
    given = {name for name, value in options if value.lower() not in _UNSET}
    found = []
    for flag in FLAGS:
        if flag.when > when:
            continue
        own = "PULUMI_OPTION_" + flag.name.removeprefix("--").upper().replace("-", "_")
        variables = [name for name in (own, _ALSO.get(flag.name, own)) if environment.get(name, "").lower() not in _OFF]
        if flag.name in given:
            found.append((flag.name, flag.why))
        elif variables:
            found.append((variables[0], flag.why))
    return [*found, *_traces(options, environment), *_unrecorded(environment, flip=when is When.FLIP)]


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Flags with their values as Pulumi's own parser (pflag) reads them; the value is empty where none is given.

    A word after a flag may be its value or a flag of its own. It is read as both, and so is what follows `--`: a
    message that looks like a flag is refused once too often rather than a flag once too little.
    """
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        if word.startswith("--"):
            name, given, value = word.partition("=")
            yield name, value if given or name != _VERBOSE else following
        elif word.startswith("-"):
            yield from _cluster(word[1:], following)


def _cluster(letters: str, following: str) -> Iterator[tuple[str, str]]:
    """Short flags in one word: `-yr`, `-turn`, `-yv=9`. One with a value ends the word."""
    while letters:
        letter, letters = letters[0], letters[1:]
        value = ""
        if len(letters) > 1 and letters[0] == "=":
            value, letters = letters[1:], ""
        elif letter in _TAKE_A_VALUE:
            value, letters = letters or following, ""
        yield _SHORT.get(letter, f"-{letter}"), value


def _traces(options: list[tuple[str, str]], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for level in (value for name, value in options if name == _VERBOSE):
        if _is_traced(level):
            yield f"-v={level}", _TELLS
    if environment.get("PULUMI_OPTION_VERBOSE") and _is_traced(environment["PULUMI_OPTION_VERBOSE"]):
        yield "PULUMI_OPTION_VERBOSE", _TELLS
    if environment.get("PULUMI_DEBUG_GRPC"):  # the name of a file
        yield "PULUMI_DEBUG_GRPC", _TELLS


def _is_traced(level: str) -> bool:
    """What is no plain number counts as well: Pulumi also takes `0x9` and `011`."""
    return not re.fullmatch(r"[1-9]?\d", level) or int(level) >= _TRACED


def _unrecorded(environment: Mapping[str, str], *, flip: bool) -> Iterator[tuple[str, str]]:
    if flip and environment.get("PULUMI_SKIP_CHECKPOINTS", "").lower() not in _OFF:
        yield "PULUMI_SKIP_CHECKPOINTS", "a run that ends early would record nothing of the flip"
