"""What an earlier update recorded of a resource. A record that this version cannot read is never taken for none."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from pulumi.provider.experimental.provider import CheckFailure

from kafkadr.errors import RefusedError
from provider.resource import Checked, Model, read_inputs
from provider.values import Properties


class UnreadableRecordError(RefusedError):
    """The state holds something that this version does not know, or lacks something that it needs."""

    def __init__(self, flaws: str) -> None:
        super().__init__(
            f"what the state has recorded of this resource cannot be read by this version of kafka-dr ({flaws}), so an"
            " edit cannot be compared with it",
            "Nothing was changed. Run the version of kafka-dr that wrote the state. Or mend the state:"
            " `pulumi stack export --file state.json`, there correct or remove what is named above in the inputs and"
            " in the outputs of this resource, then `pulumi stack import --file state.json`. For a failover that"
            " cannot wait there is `drctl failover`",
        )


def read_recorded(model: type[Model], old: Properties, *, part: bool = False) -> Checked[Model]:
    """The inputs that were recorded; neither model nor failures when nothing was, for then the resource is new.

    Args:
        model: What they have to fit.
        old: The recorded inputs.
        part: Whether the model is only what the caller needs of them. What else is recorded is then not looked at.
    """
    if not old:
        return Checked(None, [], frozenset())
    found = read_inputs(model, {k: v for k, v in old.items() if k in model.names()} if part else old)
    if found.model is not None:
        return found
    return Checked(None, [CheckFailure("", str(UnreadableRecordError(_flaws(found))))], frozenset())


def require_recorded(model: type[Model], state: Properties, outputs: Container[str]) -> Model:
    """The inputs in the state of a resource that is there, whose state has its outputs beside them.

    Raises:
        UnreadableRecordError: They are not all there, or there is more than this version knows.
    """
    found = read_inputs(model, {k: v for k, v in state.items() if k not in outputs})
    if found.model is None:
        raise UnreadableRecordError(_flaws(found))
    return found.model


def _flaws(found: Checked[Any]) -> str:
    said = [f"{f.property}: {f.reason}" if f.property else f.reason for f in found.failures]
    return "; ".join([*said, *(f"{name}: not known" for name in sorted(found.unknown))])
