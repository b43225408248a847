"""What a resource type of this provider has to offer, and the strict check of its inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure, PropertyDiffKind
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from kafkadr.errors import DrError
from provider.values import Properties, changed, holds_secret, known


class Inputs(BaseModel):
    """Base of a resource's inputs: camelCase on the wire, unknown names refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    @classmethod
    def names(cls) -> frozenset[str]:
        """Names of the inputs as the engine knows them."""
        return frozenset(f.alias or name for name, f in cls.model_fields.items())


Model = TypeVar("Model", bound=Inputs)


@dataclass(frozen=True)
class Difference:
    """What an update would change; `replaces` names inputs that are the resource's identity.

    `detail` takes the place of one entry per changed input: by property path (`topics[3]`), what happens to it.
    """

    changes: list[str] = field(default_factory=list)
    replaces: list[str] = field(default_factory=list)
    detail: dict[str, PropertyDiffKind] | None = None


@dataclass(frozen=True)
class Reviewed:
    """What `check` makes of inputs: what the engine is to record and compare, or why it cannot be."""

    inputs: Properties
    failures: list[CheckFailure] = field(default_factory=list)


@dataclass(frozen=True)
class Log:
    """Lines for the operator, shown by the engine beside the resource."""

    info: Callable[[str], None]
    warning: Callable[[str], None]
    progress: Callable[[str], None]


class Resource(Protocol):
    """One resource type. Outputs are returned without the inputs, which the provider adds."""

    token: ClassVar[str]
    inputs: ClassVar[type[Inputs]]
    outputs: ClassVar[dict[str, dict[str, Any]]]
    description: ClassVar[str]

    def check(self, old: Properties, new: Properties) -> list[CheckFailure]:
        """Every reason why these inputs cannot be; pure."""
        del old, new
        return []

    async def review(self, old: Properties, new: Properties, log: Log) -> Reviewed:
        """The same for a resource that asks the world for it, or records other inputs than it was given."""
        del log
        return Reviewed(new, self.check(old, new))

    async def diff(self, state: Properties, new: Properties) -> Difference:
        """What would change."""
        return Difference(changed(state, new, self.inputs.names()))

    async def compare(self, old: Properties, state: Properties, new: Properties, log: Log) -> Difference:
        """The same for a resource whose state does not repeat its inputs: `old` are the recorded ones."""
        del old, log
        return await self.diff(state, new)

    async def remark(self, new: Properties, log: Log) -> None:
        """What the operator should know although nothing changes. The default has nothing to say."""
        del new, log

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Create; the resource's id and outputs."""

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """Update; the outputs."""

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """The outputs as they are now, None when the thing is gone; `inputs` are the recorded ones."""

    async def delete(self, state: Properties, log: Log) -> None:
        """Delete what is owned. The default forgets: most resources here own nothing that may be deleted."""
        del state, log

    async def imported(self, name: str) -> dict[str, PropertyValue]:
        """Inputs of a thing that exists, by its id; for `pulumi import`."""
        raise DrError(f"{name!r} cannot be imported: its inputs cannot be read", "Declare it in the program instead")


@dataclass(frozen=True)
class Checked(Generic[Model]):
    """Outcome of reading inputs: the model when all is known and valid, else why not."""

    model: Model | None
    failures: list[CheckFailure]
    unknown: frozenset[str]


def read_inputs(model: type[Model], properties: Properties) -> Checked[Model]:
    """Validate inputs strictly, one failure per problem with the property's path; unknown ones are left for later."""
    values, unknown = known(properties)
    secrets = frozenset(name for name, value in properties.items() if holds_secret(value))
    try:
        found = model.model_validate(values)
    except ValidationError as error:
        failures = [
            _failure(e, secrets)
            for e in error.errors(include_url=False)
            if not (e["type"] == "missing" and e["loc"] and e["loc"][0] in unknown)
        ]
        return Checked(None, failures, unknown)
    return Checked(None if unknown else found, [], unknown)


def _path(location: tuple[int | str, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _failure(error: Any, secrets: frozenset[str]) -> CheckFailure:
    path, found = _path(error["loc"]), error.get("input")
    keyed = isinstance(found, str) and "@" in found
    if error["loc"] and (keyed or error["loc"][0] in secrets or {"credentials", "values"} & set(error["loc"])):
        # The engine prints the value of a property that a failure names, a secret one too: name it in words. What has
        # an @ in it may be an address with a password.
        return CheckFailure("", f"{path}: {error['msg']}")
    # What is in an unknown property may be anything, a secret too: its name is enough.
    seen = isinstance(found, str | int) and error["type"] not in {"missing", "extra_forbidden"}
    return CheckFailure(path, f"{error['msg']} (found {found!r})" if seen else error["msg"])
