"""`drctl drain` and `drctl fill`: scale clients to zero, wait until nothing is left, scale them up again (S13)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from drctl.duration import seconds
from drctl.fleet import End, Fleet
from drctl.hook import parse_hooks
from drctl.run import PointerUrl
from drctl.screen import STDERR, STDOUT, AsJson, print_json
from kafkadr.budget import Budget
from kafkadr.clients.connection import read_active
from kafkadr.errors import ExitCode, RefusedError
from kafkadr.pointer import Active, open_pointer

Hooks = Annotated[
    list[str],
    typer.Option("--hook", help="Executable of one client, with its arguments; see docs/clients.md. Repeatable."),
]
Epoch = Annotated[int, typer.Option("--epoch", min=1, help="Term number that the pointer must have reached.")]
BudgetTime = Annotated[
    float,
    typer.Option("--budget", parser=seconds, metavar="TIME", show_default="10m", help="For all clients together."),
]
PollTime = Annotated[
    float,
    typer.Option("--poll", parser=seconds, metavar="TIME", show_default="2s", help="Between two looks at a client."),
]
CallTime = Annotated[
    float,
    typer.Option("--call-timeout", parser=seconds, metavar="TIME", show_default="30s", help="For one call of a hook."),
]


def drain(
    hook: Hooks, *, budget: BudgetTime = 600, poll: PollTime = 2, call_timeout: CallTime = 30, as_json: AsJson = False
) -> None:
    """Scale clients to zero and wait until nothing of them is left; run it again where it was interrupted.

    Exit code 1 when some client is not drained.
    """
    fleet = Fleet(parse_hooks(hook, call_timeout), Budget(budget), poll, _say)
    _carry_out(fleet, fleet.drain(), {}, as_json=as_json)


def fill(
    hook: Hooks,
    pointer: PointerUrl,
    epoch: Epoch,
    *,
    budget: BudgetTime = 600,
    poll: PollTime = 2,
    call_timeout: CallTime = 30,
    as_json: AsJson = False,
) -> None:
    """Scale drained clients up again, once the pointer has moved; run it again where it was interrupted.

    Exit code 1 when some client is not complete, 4 while the pointer is older than --epoch, or where a client was not
    drained.
    """
    hooks = parse_hooks(hook, call_timeout)
    active = read_active(open_pointer(pointer))
    if active.epoch < epoch:
        raise RefusedError(
            f"the pointer names {active.site}, epoch {active.epoch}: clients would start there again",
            f"Wait until the flip has moved it to epoch {epoch}; see drctl pointer show",
        )
    fleet = Fleet(hooks, Budget(budget), poll, _say)
    env = {"KAFKADR_EPOCH": str(active.epoch), "KAFKADR_SITE": active.site}
    _carry_out(fleet, fleet.fill(epoch, env), _place(active), as_json=as_json)


def _carry_out(fleet: Fleet, work: Coroutine[Any, Any, None], head: dict[str, Any], *, as_json: bool) -> None:
    interrupted = asyncio.run(_until_signal(work))
    if as_json:
        print_json(head | {"clients": [outcome.to_json() for outcome in fleet.outcomes]})
    else:
        STDOUT.print(_table(fleet))
    ends = {outcome.end for outcome in fleet.outcomes}
    if interrupted:
        raise typer.Exit(128 + interrupted)
    if End.REFUSED in ends:
        raise typer.Exit(ExitCode.REFUSED)
    if ends - {End.DRAINED, End.FILLED}:
        raise typer.Exit(ExitCode.FINDINGS)


async def _until_signal(work: Coroutine[Any, Any, None]) -> int:
    """The signal that ended the work, 0 when it came to its end."""
    task, caught = asyncio.ensure_future(work), [0]

    def end(number: int) -> None:
        caught[0] = number
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end, number)
    try:
        await task
    except asyncio.CancelledError:
        return caught[0]
    return 0


def _place(active: Active) -> dict[str, Any]:
    return {"epoch": active.epoch, "site": active.site}


def _say(text: str) -> None:
    STDERR.print(text, markup=False, highlight=False, soft_wrap=True)


def _table(fleet: Fleet) -> Table:
    table = Table("client", "end", "running", "seconds", "note")
    for outcome in fleet.outcomes:
        count = "?" if outcome.count is None else str(outcome.count)
        table.add_row(escape(outcome.hook.name), outcome.end, count, f"{outcome.seconds:.0f}", escape(outcome.note))
    return table
