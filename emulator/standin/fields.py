"""The vocabulary of the resource table: what one property is, and what one resource type is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from emulator.standin.operation import Operation
    from emulator.standin.values import Props

Kind = Literal["string", "int", "bool", "map", "block", "blocks", "strings"]
Rule = Callable[[Any], "str | None"]
Handler = Callable[["Operation"], Awaitable[None]]


@dataclass(frozen=True)
class Field:
    """One property of a resource type.

    Attributes:
        kind: ``map`` is a string map, ``block`` an object, ``blocks`` a list of objects, ``strings`` a set of strings.
        required: must be given (an auto-named field is filled in before this is asked).
        computed: when the program leaves it out, the server's value stays and is no difference.
        output: only ever set by the provider.
        replace: a change replaces the resource.
        replace_if: decides that by (old, new), for fields that can only change one way.
        secret: sensitive in the vendor's schema; marked secret in inputs and outputs.
        default: the vendor's default, put into the inputs at check.
        autoname: filled with ``<resource name>-<7 hex digits>`` when left out.
        fields: properties of a block.
        suppress: (old, new) pairs that are no difference.
        rule: returns what is wrong with a value, or None. Run at check, so it stops a preview.
    """

    kind: Kind = "string"
    required: bool = False
    computed: bool = False
    output: bool = False
    replace: bool = False
    replace_if: Callable[[Any, Any], bool] | None = None
    secret: bool = False
    default: Any = None
    autoname: bool = False
    fields: Mapping[str, Field] = field(default_factory=dict)
    suppress: Callable[[Any, Any], bool] | None = None
    rule: Rule | None = None

    def item(self) -> Field | None:
        """Return the field of one element of a list of blocks."""
        return replace(self, kind="block", secret=False) if self.kind == "blocks" else None


def _nothing_to_say(_inputs: Props) -> Sequence[tuple[str, str]]:
    return ()


def _nothing_forbidden(_old: Props, _new: Props) -> str | None:
    return None


@dataclass(frozen=True)
class Resource:
    """One row of the table: a resource type.

    Attributes:
        token: Pulumi type token.
        fields: the properties.
        create: sends the create calls; sets ``operation.id`` at the moment the vendor's code does.
        read: reads the live state into ``operation.state`` or sets ``operation.gone``.
        update: sends the calls for what changed between ``operation.old`` and ``operation.state``, then reads.
        delete: deletes and waits.
        adopt: fills ``operation.state`` from the import id and the environment, before the read.
        validate: cross-property failures as (property, reason), at check.
        plan_error: a change that the vendor refuses at plan time, from (old state, new inputs).
    """

    token: str
    fields: Mapping[str, Field]
    create: Handler
    read: Handler
    update: Handler
    delete: Handler
    adopt: Callable[[Operation], None]
    validate: Callable[[Props], Sequence[tuple[str, str]]] = _nothing_to_say
    plan_error: Callable[[Props, Props], str | None] = _nothing_forbidden

    def inputs(self) -> dict[str, Field]:
        """Return the properties a program may set."""
        return {name: f for name, f in self.fields.items() if not f.output}


def block(fields: Mapping[str, Field], **options: Any) -> Field:
    """Make an object-valued field."""
    return Field(kind="block", fields=fields, **options)


def reference(rule: Rule | None = None, **options: Any) -> Field:
    """Make a ``{id}`` block whose id replaces the resource when it changes."""
    return block({"id": Field(required=True, replace=True, rule=rule)}, **options)


def credentials(**options: Any) -> Field:
    """Make the ``{key, secret}`` block of a Kafka API key: the vendor marks the block and both members sensitive."""
    member = Field(required=True, secret=True, rule=not_empty)
    return block({"key": member, "secret": member}, secret=True, **options)


def not_empty(value: Any) -> str | None:
    """Refuse the empty string."""
    return None if value != "" else "must not be an empty string"


def one_of(*allowed: str) -> Rule:
    """Make a rule that accepts only these values."""

    def rule(value: Any) -> str | None:
        return None if value in allowed else f"expected to be one of {list(allowed)}, got {value}"

    return rule


def starts_with(*prefixes: str) -> Rule:
    """Make a rule that accepts strings with one of these beginnings."""

    def rule(value: Any) -> str | None:
        ok = isinstance(value, str) and value.startswith(prefixes)
        return None if ok else f"must start with {' or '.join(repr(p) for p in prefixes)}"

    return rule


def only_keys(*allowed: str) -> Rule:
    """Make a rule for a setting map that accepts only these keys."""

    def rule(value: Any) -> str | None:
        foreign = sorted(set(value) - set(allowed)) if isinstance(value, Mapping) else []
        return (
            f"{', '.join(map(repr, foreign))} cannot be set; editable settings: {sorted(allowed)}" if foreign else None
        )

    return rule
