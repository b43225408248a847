"""The operator CLI: every command on one app, every outcome one exit code (`kafkadr.errors.ExitCode`).

Each command lives in a module of its own and is registered here; it raises `DrError`, which is told on stderr in words
or, with `--json`, as one document on stdout.
"""

from __future__ import annotations

import json
import sys
from typing import NoReturn

import typer
from rich.markup import escape

from drctl import adopt, demote, divergence, drain, failover, gate, ledger, phase, pointer, recover, run, unlock
from drctl.commands import failover as failovers
from drctl.commands import ledger as ledgers
from drctl.commands import promotion
from drctl.screen import STDERR
from kafkadr.errors import DrError

app = typer.Typer(name="drctl", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def drctl() -> None:
    """Disaster recovery for Kafka on Confluent Cloud: the operator's side of kafka-dr.

    Exit codes: 0 ok, 1 findings, 2 usage, 3 world unreachable, 4 refused.
    """


app.command("drain")(drain.drain)
app.command("fill")(drain.fill)
app.command("gate")(gate.gate)
first = typer.Typer(no_args_is_help=True, help="Commands of the first edition whose names the second one has.")
first.command("ledger")(ledger.ledger)
first.command("failover")(failover.failover)
app.add_typer(first, name="first")
app.command("failover")(failovers.failover)
app.add_typer(promotion.app, name="promotion")
app.add_typer(ledgers.app, name="ledger")
app.command("adopt")(adopt.adopt)
app.command("adopt-topics")(adopt.adopt_topics)
app.command("unlock")(unlock.unlock)
app.command("phase")(phase.phase)
app.command("demote")(demote.demote)
app.command("divergence")(divergence.divergence)
app.add_typer(pointer.app, name="pointer")
app.add_typer(recover.app, name="recover")
# What follows the first word that is no option is the child's, dashes included.
app.command("run", context_settings={"allow_interspersed_args": False})(run.run)


def main() -> NoReturn:
    """Run the command line; never a traceback for a problem that has a name."""
    try:
        app()
    except DrError as error:
        # What follows -- is a command line of somebody else's.
        ours = sys.argv[: sys.argv.index("--")] if "--" in sys.argv else sys.argv
        _tell(error, as_json="--json" in ours)
        sys.exit(error.exit_code)
    sys.exit(0)


def _tell(error: DrError, *, as_json: bool) -> None:
    if as_json:
        told = {"error": {"problem": error.problem, "remedy": error.remedy, "exitCode": int(error.exit_code)}}
        sys.stdout.write(json.dumps(told) + "\n")
        return
    STDERR.print(f"[bold red]error:[/] {escape(error.problem)}", highlight=False, soft_wrap=True)
    STDERR.print(f"[bold]remedy:[/] {escape(error.remedy)}", highlight=False, soft_wrap=True)
