"""One look at a link's mirrors: what is in scope, what each one needs. Pure; used by preview, flip, diff and read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kafkadr.desired import Desired
from kafkadr.errors import RefusedError
from kafkadr.verdicts import Action, Verdict, verdict
from kafkadr.wire import Mirror

EVERY_LINK = "-"
"""In place of a link's name: all links of the cluster, as in `GET /links/-/mirrors`."""


@dataclass(frozen=True)
class Wish:
    """What is wanted of one link, or of every link of a cluster.

    Args:
        link: Name of the cluster link, or `EVERY_LINK`.
        desired: The state its mirrors are wanted in.
        declared: Mirror topics named by the program.
        only_declared: Leave every other mirror of the link alone; otherwise all of them are in scope, because an
            auto-created mirror that is forgotten stays read-only (failure-modes #45).
        seen: Mirror topics that an earlier look of the same flip listed. They stay in scope: a topic that a later list
            leaves out is not done.
    """

    link: str
    desired: Desired
    declared: frozenset[str] = frozenset()
    only_declared: bool = False
    seen: frozenset[str] = frozenset()

    @property
    def place(self) -> str:
        """The link in words."""
        return "any link" if self.link == EVERY_LINK else f"link {self.link}"


@dataclass(frozen=True)
class Finding:
    """A topic that is not where it is wanted, with the server's or our own code and text."""

    topic: str
    status: str
    code: str
    text: str

    def to_json(self) -> dict[str, str]:
        """Plain values for a report."""
        return {"topic": self.topic, "status": self.status, "code": self.code, "text": self.text}


@dataclass(frozen=True)
class Survey:
    """The link's mirrors in scope, each with its verdict; a later look with this `wish` has the same scope at least."""

    wish: Wish
    mirrors: tuple[Mirror, ...]
    verdicts: dict[str, Verdict]
    missing: tuple[str, ...]

    def names(self, action: Action) -> list[str]:
        """Topics with this verdict, in name order."""
        return [m.mirror_topic_name for m in self.mirrors if self.verdicts[m.mirror_topic_name].action is action]

    def by_link(self, names: Iterable[str]) -> dict[str, list[str]]:
        """These topics in their order, by the link whose mirrors they are; a cluster has each name once."""
        if self.wish.link != EVERY_LINK:
            return {self.wish.link: list(names)}
        links = {m.mirror_topic_name: m.link_name for m in self.mirrors}
        found: dict[str, list[str]] = {}
        for name in names:
            found.setdefault(links[name], []).append(name)
        return dict(sorted(found.items()))

    @property
    def states(self) -> dict[str, int]:
        """Number of mirrors per status; declared topics without a mirror count as MISSING."""
        found = Counter(m.mirror_status for m in self.mirrors)
        if self.missing:
            found["MISSING"] = len(self.missing)
        return dict(sorted(found.items()))

    @property
    def fulfilled(self) -> bool:
        """Whether every topic in scope is where it is wanted, as the server says."""
        return not self.missing and all(v.action is Action.DONE for v in self.verdicts.values())

    def refusals(self) -> list[Finding]:
        """Topics that cannot go where they are wanted."""
        refused = [
            Finding(m.mirror_topic_name, m.mirror_status, "REFUSED", self.verdicts[m.mirror_topic_name].reason)
            for m in self.mirrors
            if self.verdicts[m.mirror_topic_name].action is Action.REFUSE
        ]
        gone = [
            Finding(n, "MISSING", "MISSING", f"no mirror of that name on {self.wish.place}{self._lost(n)}")
            for n in self.missing
        ]
        return sorted(refused + gone, key=lambda f: f.topic)

    def including(self, names: Iterable[str]) -> Survey:
        """The same look with these topics in scope, too, because an earlier look listed them."""
        return survey(self.mirrors, replace(self.wish, seen=self.wish.seen.union(names)))

    def _lost(self, name: str) -> str:
        if name not in self.wish.seen:
            return ""
        return (
            " any more, and it was there at the first look: if somebody deleted it, `drctl recover ack --written-off"
            f" --topic {name}` takes it out of this flip"
        )


def survey(mirrors: Iterable[Mirror], wish: Wish) -> Survey:
    """Look at the list of a link's mirrors with a wish in mind."""
    by_name = {m.mirror_topic_name: m for m in mirrors}
    scope = wish.declared if wish.only_declared else wish.declared | wish.seen | by_name.keys()
    inside = tuple(by_name[name] for name in sorted(scope & by_name.keys()))
    return Survey(
        replace(wish, seen=wish.seen | {m.mirror_topic_name for m in inside}),
        inside,
        {m.mirror_topic_name: verdict(m, wish.desired) for m in inside},
        tuple(sorted(scope - by_name.keys())),
    )


def refuse_empty(look: Survey) -> None:
    """A flip that selects nothing is a mistake, not a success (failure-modes #46).

    Raises:
        RefusedError: No mirror is in scope.
    """
    if not look.mirrors:
        raise RefusedError(
            f"the scope is empty: {_where(look.wish)} no mirror topic that could become {look.wish.desired}",
            "Check the link name, the declared topics and the auto-create filters",
        )


def _where(wish: Wish) -> str:
    return "the cluster has" if wish.link == EVERY_LINK else f"link {wish.link} has"
