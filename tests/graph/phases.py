"""A pair in every phase that its kind of link can be in, as arguments of the component."""

from __future__ import annotations

from typing import Any

from first.components import ActivePassivePairArgs, LinkMode

from .samples import dedicated, pair

_TO_WEST: dict[str, Any] = {"primary": "west", "epoch": 2}
_FAILED_OVER = {"change": "failover", "standby": "retained", "desired": "FAILED_OVER"}
_PROMOTED = {"change": "promote", "standby": "retained", "desired": "PROMOTED"}
_TURNED: dict[str, Any] = {"source": "west", "destination": "east", "home": "east"}
_BACK: dict[str, Any] = {"primary": "east", "epoch": 3}
"""The second flip, which brings the primary back to the site it began with."""

_BOTH: dict[str, dict[str, Any]] = {
    "steady": {},
    "promoted": _TO_WEST | _PROMOTED,
    "failed-over": _TO_WEST | _FAILED_OVER,
    "home": {"epoch": 3, "home": "east"},
}
_BIDIRECTIONAL: dict[str, dict[str, Any]] = _BOTH | {
    "restoring": _TO_WEST | _FAILED_OVER | {"standby": "restoring"},
    "reversed": _TO_WEST | _TURNED | {"change": "promote"},
    "turned": _TO_WEST | _TURNED,
    "turned, failed-over": _BACK | _TURNED | _FAILED_OVER,
    "turned, restoring": _BACK | _TURNED | _FAILED_OVER | {"standby": "restoring"},
}
_ONE_WAY: dict[str, dict[str, Any]] = _BOTH | {
    "clear-armed": _TO_WEST | _FAILED_OVER | {"standby": "clear-armed"},
    "clear-fired": _TO_WEST | _FAILED_OVER | {"standby": "clear-fired"},
    "away": _TO_WEST | _TURNED,
    "away, failed-over": _BACK | _TURNED | _FAILED_OVER,
    "away, clear-armed": _BACK | _TURNED | _FAILED_OVER | {"standby": "clear-armed"},
}
_RELEASED = {"failed-over, released": ("failed-over", "east"), "turned, released": ("turned, failed-over", "west")}
_JOINED = ("joined", "joined, unlocked", "joined, failed-over")


def _terms(mode: LinkMode) -> dict[str, dict[str, Any]]:
    return _BIDIRECTIONAL if mode is LinkMode.BIDIRECTIONAL else _ONE_WAY


def _phases(mode: LinkMode) -> list[str]:
    terms = _terms(mode)
    return [*terms, *(name for name, (flip, _) in _RELEASED.items() if flip in terms), *_JOINED]


PHASES: list[tuple[LinkMode, str]] = [(mode, phase) for mode in LinkMode for phase in _phases(mode)]


def args_of(mode: LinkMode, phase: str) -> ActivePassivePairArgs:
    """The pair of the samples with this kind of link, in this phase."""
    if phase in _JOINED:
        return _joined(mode, phase)
    phase, lost = _RELEASED.get(phase, (phase, ""))
    found: Any = pair()
    found["link"]["mode"] = mode
    found |= _terms(mode)[phase]
    if mode is not LinkMode.BIDIRECTIONAL and phase.startswith(("away", "home")):
        found["link"]["back"] = {"name": "dr-back"}
    if "clear" in phase:
        found["clear"] = found["topics"]
    # As `stacks.plan` has it: once the data flows away from home, both sites declare the same.
    both = found["source"] != found.get("home", found["source"])
    found["clients"]["shop"]["acl_sites"] = sorted(found["sites"]) if both else [found["source"]]
    if lost:
        found["sites"][lost]["released"] = True
    return found  # type: ignore[no-any-return]


def with_acl_link(args: ActivePassivePairArgs) -> ActivePassivePairArgs:
    """The same pair with ACLs over a link of their own (S68)."""
    found: Any = args
    found["link"]["settings"].pop("acl_sync")
    return found | {"acl_link": {"name": "dr-acl", "acl_sync": {"filters": [{}]}}}  # type: ignore[no-any-return]


def _joined(mode: LinkMode, phase: str) -> ActivePassivePairArgs:
    """North took the place of east, which was lost in epoch 2; then west is lost as well."""
    found: Any = args_of(mode, "failed-over")
    found |= {"source": "west", "destination": "north", "change": "none", "standby": "mirroring", "desired": "ACTIVE"}
    found["sites"] = {"west": found["sites"]["west"], "north": dedicated("us-east-2")}
    found["link"] |= {"name": "next", "built": 2}
    found["clients"]["shop"]["acl_sites"] = ["west"]
    found["kept"] = [{"site": "east", "epoch": 2, "link": "dr", "unlocked": phase == "joined, unlocked"}]
    if mode is LinkMode.BIDIRECTIONAL:
        found["home"] = "west"
        found["kept"][0]["home"] = "east"
    return found | ({"primary": "north", "epoch": 3} | _FAILED_OVER if "failed" in phase else {})  # type: ignore[no-any-return]
