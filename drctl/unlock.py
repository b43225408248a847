"""`drctl unlock`: a killed run's lock goes, when its process is provably dead; a live one stays, whoever asks."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from drctl.duration import seconds
from drctl.screen import STDERR, STDOUT, AsJson, print_json
from kafkadr.errors import ExitCode
from kafkadr.lock_store import open_locks, stack_folder
from kafkadr.locks import Fate, Found, fate_of, may_break
from kafkadr.text import clean

Backend = Annotated[
    str, typer.Option("--backend", envvar="PULUMI_BACKEND_URL", help="file:///folder or s3://bucket/prefix.")
]
Stack = Annotated[str, typer.Option("--stack", help="project/stack.")]
OwnerIsDead = Annotated[
    bool,
    typer.Option(
        "--owner-is-dead", help="I have seen that the process ended: where that cannot be proven, see --older-than."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell.")]
OlderThan = Annotated[
    float, typer.Option("--older-than", parser=seconds, metavar="DURATION", help="Least age for --owner-is-dead.")
]


def unlock(
    backend: Backend,
    stack: Stack,
    *,
    owner_is_dead: OwnerIsDead = False,
    older_than: OlderThan = 3600.0,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Break the locks that killed runs left on a stack in a file or S3 backend.

    Only on the host of the killed run, outside of any container, can its end be proven; elsewhere --owner-is-dead is
    needed. Changes nothing but the locks: what the run left in the state is settled by the next `pulumi up`. Exit
    code 4 while a lock remains.
    """
    store, folder = open_locks(backend), stack_folder(stack)
    rows: list[dict[str, Any]] = []
    for lock in store.locks(folder):
        fate, why = fate_of(lock)
        broken = not dry_run and may_break(lock, fate, owner_is_dead=owner_is_dead, older_than=older_than)
        if broken:
            store.remove(lock)
        rows.append(_row(lock, fate, why, broken=broken))
    if as_json:
        print_json({"locks": rows})
    elif rows:
        STDOUT.print(_table(rows))
    else:
        STDERR.print(f"{stack} is not locked", highlight=False, markup=False)
    open_ = [row["ageSeconds"] for row in rows if row["fate"] is Fate.UNKNOWN and not row["broken"]]
    if open_ and not dry_run:
        say = "When you have seen that the run has ended, on its host or in the logs of its job, add to this command:"
        STDERR.print(say, f"--owner-is-dead --older-than {min(open_)}s", highlight=False, markup=False, soft_wrap=True)
    if not all(row["broken"] for row in rows):
        raise typer.Exit(ExitCode.REFUSED)


def _row(lock: Found, fate: Fate, why: str, *, broken: bool) -> dict[str, Any]:
    held = lock.content
    who = {"user": held.username, "host": held.hostname, "pid": held.pid} if held else {}
    about = {"lock": lock.name, "ageSeconds": round(lock.age(time.time())), "fate": fate, "why": why, "broken": broken}
    return about | {name: clean(str(value)) for name, value in who.items()}


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("held by", "pid", "age, s", "why", "")
    for row in rows:
        owner = f"{row.get('user', '?')}@{row.get('host', '?')}"
        done = "broken" if row["broken"] else f"stays ({row['fate']})"
        table.add_row(
            *(escape(str(cell)) for cell in (owner, row.get("pid", "?"), row["ageSeconds"], row["why"], done))
        )
    return table
