"""Edits of a pair before the plan gate, on previews of the real engine: a move alone, and with what no move may carry.

With KAFKADR_UPDATE_GOLDEN=1 what is kept by name goes to tests/policies/recorded, for the fast tests of the gate;
`scripts/record` does so for all of it.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from policies.gate import Verdict, judge, read
from tests.engine.previews import preview_json
from tests.engine.standing import StandingPair
from tests.policies import recordings
from tests.toolchain import ROOT

P = TypeVar("P", bound=StandingPair)
Term = Mapping[str, object]
"""Flip keys."""

STEADY: dict[str, object] = {"primary": "east", "epoch": 1, "change": "none", "standby": "mirroring", "handover": ""}
FORBIDDEN = ("rename-link", "endpoint", "drop-mirror")
"""Edits that nothing may carry along, beside a revert to the config of the first day."""


class Gate(Generic[P]):
    """Edits of one pair, each judged from its stack file as it stands, which is the same again afterwards.

    Args:
        pair: What is edited.
        strict: Whether each move that is kept by name is also tried with each forbidden edit.
    """

    def __init__(self, pair: P, *, strict: bool = True) -> None:
        self.pair = pair
        self.strict = strict
        self.first = pair.stack.config()

    @property
    def settings(self) -> dict[str, Any]:
        """The sections as they stand."""
        found: dict[str, Any] = self.pair.stack.config()["kafka-dr:settings"]
        return found

    def judged(
        self, keep: str, *arguments: str, term: Term, stream: bool = False, pack: bool = False, **edit: Any
    ) -> Verdict:
        """The verdict on a preview with these flip keys and these sections, kept under a name if there is one."""
        before = self.pair.stack.config()
        self.pair.stack.edit(**term, settings=self.settings | edit)
        verdict = self._verdict(keep, *arguments, stream=stream, pack=pack)
        self.pair.stack.configure(before)
        return verdict

    def passes(
        self,
        move: str,
        *arguments: str,
        keep: str = "",
        term: Term,
        accepted: tuple[str, ...] = (),
        free: tuple[str, ...] = (),
        **edit: Any,
    ) -> None:
        """A legal edit, which the gate takes for this move and lets pass, but with no forbidden edit on top of it.

        Every policy of the pack is mandatory in the preview of it, so that one which is wrong about the move stops it.
        `free` names edits that this move makes itself: a new site's link may have any name.
        """
        verdict = self.judged(keep, *arguments, term=term, stream=True, pack=True, **edit)
        assert moves(verdict) == [move]
        assert verdict.allowed == (not accepted), verdict.findings
        taken = judge(verdict.preview, arguments, accepted=frozenset(accepted))
        assert taken.allowed, taken.findings
        if keep and self.strict:
            others = edits(self.settings | edit)
            for name in sorted({*FORBIDDEN} - {*free}):
                beside = self.judged(f"{keep}-{name}", term=term, stream=True, **(edit | others[name]))
                assert not beside.allowed, (keep, name)

    def goes(self, move: str, *, keep: str = "", term: Term, accepted: tuple[str, ...] = (), **edit: Any) -> str:
        """A legal edit that passes and is then made, after which no revert passes; what Pulumi said."""
        self.passes(move, keep=keep, term=term, accepted=accepted, **edit)
        self.pair.stack.edit(**term, settings=self.settings | edit)
        ran = self.pair.stack.run("up", "--yes", "--skip-preview")
        assert ran.ok, ran.text
        if keep and self.strict:
            self.keeps_its_way(keep)
        return ran.text

    def keeps_its_way(self, keep: str) -> None:
        """The stack file of the first day, as a git revert would bring it, is refused."""
        before = self.pair.stack.config()
        self.pair.stack.configure(self.first)
        verdict = self._verdict(f"{keep}-revert", stream=True)
        self.pair.stack.configure(before)
        assert codes(verdict) == {"preview"}, verdict.findings
        assert re.search(r"epoch 1 is not above|epoch changes from \d+ to 1", str(verdict.findings)), verdict.findings

    def _verdict(self, keep: str, *arguments: str, stream: bool, pack: bool = False) -> Verdict:
        packed = strict_pack(self.pair.folder) if pack else ()
        text = preview_json(self.pair.stack, *arguments, *packed, stream=stream)
        if keep and os.environ.get("KAFKADR_UPDATE_GOLDEN"):
            recordings.write(f"{keep}.json", text)
        return judge(read(text), arguments)


def strict_pack(folder: Path) -> tuple[str, ...]:
    """Arguments of a preview with the policy pack, all of it mandatory."""
    config = folder / "strict-pack.json"
    config.write_text('{"all": "mandatory"}', "utf-8")
    return "--policy-pack", str(policy_pack()), "--policy-pack-config", str(config)


@cache
def policy_pack() -> Path:
    """The pack with its own Python environment."""
    made = subprocess.run([ROOT / "scripts" / "policies"], capture_output=True, text=True, check=True)
    return Path(made.stdout.strip())


def codes(verdict: Verdict) -> set[str]:
    """What kinds of reasons there are against it."""
    return {finding.code for finding in verdict.findings}


def moves(verdict: Verdict) -> list[str]:
    """The names of the moves it makes."""
    return [move.name for move in verdict.moves]


def edits(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Sections of edits that no flip may carry along, and that a steady pair takes at most in part."""
    sites, west = settings["sites"], settings["sites"]["west"]
    second = {"name": "second", "consume": ["orders"], "groups": ["second"]}
    moved = {"west": west | {"region": "eu-west-1"}}  # the other site is made by the program: another cluster
    dropped: dict[str, Any] = {"onboarding": {"mode": "opt-in", "topics": ["dr-topic"]}}
    if settings.get("rebuild", {}).get("clear"):
        dropped["rebuild"] = {"clear": ["dr-topic"]}
    return {
        "rename-link": {"link": settings["link"] | {"name": "other"}},
        "endpoint": {"sites": sites | ({"east": _elsewhere(sites["east"])} if "east" in sites else moved)},
        "drop-mirror": dropped,
        "unlock": {"protect": False, "retain": False},
        "new-client": {"clients": [*settings["clients"], second]},
    }


def _elsewhere(site: Mapping[str, Any]) -> dict[str, Any]:
    """An adopted cluster at another address."""
    adopt = site["cluster"]["adopt"] | {"bootstrapEndpoint": "SASL_SSL://127.0.0.1:9093"}
    return {**site, "cluster": {"adopt": adopt}}
