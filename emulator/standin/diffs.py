"""Diff: the old state against the new inputs, by the rules of the Terraform plan behind the bridge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from emulator.standin.checks import DEFAULTS
from emulator.standin.values import UNKNOWN, Props

if TYPE_CHECKING:
    from emulator.standin.fields import Field, Resource

ChangeKind = Literal["add", "update", "delete"]
_UNSET: tuple[Any, ...] = ("", 0, False)
"""Terraform's old SDK cannot tell these from "not set": against a missing value they are no difference."""


@dataclass(frozen=True)
class Change:
    """One difference: path in the engine's notation, kind, and whether it replaces the resource."""

    path: str
    kind: ChangeKind
    replaces: bool

    @property
    def name(self) -> str:
        """The top-level property."""
        return self.path.split(".")[0].split("[")[0]


def diff(resource: Resource, old: Props, new: Props, ignored: Sequence[str] = ()) -> list[Change]:
    """Return the differences that an update would act on; empty means "no change"."""
    changes = _members(resource.inputs(), old, new, "")
    return [change for change in changes if not _is_ignored(change.path, ignored)]


def wanted(resource: Resource, old: Props, new: Props, ignored: Sequence[str] = ()) -> Props:
    """Return the planned state: the new inputs over the old state.

    An output keeps its old value, and so does what the program left out but the server computes. A suppressed
    difference keeps the *old* value, as in Terraform: a mirror that is STOPPED stays STOPPED in the plan.
    """
    return _plan(resource.fields, old, {k: v for k, v in new.items() if k != DEFAULTS}, ignored, "")


def unknowns(resource: Resource, planned: Props) -> Props:
    """Return a planned create as a preview shows it: what the server will decide is unknown."""
    return _open_ends(resource.fields, planned)


def _open_ends(fields: Mapping[str, Field], planned: Props) -> Props:
    shown = dict(planned)
    for name, field in fields.items():
        if isinstance(shown.get(name), dict) and field.kind == "block":
            shown[name] = _open_ends(field.fields, shown[name])
        elif name not in shown and (field.output or field.computed):
            shown[name] = UNKNOWN
    return shown


def _plan(fields: Mapping[str, Field], old: Props, new: Props, ignored: Sequence[str], prefix: str) -> Props:
    planned: Props = {}
    for name, field in fields.items():
        value = new.get(name)
        before = old.get(name)
        if field.output or value is None:
            kept = field.output or field.computed
            planned[name] = before if kept else None
        elif field.kind == "block" and isinstance(value, dict):
            inner = before if isinstance(before, dict) else {}
            planned[name] = _plan(field.fields, inner, value, ignored, f"{prefix}{name}.")
        elif _is_ignored(f"{prefix}{name}", ignored) or _suppressed(field, before, value):
            planned[name] = before
        else:
            planned[name] = value
    return {name: value for name, value in planned.items() if value is not None}


def _is_ignored(path: str, ignored: Sequence[str]) -> bool:
    return any(path == entry or path.startswith((f"{entry}.", f"{entry}[")) for entry in ignored)


def _members(fields: Mapping[str, Field], old: Props, new: Props, prefix: str) -> Iterator[Change]:
    for name, field in fields.items():
        if not field.output:
            yield from _value(field, old.get(name), new.get(name), f"{prefix}{name}")


def _value(field: Field, old: Any, new: Any, path: str) -> Iterator[Change]:
    if new is None and field.computed:
        return
    if (old is None or new is None) and (old or new) in (None, *_UNSET) and field.kind not in ("block", "blocks"):
        return
    if field.kind == "block" and isinstance(old, dict) and isinstance(new, dict):
        yield from _members(field.fields, old, new, f"{path}.")
    elif field.kind == "blocks" and isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        item = field.item()
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            if item:
                yield from _value(item, before, after, f"{path}[{index}]")
    elif field.kind == "map" and isinstance(old, dict) and isinstance(new, dict):
        yield from _entries(field, old, new, path)
    elif _differs(field, old, new):
        kind: ChangeKind = "add" if old is None else "delete" if new is None else "update"
        yield Change(path, kind, _replaces(field, old, new))


def _entries(field: Field, old: Props, new: Props, path: str) -> Iterator[Change]:
    for key in sorted({*old, *new}):
        if old.get(key) == new.get(key):
            continue
        kind: ChangeKind = "add" if key not in old else "delete" if key not in new else "update"
        yield Change(f'{path}["{key}"]' if "." in key else f"{path}.{key}", kind, field.replace)


def _differs(field: Field, old: Any, new: Any) -> bool:
    if new is UNKNOWN:
        return True
    if field.kind == "strings" and isinstance(old, list) and isinstance(new, list) and UNKNOWN not in new:
        return sorted(old) != sorted(new)
    return bool(old != new) and not _suppressed(field, old, new)


def _suppressed(field: Field, old: Any, new: Any) -> bool:
    return field.suppress is not None and None not in (old, new) and field.suppress(old, new)


def _replaces(field: Field, old: Any, new: Any) -> bool:
    if field.replace_if is not None:
        return isinstance(old, int) and isinstance(new, int) and field.replace_if(old, new)
    # A whole block that comes or goes takes its replacing members with it.
    members = old if isinstance(old, dict) else new if isinstance(new, dict) else {}
    return field.replace or any(f.replace and members.get(n) is not None for n, f in field.fields.items())


def deletes_first(resource: Resource, old: Props, new: Props) -> bool:
    """Tell whether a replacement must delete first: a name the program chose itself cannot exist twice."""
    filled = new.get(DEFAULTS, [])
    return any(
        field.autoname and name not in filled and old.get(name) == new.get(name)
        for name, field in resource.inputs().items()
    )
