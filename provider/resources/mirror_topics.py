"""`MirrorTopics`: the mirrors of one link as a set, and what the link copies beside them. Never deletes a topic."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure, PropertyDiffKind

from kafkadr.errors import DrError
from kafkadr.model.table import Kind
from provider.resource import Difference, Inputs, Log, Resource, Reviewed, read_inputs
from provider.resources import mirroring
from provider.resources.mirror_inputs import MirrorTopicsInputs
from provider.resources.mirroring import LOOK_SECONDS, Direction
from provider.resources.run import RUN
from provider.values import NOT_KNOWN_YET, Properties, changed, known, wrap

_SHOWN = 10
_QUIET = {Kind.MOVE, Kind.ADOPT}
"""What the guard decides in an update in which nothing else is done."""


class MirrorTopicsResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:MirrorTopics"  # noqa: S105 - a type token
    inputs: ClassVar[type[Inputs]] = MirrorTopicsInputs
    description: ClassVar[str] = "The mirrors of one link as a set; creates what is missing, never deletes a topic."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {
        "count": {"type": "integer", "description": "Topics in the set."},
        "digest": {"type": "string", "description": "SHA-256 of their sorted names; empty before they were looked at."},
    }

    async def review(self, old: Properties, new: Properties, log: Log) -> Reviewed:
        """In an update that moves or adopts, the recorded inputs: what else has changed waits for the next one."""
        asked = read_inputs(MirrorTopicsInputs, new)
        if asked.model is None:
            return Reviewed(new, [CheckFailure(f.property, f.reason) for f in asked.failures])
        sorted_names = wrap(asked.model.topics)
        wanted = {**new, "topics": sorted_names} if "topics" in new else new
        url = asked.model.record_url
        try:
            waits = RUN.kind(url) in _QUIET if RUN.kind(url) else await mirroring.under_way(url)
        except DrError as error:
            return Reviewed(wanted, [CheckFailure("", f"the record cannot be read: {error}")])
        if not waits or not old:
            return Reviewed(wanted)
        names = _names(old, wanted)
        pending = [*changed(old, wanted, self.inputs.names() - {"topics"}), *_pending(*names)]
        if pending:
            say = f"a move is under way, so this waits for the next update: {'; '.join(pending)}"
            log.warning(say)
        return Reviewed(old)

    async def compare(self, old: Properties, state: Properties, new: Properties, log: Log) -> Difference:
        """Names that come and leave, and what is different on the destination today."""
        asked = read_inputs(MirrorTopicsInputs, new).model
        if asked is None:
            return Difference(changed(old, new, self.inputs.names()))
        detail = _detail(old, new)
        other = changed(old, new, self.inputs.names() - {"topics", "sites", "budgetSeconds"})
        replaces = [n for n in other if n == "link" and _link_name(old) != asked.link.name]
        detail |= dict.fromkeys(other, PropertyDiffKind.UPDATE)
        detail |= dict.fromkeys(replaces, PropertyDiffKind.UPDATE_REPLACE)
        if not self._waits(asked):
            if not detail and known(state)[0].get("digest") != digest_of(asked.topics):
                detail["topics"] = PropertyDiffKind.UPDATE
            detail |= await self._wire(asked, log)
        return Difference(sorted(detail), replaces, detail)

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Make what is missing, find what is there."""
        asked = read_inputs(MirrorTopicsInputs, new).model
        if asked is None:
            return "", dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        return asked.link.name, await self._apply(asked, log, preview=preview)

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """The same, and put the link's settings right."""
        del state
        asked = read_inputs(MirrorTopicsInputs, new).model
        if asked is None:
            return dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        return await self._apply(asked, log, preview=preview)

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """What differs in the cloud is seen by each preview; a refresh records nothing of it."""
        del inputs
        return {k: state[k] for k in self.outputs if k in state}

    async def delete(self, state: Properties, log: Log) -> None:
        """Forget: topics, mirrors and settings of the link stay as they are."""
        say = f"{known(state)[0].get('count', 0)} mirrors stay in the cloud as they are"
        log.info(say)

    async def _apply(self, asked: MirrorTopicsInputs, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        if self._waits(asked):
            log.warning("a move is under way: the mirrors of this set are looked at in the next update")
            return _outputs([], "")
        direction = await mirroring.direction_of(asked)
        if direction is not None:
            await (mirroring.forecast if preview else mirroring.apply)(asked, direction, log)
        return _outputs(asked.topics, digest_of(asked.topics))

    @staticmethod
    def _waits(asked: MirrorTopicsInputs) -> bool:
        return RUN.kind(asked.record_url) in _QUIET

    @staticmethod
    async def _wire(asked: MirrorTopicsInputs, log: Log) -> dict[str, PropertyDiffKind]:
        """Differences on the destination; a site that does not answer is a warning and no change."""
        try:
            direction: Direction | None = await mirroring.direction_of(asked)
            if direction is None:
                return {}
            async with direction.site.client(LOOK_SECONDS) as rest:
                found = await mirroring.look(rest, asked, direction)
        except DrError as error:
            say = f"the mirrors of link {asked.link.name} cannot be looked at, so nothing is done about them: {error}"
            log.warning(say)
            return {}
        for line in found.lines:
            log.info(line)
        for line in found.warnings:
            log.warning(line)
        return dict.fromkeys(found.changes, PropertyDiffKind.UPDATE)


def digest_of(names: Iterable[str]) -> str:
    """SHA-256 of sorted names."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()


def _outputs(names: list[str], digest: str) -> dict[str, PropertyValue]:
    return {"count": wrap(len(names)), "digest": wrap(digest)}


def _names(old: Properties, new: Properties) -> tuple[list[str], list[str]]:
    """Names of both lists as they were recorded and are asked for."""
    was, is_ = known(old)[0].get("topics", []), known(new)[0].get("topics", [])
    return list(was), list(is_)


def _detail(old: Properties, new: Properties) -> dict[str, PropertyDiffKind]:
    """One entry for each name that comes or leaves: two changed names among ten thousand are two lines."""
    was, is_ = _names(old, new)
    before, after = set(was), set(is_)
    found = {f"topics[{i}]": PropertyDiffKind.DELETE for i, name in enumerate(was) if name not in after}
    for i, name in enumerate(is_):
        if name not in before:
            path = f"topics[{i}]"
            # One that comes where another leaves is shown as both: `~ [3]: "orders" => "payments"`.
            found[path] = PropertyDiffKind.UPDATE if path in found else PropertyDiffKind.ADD
    return found


def _pending(was: list[str], is_: list[str]) -> list[str]:
    said = []
    for verb, names in (("comes", sorted(set(is_) - set(was))), ("leaves", sorted(set(was) - set(is_)))):
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        said += [f"{', '.join(names[:_SHOWN])}{more} {verb}"] if names else []
    return said


def _link_name(old: Properties) -> str:
    return str(known(old)[0].get("link", {}).get("name", ""))
