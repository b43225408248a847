"""`drctl run`: starts a client on the active site and restarts it when the pointer moves (S14)."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from drctl.duration import seconds
from drctl.runner.delivery import Delivery, Format
from drctl.runner.machine import State
from drctl.runner.shell import Shell, Timing
from drctl.runner.status import Status
from drctl.runner.watch import Plan
from kafkadr.clients import Protocol
from kafkadr.clients.connection import entry_name
from kafkadr.pointer import open_pointer, utc_now
from kafkadr.text import clean
from kafkadr.vault import open_vault

PointerUrl = Annotated[
    str, typer.Option("--pointer", envvar="KAFKADR_POINTER", help="Address of the pair's pointer, see docs/clients.md.")
]
ClientName = Annotated[str, typer.Option("--client", help="Name of the client in the stack's settings.")]
VaultUrl = Annotated[
    str | None, typer.Option("--vault", envvar="KAFKADR_VAULT", help="Vault; default: the one that the pointer names.")
]
Security = Annotated[Protocol, typer.Option("--security-protocol", help="SASL_PLAINTEXT is for loopback only.")]
Form = Annotated[Format, typer.Option("--format", help="How the child gets its connection.")]
File = Annotated[Path | None, typer.Option("--file", help="Where to write it; default: a private folder.")]
StatusFile = Annotated[Path | None, typer.Option("--status-file", help="JSON for monitors and hooks; never a secret.")]
Standby = Annotated[
    list[str] | None, typer.Option("--standby", help="Site whose credentials are read ahead of a flip. Repeatable.")
]
Unreadable = Annotated[
    bool, typer.Option("--stop-while-unreadable", help="At a flip stop the child even while the new key is unreadable.")
]
JsonLines = Annotated[bool, typer.Option("--json", help="Progress as JSON lines on stderr.")]


def _time(text: str, default: str) -> Any:
    return typer.Option(parser=seconds, metavar="TIME", show_default=default, help=text)


def run(
    pointer: PointerUrl,
    client: ClientName,
    command: Annotated[list[str], typer.Argument(help="The client's command line, after --.")],
    *,
    vault: VaultUrl = None,
    protocol: Security = Protocol.SASL_SSL,
    form: Form = Format.ENV,
    file: File = None,
    status_file: StatusFile = None,
    standby: Standby = None,
    stop_while_unreadable: Unreadable = False,
    poll: Annotated[float, _time("Between two looks at the pointer.", "5s")] = 5,
    rotation_poll: Annotated[float, _time("Between two looks at the key in use.", "1m")] = 60,
    jitter: Annotated[float, _time("A change is held back for up to this long.", "5s")] = 5,
    grace: Annotated[float, _time("Between SIGTERM and SIGKILL to the child.", "25s")] = 25,
    start_timeout: Annotated[float, _time("For pointer and key to be there.", "5m")] = 300,
    as_json: JsonLines = False,
) -> None:
    """Run a Kafka client on the active site; stop it and start it anew when the pointer moves.

    The exit code is the child's, 128 + n after signal n; 3 when there was nothing to start with in time.
    """
    entry_name(client, "site")
    store = open_pointer(pointer)
    if vault:
        open_vault(vault)
    status = Status(status_file, client, store.address())
    shell = Shell(
        command=command,
        plan=Plan(store, client, vault, protocol, max(poll, 0.05), max(rotation_poll, 0.05), tuple(standby or ())),
        timing=Timing(jitter, grace, start_timeout),
        delivery=Delivery(form, file),
        status=status,
        say=_say_json if as_json else _say,
        state=State(floor=status.floor(), stop_unread=stop_while_unreadable),
    )
    raise typer.Exit(asyncio.run(shell.run()))


def _say(text: str) -> None:
    _line(f"drctl run: {clean(text)}")


def _say_json(text: str) -> None:
    _line(json.dumps({"when": utc_now(), "message": clean(text)}))


def _line(text: str) -> None:
    # Whoever reads the log may be gone; the child must not suffer for it.
    with suppress(OSError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
