"""Stands for a Kafka client: writes down how it was started, and what signals it got, a JSON line each.

Run as a script, with what it shall do in its arguments; imports nothing of ours.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

JOURNAL = Path(os.environ["JOURNAL"])


def note(what: str, **more: object) -> None:
    """One line, whole, whoever else writes."""
    line = json.dumps({"what": what, "pid": os.getpid(), **more}) + "\n"
    with JOURNAL.open("ab", buffering=0) as journal:
        journal.write(line.encode())


def heard(number: int, _: object) -> None:
    """Note the signal; then do as the arguments say."""
    note("signal", name=signal.Signals(number).name)
    stubborn = "stubborn" in sys.argv or f"stubborn-in-{os.environ['KAFKADR_EPOCH']}" in sys.argv
    if number in {signal.SIGTERM, signal.SIGINT} and not stubborn:
        if "slow" in sys.argv:
            time.sleep(1)
        note("stop")
        sys.exit(int(os.environ.get("CODE", "0")))


def main() -> None:
    """Run until told otherwise."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, heard)
    path = os.environ.get("KAFKADR_CONFIG_FILE")
    config = Path(path) if path else None
    note(
        "start",
        argv=sys.argv[1:],
        env={name: value for name, value in os.environ.items() if name.startswith("KAFKADR_")},
        config=config.read_text() if config else None,
        modes=[oct(p.stat().st_mode & 0o777) for p in (config, config.parent)] if config else None,
    )
    if "family" in sys.argv and os.fork() == 0:
        note("grandchild")
        if "stubborn-child" in sys.argv:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        elif "orphan" in sys.argv:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
    elif "orphan" in sys.argv or "crash" in sys.argv:
        time.sleep(0.3)
        sys.exit(int(os.environ.get("CODE", "0")))
    while True:
        time.sleep(0.05)


main()
