"""`KeyRing`: which generations of a key are live and which one is in use; refuses to revoke one that still is.

Rotation is four reviewed edits: create (a second generation), store and prove (`current` moves on), revoke (the first
one leaves `live`). A key that leaves the program is deleted at the end of that update, which no policy sees coming:
so this resource, which depends on everything that uses the keys, compares what was recorded with what is asked for.
It records a new `current` only after vault, links and mirrors have taken it over (failure-modes #65).
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field

from kafkadr.errors import RefusedError
from kafkadr.remote.calls import asked
from kafkadr.vault import open_vault
from provider import pointing
from provider.recorded import read_recorded, require_recorded
from provider.resource import Difference, Inputs, Log, Resource, read_inputs
from provider.values import Properties, changed, known

_NEXT = (
    "it was current when the last update ended well. Set current to another live generation, let that update end"
    " well, and revoke in an edit of its own"
)


class KeyInUseError(RefusedError):
    """A key that is to be revoked is still where clients look for it."""


class Generations(Inputs):
    """What the steps of a rotation are compared by."""

    live: list[int] = Field(min_length=1, max_length=2, description="Generations that exist, one or two.")
    current: int = Field(ge=1, strict=True, description="The generation in use.")


class KeyRingInputs(Generations):
    """Inputs of `KeyRing`."""

    holder: str = Field(min_length=1, description="Whose keys: in words, for messages.")
    keys: dict[str, dict[str, str]] = Field(description="Key ids: site to generation to id.")
    entries: dict[str, str] = Field(default_factory=dict, description="Vault entries: site to name.")
    vault_url: str = Field(default="", description="Vault that holds them; empty without one.")
    pointer_url: str = Field(default="", description="Pointer whose clients use them; empty without one.")


class KeyRingResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:KeyRing"  # noqa: S105 - a type token
    inputs: ClassVar[type[Inputs]] = KeyRingInputs
    description: ClassVar[str] = "Guard of key rotation: refuses to revoke a key that is in use."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {}

    def check(self, old: Properties, new: Properties) -> list[CheckFailure]:
        """Refuse a ring that is none, and an edit that skips a step of the rotation."""
        asked = read_inputs(KeyRingInputs, new)
        values = known(new)[0]
        if asked.failures or not {"live", "current"} <= set(values):
            return list(asked.failures)
        live, current = values["live"], values["current"]
        failures = []
        if len(set(live)) < len(live):
            failures.append(CheckFailure("live", "names a generation twice"))
        if current not in live:
            failures.append(CheckFailure("current", f"is none of the live generations {_listed(live)}"))
        # Only what is compared has to be readable here: a failover checks this ring as well, and revokes nothing.
        before = read_recorded(Generations, old, part=True)
        failures += before.failures
        return failures if failures or before.model is None else _skipped_steps(before.model, live)

    async def diff(self, state: Properties, new: Properties) -> Difference:
        """Any change of keys; the words for them are no change."""
        return Difference([n for n in changed(state, new, self.inputs.names()) if n != "holder"])

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Record the ring."""
        del log, preview
        return str(known(new)[0]["holder"]), {}

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """Record the ring, after a look at where the revoked keys may still be in use."""
        del log, preview
        before, after = require_recorded(KeyRingInputs, state, self.outputs), known(new)[0]
        gone = {str(g) for g in set(before.live) - set(after["live"])}
        revoked = {k for keys in before.keys.values() for g, k in keys.items() if g in gone}
        if revoked:
            await _refuse_stored(revoked, before)
        return {}

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """State is the only place where a ring is recorded."""
        del state, inputs
        return {}


def _listed(live: list[int]) -> str:
    return ", ".join(map(str, live))


def _skipped_steps(recorded: Generations, live: list[int]) -> list[CheckFailure]:
    failures, before = [], recorded.live
    if recorded.current not in live:
        failures.append(CheckFailure("live", f"generation {recorded.current} is still in use: {_NEXT}"))
    back = sorted(g for g in set(live) - set(before) if g < max(before))
    if back:
        text = f"generation {_listed(back)} was revoked and cannot come back. The next one is {max(before) + 1}"
        failures.append(CheckFailure("live", text))
    return failures


async def _refuse_stored(revoked: set[str], ring: KeyRingInputs) -> None:
    vaults = {ring.vault_url}
    if ring.pointer_url:
        pointer = await pointing.read(ring.pointer_url)
        # Clients follow the pointer, which may still name the vault of before a move.
        vaults.add(pointer.secrets if pointer else "")
    for url in sorted(vaults - {""}):
        for site, entry in sorted(ring.entries.items()):
            key = await asked("the vault", partial(_handed_out, url, entry))
            if key in revoked:
                raise KeyInUseError(
                    f"key {key} of {ring.holder} at {site} is to be revoked, and"
                    f" {open_vault(url).address(entry)} still hands it out",
                    "Nothing was revoked: run `pulumi refresh` and `pulumi up` with both keys live, so that the"
                    " entry is written again",
                )


def _handed_out(vault_url: str, entry: str) -> str:
    found = open_vault(vault_url).read(entry)
    return found.values["key"].get_secret_value() if found is not None and "key" in found.values else ""
