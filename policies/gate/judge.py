"""The verdict over a preview: does it do what its move may do, and nothing else? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from policies.gate import flags, forward, sites
from policies.gate.allowed import (
    ACL,
    FORGET,
    GUARD,
    IDENTITY,
    KEPT,
    KEY,
    LINK,
    MOVES,
    RING,
    STATE,
    SWITCHES,
    Allowed,
)
from policies.gate.flags import When
from policies.gate.preview import Preview, Step
from policies.gate.terms import EDIT, ONBOARD, Move, moves_of

_DELETES = {"delete", "discard", "remove-pending-replace"}
_REPLACES = {
    *("replace", "create-replacement", "import-replacement", "read-replacement"),
    *("delete-replaced", "discard-replaced"),
}
_TAKES_BOTH = (
    "an ACL is deleted by what it says, so the delete of the old one can take the new one with it. Make it two edits:"
    " one that removes it, and one that adds it"
)
FLIPS = {"failover", "promote", "reverse", "retry", "force", "withdraw"}


@dataclass(frozen=True)
class Finding:
    """One reason against a preview."""

    code: str
    """`preview`, `guard`, `lost`, `step`, `site`, `lock`, `flag`, `policy`: what kind of reason."""
    text: str
    urn: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a preview would do, and why it must not; `notes` are worth a look and refuse nothing."""

    preview: Preview
    moves: tuple[Move, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.findings

    @property
    def flip(self) -> bool:
        """Whether a primary changes."""
        return any(move.name in FLIPS for move in self.moves)


def judge(
    preview: Preview,
    arguments: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
    accepted: frozenset[str] = frozenset(),
) -> Verdict:
    """Judge a preview and the arguments of the command.

    Args:
        preview: What Pulumi would do.
        arguments: Words of the `pulumi` command that was or will be run.
        environment: Its environment.
        accepted: Names of resources that may go in an edit that is no move, once their protection was lifted.
    """
    moves = tuple(moves_of(preview))
    names = {move.name for move in moves}
    when = When.FLIP if names & FLIPS else When.MOVE if names - {ONBOARD, EDIT} else When.ALWAYS
    table = [MOVES[move.name] for move in moves]
    dropped = _dropped(preview, accepted) if all(row.drops for row in table) else frozenset()
    found = [Finding("preview", _first(m.text), m.urn) for m in preview.errors if not _is_echo(m.text)]
    found += [
        Finding("flag", f"{name} is given: {why}") for name, why in flags.refused(arguments, environment or {}, when)
    ]
    found += _policies(preview)
    found += _guards(preview, moves)
    standing = sites.survivors(preview)
    for step in preview.steps:
        found += _step(step, moves, table, dropped, standing)
    for move, row in zip(moves, table, strict=True):
        if row.survivor:
            found += [Finding("site", text, urn) for text, urn in sites.strays(preview, move)]
    return Verdict(preview, moves, tuple(found), tuple(_notes(preview, moves, dropped)))


def _first(text: str) -> str:
    return text.removeprefix("error: ").strip()


def _is_echo(text: str) -> bool:
    """The engine's own last word, which only says that something before it failed."""
    return _first(text) in {"preview failed", "update failed"}


def _policies(preview: Preview) -> Iterator[Finding]:
    for each in preview.violations:
        if each.level != "advisory":
            yield Finding("policy", f"{each.policy}: {each.text.splitlines()[-1]}", each.urn)


def _guards(preview: Preview, moves: Iterable[Move]) -> Iterator[Finding]:
    for step in preview.of_kind(GUARD):
        if step.op in _DELETES | _REPLACES:
            yield Finding("guard", f"the guard {step.name} would be {_word(step)}: its epoch and history go", step.urn)
    for move in moves:
        if move.name == ONBOARD and any(s.old is not None for s in preview.of_kind(STATE)):
            yield Finding(
                "guard", "the mirror state is there already, but its guard is new: the pair's history is lost"
            )
        if move.old and move.new and (move.new.primary != move.old.primary) != (move.new.epoch == move.old.epoch + 1):
            yield Finding(
                "guard", f"epoch goes from {move.old.epoch} to {move.new.epoch}: one more with each flip only"
            )


def _dropped(preview: Preview, accepted: frozenset[str]) -> frozenset[str]:
    """URNs of kept things that may go: unprotected before, and accepted by name or let go of by their ring."""
    revoked = set().union(*map(_revoked, preview.of_kind(RING)))
    gone = [s for s in preview.steps if _operation(s) in {"delete", FORGET} and s.old and not s.old.protect]
    return frozenset(
        s.urn for s in gone if s.name in accepted or (s.kind == KEY and s.old is not None and s.old.id in revoked)
    )


def _revoked(ring: Step) -> set[str]:
    """Ids of the keys whose generation leaves a ring, which names them by site and generation."""
    if ring.op != "update" or ring.old is None or ring.new is None:
        return set()
    stay = {str(generation) for generation in ring.new.inputs.get("live") or ()}
    left = {str(generation) for generation in ring.old.inputs.get("live") or ()} - stay
    sites = (ring.old.inputs.get("keys") or {}).values() if stay else ()
    return {str(key) for keys in sites for generation, key in (keys or {}).items() if generation in left}


def _step(
    step: Step, moves: tuple[Move, ...], table: list[Allowed], dropped: frozenset[str], survivors: set[str]
) -> Iterator[Finding]:
    op = _operation(step)
    link = forward.link_of(step) if step.kind == LINK and op in {"delete", FORGET} else ""
    if link and any(move.new is not None and move.new.link == link for move in moves):
        yield Finding("lost", f"{step.kind} {step.name} would be {_word(step)}, and it is the link that runs", step.urn)
    names = " and ".join(sorted({move.name for move in moves}))
    yield from _locks(step, table, names)
    if _lifted(step) and any(forward.keeps_its_lock(step, move, survivors) for move in moves):
        yield Finding("lock", f"{names} lifts the locks of {step.kind} {step.name}, which goes on", step.urn)
    if op == "same" or not step.custom or step.urn in dropped:
        return
    if any(forward.left_over(step, op, move) for move in moves if move.name in FLIPS | {EDIT}):
        return
    if not any(_fits(step, op, row) for row in table):
        yield _misfit(step, op, names)
        return
    if step.kind in IDENTITY and any(row.fixed for row in table):
        for key in sorted(step.keys & IDENTITY[step.kind]):
            yield Finding("step", f"{step.kind} {step.name} would get another {key} in the same edit", step.urn)
    if step.kind == LINK and any(row.switches for row in table):
        yield from _only_switches(step)


def _operation(step: Step) -> str:
    if step.op in _DELETES:
        return FORGET if step.old is not None and step.old.retain and step.op == "delete" else "delete"
    if step.op in _REPLACES:
        return "replace"
    return "create" if step.op == "import" else step.op


def _fits(step: Step, op: str, row: Allowed) -> bool:
    if row.only is not None:
        return op in row.only.get(step.kind, ())
    if row.also and op in row.also.get(step.kind, ()):
        return True
    if op == "replace" and step.kind == ACL:
        return False
    return op in {"create", "update", *sites.READS} or step.kind not in KEPT


def _misfit(step: Step, op: str, names: str) -> Finding:
    because = f" because of {', '.join(sorted(step.keys))}" if op == "replace" and step.keys else ""
    would_be = f"{step.kind} {step.name} would be {_word(step)}"
    if op == "replace" and step.kind == ACL:
        return Finding("lost", f"{would_be}{because}: {_TAKES_BOTH}", step.urn)
    if op in {"delete", "replace", FORGET} and step.kind in KEPT:
        return Finding("lost", f"{would_be}{because}", step.urn)
    return Finding("step", f"{names} has no place for this: {would_be}", step.urn)


def _word(step: Step) -> str:
    words = {"replace": "replaced", "delete": "deleted", FORGET: "dropped from state", "create": "created"}
    op = _operation(step)
    return words.get(op, "updated" if op == "update" else f"read ({step.op})")


def _locks(step: Step, table: list[Allowed], names: str) -> Iterator[Finding]:
    old = step.old
    if old is None or step.kind not in KEPT:
        return
    if old.protect and _operation(step) in {"delete", "replace"}:
        yield Finding("lock", f"{step.kind} {step.name} is protected and would be {_word(step)} all the same", step.urn)
    strict = [row for row in table if row.only is not None]
    if _lifted(step) and strict and not any(step.kind in row.unlock for row in strict):
        yield Finding("lock", f"{names} lifts the locks of {step.kind} {step.name}", step.urn)


def _lifted(step: Step) -> bool:
    """Whether a lock comes off; what is protected again gives up being retained, as it was before its release."""
    old, new = step.old, step.new
    if old is None or new is None:
        return False
    return new.protect < old.protect or (new.retain < old.retain and new.protect <= old.protect)


def _only_switches(step: Step) -> Iterator[Finding]:
    for key in sorted(step.keys - {"config"}):
        yield Finding("step", f"link {step.name} would get another {key}; a flip only switches its syncs", step.urn)
    old, new = (s.inputs.get("config") or {} if s else {} for s in (step.old, step.new))
    for key in sorted(k for k in {*old, *new} - SWITCHES if old.get(k) != new.get(k)):
        yield Finding("step", f"link {step.name} would get another {key}; a flip only switches its syncs", step.urn)


def _notes(preview: Preview, moves: tuple[Move, ...], dropped: frozenset[str]) -> Iterator[str]:
    if dropped:
        yield "let go of: " + ", ".join(sorted(urn.rsplit("::", 1)[-1] for urn in dropped))
    unlocked = [s for s in preview.steps if s.old and s.new and s.kind in KEPT and s.old.protect and not s.new.protect]
    if unlocked:
        yield f"{len(unlocked)} resources lose their protection: the next update could delete them"
    if not preview.whole:
        yield "unchanged resources are not in this preview (no --show-sames): ids of clusters may be missing"
    elif all(move.new is None for move in moves):
        yield "there is no guard in this preview: the phase is not known, so nothing may be deleted or replaced"
