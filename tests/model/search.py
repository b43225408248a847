"""Breadth-first search and random walks."""

import random
from collections import deque
from typing import NamedTuple

from tests.model.events import Budget, events
from tests.model.faults import dead_ends, faults
from tests.model.world import birth


class Scope(NamedTuple):
    """One search: where it starts, what may happen, how many worlds it visits at most."""

    topology: str
    budget: Budget
    topics: tuple[str, ...] = ("a",)
    worlds: int = 30000
    ways_out: bool = False


B = Budget
SCOPES = (
    # edits, deaths, returns, writes, strays, pauses, breaks, stores
    *(
        Scope(t, B(2, 2, 1, 1, 0, 1))
        for t in ("two sites", "two sites, one way", "two sites, one way each", "mesh", "star")
    ),
    *(Scope(t, B(2, 1, 1, 1, 1, 0, 1)) for t in ("two sites", "two sites, one way each", "star")),
    *(Scope(t, B(1, 1, 1, 1, 0, 1, 1)) for t in ("two sites", "mesh", "mesh, one way")),
    *(Scope(t, B(2, 1, 1, 1, 0, 0, 1, 1)) for t in ("two sites", "two sites, one way each", "mesh")),
    *(Scope(t, B(3, 2, 1, 1)) for t in ("mesh", "star")),
    *(Scope(t, B(1, 1, 1, 1, 0, 1), ("a", "b")) for t in ("two sites", "two sites, one way", "star, one way")),
    *(Scope(t, B(1, 1, 1, 1, 0, 1), worlds=2500, ways_out=True) for t in ("two sites", "star", "two sites, one way")),
    *(Scope(t, B(1, 1, 1, 0, 0, 0, 1, 1), worlds=2500, ways_out=True) for t in ("two sites", "mesh", "star, one way")),
)


class Found(NamedTuple):
    fault: str
    scope: Scope
    trace: list[str]


def search(scope: Scope, first_only: bool = False) -> tuple[int, bool, list[Found]]:
    """-> (worlds, all visited?, the first trace of each fault)."""
    first = (birth(scope.topology, scope.topics), scope.budget)
    came, queue, found = {first: None}, deque([first]), {}
    while queue and len(came) < scope.worlds:
        here = queue.popleft()
        for event in events(*here):
            there = (event.world, event.budget)
            names = list(faults(here[0], event))
            new = there not in came
            if new:
                came[there] = (here, event.name)
                queue.append(there)
                if scope.ways_out and not names:
                    names += dead_ends(event.world)
            for name in names:
                if name not in found:
                    path, at = [event.name], here
                    while came[at]:
                        at, step = came[at]
                        path.append(step)
                    found[name] = Found(name, scope, path[::-1])
                    if first_only:
                        return len(came), False, list(found.values())
    return len(came), not queue, list(found.values())


def replays(found: Found) -> bool:
    """Does the trace show its fault with the rules that are in force now?"""
    w, plenty = birth(found.scope.topology, found.scope.topics), Budget(*[99] * len(Budget._fields))
    for name in found.trace:
        event = next((e for e in events(w, plenty) if e.name == name), None)
        if event is None:
            return False
        shown, w = list(faults(w, event)), event.world
    return found.fault in shown + list(dead_ends(w))


def walk(topology: str, seed: int, steps: int = 24) -> Found | None:
    """One random walk with a deep budget; faults on the way, ways out at its end."""
    rng = random.Random(seed)
    scope = Scope(topology, Budget(7, 3, 3, 4, 1, 2, 2, 1), ("a", "b") if rng.random() < 0.4 else ("a",))
    w, b, path = birth(topology, scope.topics), scope.budget, []
    for _ in range(steps):
        choice = list(events(w, b))
        if not choice:
            break
        kinds = sorted({e.name.split()[0] for e in choice})  # an edit is not likelier for having many forms
        kind = rng.choice(kinds)
        event = rng.choice([e for e in choice if e.name.split()[0] == kind])
        path.append(event.name)
        for name in faults(w, event):
            return Found(name, scope, path)
        w, b = event.world, event.budget
    for name in dead_ends(w):
        return Found(name, scope, path)
    return None
