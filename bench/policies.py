"""What the policy pack costs: `pulumi preview` of 1,000 resources with the pack and without, and the pack's start-up.

    .venv/bin/python -m bench.policies [resources] [rounds] [program...]

Two programs: `small`, the worst case, as little work per resource as a Python program can have; and `own`, this
project's, with the pair on the emulator. Everything is still to be created. Also with two packs that have no policy:
one in Python, and one in Go, which is what the engine itself takes for any pack, two calls per resource.

All take turns, and a ratio is the median over the rounds of each run to the run without a pack of the same round: on a
busy machine seconds say more of the neighbours. CPU seconds are those of all processes, beside them those of the
engine, the program and the pack.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import packs
from bench.processes import Cost, measured
from bench.programs import PROGRAMS, standing
from tests.engine.pulumi_cli import PulumiStack

BAR = 1.15
_NONE = "without a pack"
_OURS = "this pack"
_SPLIT = ("engine", "program", "pack")

Costs = dict[str, list[Cost]]


def main(count: int, rounds: int, *programs: str) -> int:
    """Measure, print, and say by the exit code whether every program kept the bar."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        found: dict[str, Path | None] = {
            _NONE: None,
            "silent, Go": packs.silent_in_go(folder),
            "silent, Python": packs.silent_in_python(folder),
            _OURS: packs.ours(),
        }
        plugins = {name: pack for name, pack in found.items() if pack or name == _NONE}
        for name, pack in plugins.items():
            if pack is not None:
                _say(f"start-up, {name}: {statistics.median(_start(pack) for _ in range(rounds)):.2f} s")
        kept = [_judged(name, folder, count, rounds, plugins) for name in programs or PROGRAMS]
    return 0 if all(kept) else 1


def _judged(name: str, folder: Path, count: int, rounds: int, plugins: dict[str, Path | None]) -> bool:
    """Whether this program keeps the bar; prints what it took."""
    costs: Costs = {pack: [] for pack in plugins}
    with standing(name, folder / name, count) as stack:
        declared = _preview(stack).resources  # the first one also compiles what the program imports
        for _ in range(rounds):  # in turns, so that a change of load hits all
            for pack, plugin in plugins.items():
                costs[pack].append(_preview(stack, *(("--policy-pack", str(plugin)) if plugin else ())))
    _say(f"\nprogram {name!r}, {declared} resources, medians of {rounds}:")
    _say(f"  {'':15}{'seconds':>9}{'ratio':>8}{'CPU s':>9}{'ratio':>8}  " + "".join(f"{p:>9}" for p in _SPLIT))
    for pack in plugins:
        _say(_line(pack, costs))
    ratio = _ratio(costs, _OURS, _seconds)
    _say(f"  bar: {BAR} of without; {'kept' if ratio <= BAR else 'missed'}")
    return ratio <= BAR


def _line(pack: str, costs: Costs) -> str:
    def middle(of: Callable[[Cost], float]) -> float:
        return statistics.median(map(of, costs[pack]))

    words = f"  {pack:15}"
    for of in (_seconds, _cpu):
        words += f"{middle(of):9.2f}{_ratio(costs, pack, of):8.3f}"
    return words + "  " + "".join(f"{middle(_part(part)):9.2f}" for part in _SPLIT)


def _seconds(cost: Cost) -> float:
    return cost.seconds


def _cpu(cost: Cost) -> float:
    return sum(cost.cpu.values())


def _part(part: str) -> Callable[[Cost], float]:
    return lambda cost: cost.cpu.get(part, 0.0)


def _ratio(costs: Costs, pack: str, of: Callable[[Cost], float]) -> float:
    pairs = zip(costs[pack], costs[_NONE], strict=True)
    return statistics.median(of(mine) / of(without) for mine, without in pairs)


def _start(pack: Path) -> float:
    """Seconds until the pack says on which port it listens; no engine is needed for that."""
    began = time.monotonic()
    with subprocess.Popen([pack, "127.0.0.1:1"], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101
        process.stdout.readline()
        seconds = time.monotonic() - began
        process.kill()
    return seconds


def _preview(stack: PulumiStack, *more: str) -> Cost:
    cost = measured(stack.start("preview", *more))
    if cost.code:
        raise RuntimeError(cost.text)
    return cost


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    arguments = [*sys.argv[1:], *("1000", "3")[len(sys.argv) - 1 :]]
    sys.exit(main(int(arguments[0]), int(arguments[1]), *arguments[2:]))
