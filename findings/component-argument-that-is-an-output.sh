#!/usr/bin/env bash
# A Pulumi component in Python, called from another language, loses an object argument that is an Output, and every key
# that its type does not know, without an error.
#
# pulumi 3.259.0 (Python SDK), Python 3.11 with venv. A component takes `site`, an object with a required `url`; its
# inputs are mapped as for a Construct call.
#
# Seen: {"site": {"url": "u"}} arrives whole. {"site": Output of the same} is refused: "Missing required input
# 'site.url'", although it is there; with `url` optional it arrives as {}. {"site": {"url": "u", "ulr": "typo"}} arrives
# without "ulr", and nobody is told.
#
# The guess that is wrong: "an argument that is declared as Input may be an Output of another resource, whatever its type,
# and a misspelt key is refused". Programs in the component's own language have no such problem, so tests in Python do not
# show it.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pulumi==3.259.0
mkdir "$work/program"
cat >"$work/program/parts.py" <<'PYTHON'
from typing import Optional, TypedDict

import pulumi


class Required(TypedDict):
    url: pulumi.Input[str]


class Relaxed(TypedDict):
    url: Optional[pulumi.Input[str]]


class StrictArgs(TypedDict):
    site: pulumi.Input[Required]


class LooseArgs(TypedDict):
    site: pulumi.Input[Relaxed]


class Strict(pulumi.ComponentResource):
    def __init__(self, name: str, args: StrictArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__("finding:index:Strict", name, {}, opts)


class Loose(pulumi.ComponentResource):
    def __init__(self, name: str, args: LooseArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__("finding:index:Loose", name, {}, opts)
PYTHON
cat >"$work/program/show.py" <<'PYTHON'
import asyncio

import pulumi
from parts import Loose, Strict
from pulumi.provider.experimental.component import ComponentProvider


async def show() -> None:
    provider = ComponentProvider([Strict, Loose], "finding", "", "1.0.0")
    definition = provider._component_defs

    def mapped(kind: str, site: object) -> object:
        return provider.map_inputs({"site": site}, definition[kind])

    whole = mapped("Strict", {"url": "u"})
    assert whole == {"site": {"url": "u"}}, whole
    try:
        mapped("Strict", pulumi.Output.from_input({"url": "u"}))
    except Exception as error:
        assert "Missing required input 'site.url'" in str(error), error
    else:
        raise SystemExit("an object that is an Output is taken now")
    lost = mapped("Loose", pulumi.Output.from_input({"url": "u"}))
    assert lost == {"site": {}}, lost
    typo = mapped("Strict", {"url": "u", "ulr": "typo"})
    assert typo == {"site": {"url": "u"}}, typo
    print("an object that is an Output arrives as {}; a key that is not known is dropped; as described")


asyncio.run(show())
PYTHON
cd "$work/program" && "$work/venv/bin/python" show.py
