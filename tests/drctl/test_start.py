"""The command starts without the libraries of services that nobody asked for: they took half of its start."""

from __future__ import annotations

import subprocess
import sys

SERVICES = ("boto3", "botocore", "consul", "hvac", "requests")


def test_no_services_library_is_imported_before_an_address_asks_for_it() -> None:
    """In a process of its own: this one has imported them all by now."""
    words = f"import sys, drctl.app, kafkadr.ledger_store; print([m for m in {SERVICES} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
