"""The `mirrors:` verbs promote, failover, pause and resume: one row per topic, inside one 200 answer."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from emulator.errors import KafkaError
from emulator.kafka import health, stops
from emulator.kafka.lifecycle import Event, Status, after
from emulator.kafka.links import Link
from emulator.kafka.mirrors import LagRow, Mirror, move, source_visible

if TYPE_CHECKING:
    from emulator.world import World


@dataclass
class Row:
    """Outcome for one topic.

    Attributes:
        name: Mirror topic name.
        code: HTTP-like error code, None when accepted.
        message: Why not.
        lags: Lag rows at that moment.
        truncation: For truncate-and-restore: (partition, offset truncated to, records truncated).
    """

    name: str
    code: int | None = None
    message: str | None = None
    lags: list[LagRow] = field(default_factory=list)
    truncation: list[tuple[int, int, int]] | None = None


@dataclass(frozen=True)
class Selection:
    """Topics a request names: a list, or a regular expression that must match whole names."""

    names: tuple[str, ...] | None = None
    pattern: str | None = None

    def resolve(self, known: "list[str]", limit: int | None) -> list[str]:
        """Return the names, each once.

        Raises:
            KafkaError: 400 when both or neither are given or the pattern is none, 413 when there are too many.
        """
        if (self.names is None) == (self.pattern is None):
            raise KafkaError(400, 400, "Give either mirror_topic_names or mirror_topic_name_pattern.")
        if self.names is not None:
            if limit is not None and len(self.names) > limit:
                raise KafkaError(413, 413, f"At most {limit} mirror topics per request.")
            return list(dict.fromkeys(self.names))
        try:
            wanted = re.compile(self.pattern or "")
        except re.error:
            raise KafkaError(400, 400, "mirror_topic_name_pattern is not a regular expression.") from None
        return [name for name in known if wanted.fullmatch(name)]


Refusal = Callable[["World", Mirror], str | None]


def _promote(world: "World", mirror: Mirror) -> str | None:
    if after(mirror.status, Event.PROMOTE) is None:
        return _wrong_state(mirror, "promoted")
    if not source_visible(world, mirror.link):
        return f"Topic '{mirror.name}' cannot be promoted: the source cluster cannot be reached."
    if lag := mirror.lag():
        return f"Topic '{mirror.name}' cannot be promoted: it lags {lag} records behind its source."
    return None


def _by_state(event: Event, participle: str) -> Refusal:
    def refusal(_world: "World", mirror: Mirror) -> str | None:
        return None if after(mirror.status, event) else _wrong_state(mirror, participle)

    return refusal


def _wrong_state(mirror: Mirror, participle: str) -> str:
    if mirror.status is Status.STOPPED:
        # the vendor's own wording, in its REST specification
        return f"Topic '{mirror.name}' has already stopped its mirror from '{mirror.link.name}'."
    if mirror.status is Status.PENDING_STOPPED:
        return f"Topic '{mirror.name}' is already being stopped."
    return f"Topic '{mirror.name}' cannot be {participle} in state {mirror.status}."


_VERBS: Final[dict[str, tuple[Event, Refusal]]] = {
    "promote": (Event.PROMOTE, _promote),
    "failover": (Event.FAILOVER, _by_state(Event.FAILOVER, "failed over")),
    "pause": (Event.PAUSE, _by_state(Event.PAUSE, "paused")),
    "resume": (Event.RESUME, _by_state(Event.RESUME, "resumed")),
}
VERBS: Final = tuple(_VERBS)


def run(world: "World", link: Link, verb: str, selection: Selection, *, validate_only: bool) -> list[Row]:
    """Carry out `verb` for each selected mirror that allows it; the others get a row that says why not.

    Raises:
        KafkaError: 400 or 413 for a selection the service cannot read.
    """
    event, refusal = _VERBS[verb]
    rows: list[Row] = []
    accepted: list[Mirror] = []
    for name in selection.resolve(list(link.mirrors), world.settings.max_names):
        mirror = link.mirrors.get(name)
        if mirror is None:
            rows.append(not_a_mirror(link, name))
            continue
        message = refusal(world, mirror)
        rows.append(Row(name, 400 if message else None, message, mirror.told_rows()))
        if message is None:
            accepted.append(mirror)
    if not validate_only:
        _carry_out(world, accepted, event)
    return rows


def not_a_mirror(link: Link, name: str) -> Row:
    """Return the row for a name that is no mirror of the link."""
    if name in link.cluster.topics:
        return Row(name, 400, f"Topic '{name}' is not a mirror topic of '{link.name}'.")
    return Row(name, 404, f"Topic '{name}' does not exist.")


def _carry_out(world: "World", mirrors: list[Mirror], event: Event) -> None:
    if event in (Event.PROMOTE, Event.FAILOVER):
        stops.begin(world, mirrors, event)
        return
    for mirror in mirrors:
        move(world, mirror, event)
        if event is Event.RESUME:
            health.follow_link(world, mirror)
