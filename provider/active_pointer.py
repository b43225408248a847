"""`ActivePointer`: the one document that tells clients where they belong; it moves last (S11, S43, I4).

Compare-and-set on the epoch: it never moves back, and of two writers of one epoch one wins. What would be refused is
refused in preview already, with who was there first and when. The document is never deleted: clients read it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field

from kafkadr.errors import DrError, RefusedError
from kafkadr.phase import Change
from kafkadr.pointer import Active, open_pointer, utc_now
from kafkadr.remote.calls import asked
from kafkadr.text import clean
from kafkadr.who import who
from provider import pointing
from provider.recorded import read_recorded
from provider.resource import Difference, Inputs, Log, Resource, read_inputs
from provider.values import NOT_KNOWN_YET, Properties, changed, known, known_items, wrap

_AUDIT = frozenset({"change", "reason", "who", "clusters"})
"""Inputs that only accompany a move: alone they are no reason to write."""


class AlienPointerError(RefusedError):
    """The document belongs to another pair."""


class Move(Inputs):
    """What the next move is compared with."""

    url: str = Field(min_length=1, description="The document: aws-sm://, vault+https://, consul+https:// or file://.")
    epoch: int = Field(ge=1, strict=True, description="Term number; the document moves to a higher one only.")
    site: str = Field(min_length=1, description="The site that clients are to use.")


class ActivePointerInputs(Move):
    """Inputs of `ActivePointer`."""

    cluster_id: str = Field(pattern=r"^lkc-[A-Za-z0-9]+$", description="Its cluster.")
    bootstrap_endpoint: str = Field(min_length=1, description="Its bootstrap servers.")
    rest_endpoint: str = Field(default="", description="Its Kafka REST endpoint.")
    clusters: list[str] = Field(min_length=1, description="The pair's clusters: a document that names others is alien.")
    secrets: str = Field(default="", description="Vault with the credentials of clients; empty without one.")
    change: Change = Field(default=Change.NONE, description="none, failover or promote: why it moves.")
    reason: str = Field(default="", max_length=400, description="More about why, for the audit.")
    who: str = Field(default="", max_length=128, description="Who moves it; taken from the environment when empty.")

    def wanted(self, found: Active | None = None) -> Active:
        """The document these inputs ask for in place of the one found, signed now."""
        return Active(
            epoch=self.epoch,
            site=self.site,
            cluster_id=self.cluster_id,
            bootstrap_endpoint=self.bootstrap_endpoint,
            rest_endpoint=self.rest_endpoint,
            secrets=self.secrets,
            who=clean(self.who) or who(),
            why=self._why(found),
            when=utc_now(),
        )

    def _why(self, found: Active | None) -> str:
        if found is not None and found.epoch == self.epoch:
            word = "correction"
        else:
            word = "created" if self.change is Change.NONE else self.change.value
        return f"{word}: {clean(self.reason)}" if self.reason else word


class ActivePointerResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:ActivePointer"  # noqa: S105 - a type token
    inputs: ClassVar[type[Inputs]] = ActivePointerInputs
    description: ClassVar[str] = "Service-discovery entry of a pair: which cluster is active; compare-and-set on epoch."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {
        "address": {"type": "string", "description": "Where the document is."},
        "by": {"type": "string", "description": "Who wrote it."},
        "why": {"type": "string", "description": "Why it was written."},
        "when": {"type": "string", "description": "When it was written, RFC 3339 in UTC."},
        "drift": {"type": "string", "description": "What a refresh found instead; empty when all is as declared."},
    }

    def check(self, old: Properties, new: Properties) -> list[CheckFailure]:
        """Refuse inputs that cannot be carried out, and a term below the recorded one."""
        failures = list(read_inputs(ActivePointerInputs, new).failures)
        values = known(new)[0]
        url = values.get("url")
        if isinstance(url, str) and url:
            try:
                open_pointer(url)
            except DrError as error:
                # In words: the engine would print the address, and there may be credentials in it.
                failures.append(CheckFailure("", f"url: {error}"))
        if failures or not {"url", "epoch", "site"} <= set(values):
            return failures
        # Only what is compared has to be readable: the pointer's move must not wait for anything else.
        recorded = read_recorded(Move, old, part=True)
        if recorded.model is None or recorded.model.url != url:
            return recorded.failures
        return _backwards(recorded.model, values["epoch"], values["site"])

    async def diff(self, state: Properties, new: Properties) -> Difference:
        """Inputs that differ, and what a refresh found to be otherwise. Asks nobody."""
        names = [n for n in changed(state, new, self.inputs.names()) if n not in _AUDIT]
        if known(state)[0].get("drift"):
            names.append("drift")
        return Difference(names, [n for n in names if n == "url"])

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Write the document, or adopt one that says the same; another pair's is left alone."""
        url = known(new)[0].get("url")
        found = await pointing.read(url) if url else None
        outputs = await self._apply(new, found, log, preview=preview)
        return "" if preview else str(outputs["address"].value), outputs

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """Move the document; in preview, say from where to where, or refuse."""
        found = await pointing.read_or_warn(known(new)[0]["url"], log)
        # A cluster made anew at its site has left the pair's list, yet the document still names it.
        return await self._apply(new, found, log, preview=preview, former=known(state)[0].get("clusterId", ""))

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """The document as it is; None when it is gone, so that the next update writes it."""
        del state
        url = known(inputs)[0]["url"]
        found = await pointing.read(url)
        if found is None:
            return None
        model = read_inputs(ActivePointerInputs, inputs).model
        same = model is not None and found.place() == model.wanted().place()
        return _outputs(_address(url), found, "" if same else pointing.words(found))

    async def delete(self, state: Properties, log: Log) -> None:
        """Forget the document, aloud: whoever reads it goes on doing so."""
        address = known(state)[0].get("address", "")
        say = f"the pointer stays at {address}: clients still follow it; remove it by hand when none does"
        log.warning(say)

    async def imported(self, name: str) -> dict[str, PropertyValue]:
        """The id of a pointer is its address."""
        found = await pointing.read(name)
        if found is None:
            raise RefusedError(f"there is no pointer at {name!r}", "Give the address that the stack's output shows")
        place = found.model_dump(by_alias=True, include={"epoch", "site", "cluster_id", "secrets"})
        place |= {"bootstrapEndpoint": found.bootstrap_endpoint, "restEndpoint": found.rest_endpoint}
        return {k: wrap(v) for k, v in (place | {"url": name, "clusters": [found.cluster_id]}).items()}

    async def _apply(
        self, new: Properties, found: Active | None, log: Log, *, preview: bool, former: str = ""
    ) -> dict[str, PropertyValue]:
        values, unknown = known(new)
        if not {"url", "epoch", "site"} & unknown:
            self._refuse(found, new, former)
            say = f"clients go to {values['site']} (epoch {values['epoch']}); until now {pointing.words(found)}"
            log.info(say)
        model = read_inputs(ActivePointerInputs, new).model
        if preview or model is None:
            return dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        document = model.wanted(found)
        moved = await asked("the pointer", lambda: open_pointer(model.url).move(document))
        return _outputs(_address(model.url), moved, "")

    def _refuse(self, found: Active | None, new: Properties, former: str) -> None:
        values = known(new)[0]
        # A cluster whose id is not known yet does not exist yet: no document can name it.
        if found is not None and found.cluster_id not in {*known_items(new["clusters"]), former}:
            raise AlienPointerError(
                f"the pointer at {_address(values['url'])} belongs to another pair: it names cluster"
                f" {clean(found.cluster_id)} at {pointing.words(found)}",
                "Give this pair a pointer of its own; two pairs on one would lead clients astray",
            )
        pointing.refuse(found, values["epoch"], values["site"])


def _backwards(before: Move, epoch: int, site: str) -> list[CheckFailure]:
    if epoch < before.epoch:
        return [CheckFailure("epoch", f"is below {before.epoch}, which is recorded: a pointer never moves back")]
    if epoch == before.epoch and site != before.site:
        text = f"was {before.site!r} in epoch {before.epoch}: another site needs a higher epoch"
        return [CheckFailure("site", text)]
    return []


def _address(url: str) -> str:
    return open_pointer(url).address()


def _outputs(address: str, found: Active, drift: str) -> dict[str, PropertyValue]:
    told = {"address": address, "by": found.who, "why": found.why, "when": found.when, "drift": drift}
    return {name: wrap(value) for name, value in told.items()}
