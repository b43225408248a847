"""The fewest edits for each task of the table, with the people, stores and mirrors doing their part in between."""

from collections.abc import Callable
from typing import NamedTuple

from tests.model import switch
from tests.model.events import keys_changed
from tests.model.faults import active, calm, solve, standby
from tests.model.world import Edit, World, birth, sizes, write

Step = Callable[[World], World]
Goal = Callable[[World], bool]


def dies(site: str) -> Step:
    return lambda w: w._replace(alive=w.alive - {site})


def returns(site: str) -> Step:
    return lambda w: w._replace(alive=w.alive | {site})


def writes(w: World) -> World:
    return write(w, w.record.site, "a") or w


def half(change: str, site: str) -> Step:
    """A move to `site` stops after its intent and state are written."""

    def step(w: World) -> World:
        epoch = w.record.epoch + 1
        edit = Edit(site, epoch, change, (epoch, sizes(w, w.record.site)) if change == "promote" else ())
        return switch.up(w._replace(edit=edit), 3 if change == "failover" else 2)[0]

    return step


class At(NamedTuple):
    """A goal: `site` is active, `others` are its standbys, `gone` left the estate; `ban` names edits that do not count."""

    site: str
    others: str = ""
    gone: str = ""
    ban: tuple[str, ...] = ()

    def reached(self, w: World) -> bool:
        return (
            active(w)
            and w.record.site == self.site
            and all(standby(w, s) for s in self.others)
            and not set(self.gone) & w.published.sites
        )


TWO, ONE, EACH = "two sites", "two sites, one way", "two sites, one way each"
FLOWS: list[tuple[str, dict[str, int], list]] = [
    ("failover", {TWO: 1, ONE: 1, EACH: 1, "mesh": 1, "star": 1, "mesh, one way": 1}, [writes, dies("E"), At("W")]),
    ("promote", {TWO: 1, ONE: 1, EACH: 1, "mesh": 1, "mesh, one way": 1}, [At("W", ban=("failover",))]),
    (
        "rejoin after a failover",
        {TWO: 2, ONE: 3, EACH: 2},
        [writes, dies("E"), At("W"), writes, returns("E"), At("W", "E")],
    ),
    (
        "there and back after a failover",
        {TWO: 3, ONE: 5, EACH: 4},
        [writes, dies("E"), At("W"), writes, returns("E"), At("W", "E"), At("E", "W", ban=("failover",))],
    ),
    (
        "there and back, planned",
        {TWO: 2, ONE: 5, EACH: 4},
        [At("W", ban=("failover",)), writes, At("W", "E"), At("E", "W", ban=("failover",))],
    ),
    ("replace a lost site", {TWO: 3, ONE: 3}, [dies("E"), At("W"), writes, At("W", "N", "E")]),
    ("add a site in peace", {TWO: 1, ONE: 1}, [At("E", "N")]),
    (
        "second disaster, E back",
        {TWO: 2, ONE: 2, EACH: 2},
        [writes, dies("E"), At("W"), writes, returns("E"), dies("W"), At("E")],
    ),
    (
        "second disaster, N left",
        {"mesh": 2, "star": 2, "mesh, one way": 2},
        [writes, dies("E"), At("W"), writes, dies("W"), At("N")],
    ),
    (
        "take back a half promotion",
        {TWO: 1, ONE: 1, EACH: 1},
        [half("promote", "W"), writes, At("E", ban=("promote", "acceptLoss"))],
    ),
    (
        "take back, W dead",
        {TWO: 1, ONE: 1, EACH: 1},
        [half("promote", "W"), writes, dies("W"), At("E", ban=("acceptLoss",))],
    ),
    (
        "escalate a half promotion",
        {TWO: 1, ONE: 1, EACH: 1},
        [half("promote", "W"), writes, dies("E"), At("W", ban=("acceptLoss",))],
    ),
    ("W dies half-way, E back", {TWO: 1, ONE: 1}, [dies("E"), half("failover", "W"), dies("W"), returns("E"), At("E")]),
    (
        "W dies half-way, N left",
        {"mesh": 1, "star": 1},
        [dies("E"), half("failover", "W"), dies("W"), At("N", ban=("acceptLoss",))],
    ),
    (
        "bystander rejoins, E dead",
        {"mesh": 2, "star": 3, "star, one way": 3},
        [writes, dies("E"), At("W"), writes, At("W", "N")],
    ),
    (
        "all protected after a failover",
        {"mesh": 3, "star": 4},
        [writes, dies("E"), At("W"), writes, returns("E"), At("W", "EN")],
    ),
    (
        "there and back, planned, all",
        {"mesh": 2, "mesh, one way": 4},
        [At("W", ban=("failover",)), writes, At("E", "WN", ban=("failover",))],
    ),
    ("remove a lost primary", {"mesh": 3, TWO: 2}, [writes, dies("E"), At("W"), writes, At("W", gone="E")]),
    ("remove a standby", {TWO: 1, "mesh": 1}, [At("E", gone="W")]),
]


def run(topology: str, steps: list) -> tuple[int | None, list[str]]:
    """-> (edits or None, what was done)."""
    w, done, total = birth(topology), [], 0
    for step in steps:
        if not isinstance(step, At):
            w = step(w)
            continue
        path = solve(w, step.reached, 5, lambda name: not any(b in name for b in step.ban))
        if path is None:
            return None, done + ["no way to " + str(step)]
        w = calm(w)
        for name, after in path:
            keys = keys_changed(w.edit, after.edit)
            done.append(f"{name} ({keys} keys)" if keys else name)
            w = after
        total += len(path)
    return total, done


def counts(quiet: bool = False) -> int:
    wrong = 0
    for name, expected, steps in FLOWS:
        for topology, n in expected.items():
            got, done = run(topology, steps)
            wrong += got != n
            if not quiet or got != n:
                print(
                    f"{'ok ' if got == n else 'NOT'} {name:32} {topology:24} {got} ({n})  {' / '.join(done)}",
                    flush=True,
                )
    return wrong
